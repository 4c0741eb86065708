"""Produce the results of a run: export, training curves and evaluation."""

import logging
from dataclasses import dataclass
from pathlib import Path

from colorkeras import evaluation
from colorkeras.evaluation.degradations import DEGRADATIONS
from colorkeras.evaluation.metrics import METRICS
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
    """A finished run: paths to its folder and SavedModel, and the contents of `metrics.json`."""

    folder: Path
    export_folder: Path
    metrics: dict


def export(context, folder, best):
    """Export the weights in `best` as a SavedModel and as `model.keras`.

    Returns the path to the SavedModel.
    """
    config = context.config
    # Ignore further signals, which would leave no usable model. Exporting only takes seconds.
    with signals_ignored():
        # Build the network outside the strategy's scope because only the chief runs this code.
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
    """Plot the losses and validation metrics by epoch to `curves.png`."""
    # Compute a single metric, because tracing the graphs of all metrics takes several seconds.
    metrics = {"psnr_pooled": METRICS["psnr_pooled"]}
    values = evaluation.compute_per_image(
        DEGRADATIONS["none"], evaluation.grayscale_baseline, context.dataset.validation, metrics
    )
    psnr = evaluation.finalize(values)["psnr_pooled"]
    plots.save_curves(folder / "curves.png", best.history, best.epoch, context.title, psnr)


def evaluate(context, folder, export_folder):
    """Evaluate the export on the test split; write the report to the run folder and return it."""
    conditions = evaluation.prepare(context.dataset, "test")
    # Skip metrics that require several samples, which take longer than an epoch to compute. They
    # are available from `colorkeras evaluate`.
    report = evaluation.evaluate_model(saved_model.load(export_folder), conditions, samples=False)
    tensorboard.write_comparison(
        folder, context.config, context.dataset.name, context.metadata, report.metrics["metrics"]
    )
    # Write the metrics last because they mark the run as finished.
    report.save(folder)
    return report


def log_report(report, folder, export_folder):
    """Log the results and the next steps."""
    logger.info(
        f"\nResults on {report.metrics['num_images']:,} test images\n\n"
        "The exported model, compared with baselines and the original colors:\n\n"
        f"{report.table()}\n\n"
        f"Images, curves and metrics are in {folder}\n\n"
        "Next steps:\n"
        f"  tensorboard --logdir {folder}\n"
        f"  colorkeras colorize photo.jpg --model {export_folder}"
    )
