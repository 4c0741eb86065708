"""What a run leaves in the end: the export, the curves and the evaluation."""

import logging
from dataclasses import dataclass
from pathlib import Path

from colorkeras import evaluation
from colorkeras.export import saved_model
from colorkeras.models.build import build_network
from colorkeras.models.class_head import NUM_CLASSES, remove_class_head
from colorkeras.training import tensorboard
from colorkeras.training.stop_signals import signals_ignored
from colorkeras.utils import plots
from colorkeras.utils.files import atomic_write

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        folder: `Path` of its folder below `runs/`.
        export_folder: `Path` of the SavedModel.
        metrics: Dict, the content of its `metrics.json`.
    """

    folder: Path
    export_folder: Path
    metrics: dict


def export(context, folder, best):
    """Write the weights of `best` as SavedModel and `model.keras`; return the SavedModel's path."""
    config = context.config
    # A second Ctrl-C would leave nothing to load, and both files are written within seconds.
    with signals_ignored():
        # Built outside of the strategy's scope, because only the chief takes part.
        num_classes = NUM_CLASSES if context.has_class_head else 0
        trained = build_network(config.arch, config.prediction, num_classes=num_classes)
        trained.set_weights(best.weights)
        network = remove_class_head(trained)
        parent, objective = Path(config.export_dir, config.name), context.model.objective
        export_folder = saved_model.export(network, objective, parent, context.metadata)
        with atomic_write(folder / "model.keras") as temporary:
            network.save(temporary)
    return export_folder


def save_curves(context, folder, best):
    """Write `curves.png`: losses and validation metrics by epoch."""
    baseline = evaluation.evaluate(evaluation.grayscale_baseline, context.dataset.validation)
    plots.save_curves(
        folder / "curves.png", best.history, best.epoch, context.title, baseline["psnr_pooled"]
    )


def evaluate(context, folder, export_folder):
    """Measure the export on the test part, write the results to the run's folder, return them."""
    conditions = evaluation.prepare(context.dataset, "test")
    # Measuring several samples of each image takes longer than an epoch; `evaluate` does that.
    report = evaluation.evaluate_model(saved_model.load(export_folder), conditions, samples=False)
    tensorboard.write_comparison(
        folder, context.config, context.dataset.name, context.metadata, report.metrics["metrics"]
    )
    # Last, because its metrics mark the run as finished.
    report.save(folder)
    return report


def log_report(report, folder, export_folder):
    """Log the results and what to do next."""
    logger.info(
        f"\nResults on {report.metrics['num_images']:,} test images\n\n"
        "The exported model, compared with baselines and with the original colors:\n\n"
        f"{report.table()}\n\n"
        f"Images, curves and metrics are in {folder}\n\n"
        "Next steps:\n"
        f"  tensorboard --logdir {folder}\n"
        f"  colorkeras colorize photo.jpg --model {export_folder}"
    )
