"""Settings and final figures of a run, by which TensorBoard's HParams tab compares runs."""

import time
from pathlib import Path

import tensorflow as tf
from tensorboard.plugins.hparams import api, api_pb2
from tensorboard.plugins.hparams.summary import session_end_pb

from colorkeras.evaluation.metrics import METRICS
from colorkeras.objectives.losses import LOSS_WEIGHTS
from colorkeras.training.tensorboard import tags

_SETTINGS = (
    "epochs",
    "optimizer",
    "learning_rate",
    "warmup_fraction",
    "weight_decay",
    "ema_decay",
    "augment",
    "aux_class_loss_weight",
    "flip_tta",
    "export_epoch",
    "image_size",
    "seed",
)


def write_comparison(folder, config, dataset_name, facts, figures):
    """Writes a finished run's row of the table to `<folder>/tensorboard/test`.

    Args:
        folder: The run's.
        config: `TrainingConfig`.
        dataset_name: The data set's short name.
        facts: What the export records of the run: "architecture", "output", "num_parameters",
            "objective", "loss", "batch_size", "precision", "best_epoch", "minutes".
        figures: Final figures of the exported epoch by key of `METRICS`.
    """
    folder = Path(folder)
    started = time.time() - 60 * facts["minutes"]
    # Else runs with the same settings would share a row.
    trial = f"{folder.name} {folder.parent.name}"
    writer = tf.summary.create_file_writer(str(folder / "tensorboard" / "test"))
    with writer.as_default(step=facts["best_epoch"]):
        api.hparams(_settings(config, dataset_name, facts), trial_id=trial, start_time_secs=started)
        for name, figure in figures.items():
            tf.summary.scalar(tags.quality(name), figure, description=METRICS[name].description)
        end = session_end_pb(api_pb2.STATUS_SUCCESS)
        tf.summary.experimental.write_raw_pb(end.SerializeToString())
    writer.close()


def _settings(config, dataset_name, facts):
    """The columns: names as people say them to str, int or float."""
    names = (*_SETTINGS, *LOSS_WEIGHTS.get(config.loss, ()))
    return {
        "architecture": facts["architecture"],
        "prediction": facts["prediction"],
        "parameters (thousands)": facts["num_parameters"] / 1000,
        "objective": facts["objective"],
        "loss": facts["loss"],
        "data set": dataset_name,
        "batch size": facts["batch_size"],
        "precision": facts["precision"],
        **{name.replace("_", " "): getattr(config, name) for name in names},
    }
