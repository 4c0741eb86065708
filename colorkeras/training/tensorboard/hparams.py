"""A run's settings and final metrics, for TensorBoard's HParams tab."""

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


def write_comparison(folder, config, dataset_name, metadata, metrics):
    """Write the HParams table row for a finished run to `<folder>/tensorboard/test`.

    `metadata` must be complete; `metrics` is a dict from metric name to float.
    """
    folder = Path(folder)
    started = time.time() - 60 * metadata["minutes"]
    # Without an ID, runs with the same settings would share one row.
    trial = f"{folder.name} {folder.parent.name}"
    writer = tf.summary.create_file_writer(str(folder / "tensorboard" / "test"))
    with writer.as_default(step=metadata["best_epoch"]):
        api.hparams(
            _settings(config, dataset_name, metadata), trial_id=trial, start_time_secs=started
        )
        for name, value in metrics.items():
            tf.summary.scalar(tags.quality(name), value, description=METRICS[name].description)
        end = session_end_pb(api_pb2.STATUS_SUCCESS)
        tf.summary.experimental.write_raw_pb(end.SerializeToString())
    writer.close()


def _settings(config, dataset_name, metadata):
    """Return the table columns as a dict from human-readable name to str, int or float."""
    names = (*_SETTINGS, *LOSS_WEIGHTS.get(config.loss, ()))
    return {
        "architecture": metadata["architecture"],
        "prediction": metadata["prediction"],
        "parameters (thousands)": metadata["num_parameters"] / 1000,
        "objective": metadata["objective"],
        "loss": metadata["loss"],
        "dataset": dataset_name,
        "batch size": metadata["batch_size"],
        "precision": metadata["precision"],
        **{name.replace("_", " "): getattr(config, name) for name in names},
    }
