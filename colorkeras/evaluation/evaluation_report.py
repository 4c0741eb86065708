"""Evaluate an exported model, save its metrics and images, and format metrics as tables."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from colorkeras.color.spaces import saturate
from colorkeras.evaluation import bootstrap, calibration
from colorkeras.evaluation.evaluator import evaluate_per_image, finalize
from colorkeras.evaluation.image_samples import color_images, load_images, sample_indices
from colorkeras.evaluation.metric_tables import format_groups, format_summary
from colorkeras.evaluation.metrics import METRICS
from colorkeras.evaluation.references import REFERENCES
from colorkeras.utils import plots
from colorkeras.utils.files import atomic_write, write_json

REPORT_FILES = ("metrics.json", "samples.png", "images.png", "worst.png", "reliability.png")
"""Names of the files in a report: the metrics; ten images with and without labels (with several
samples per image for sampling models); the images with the largest color errors; and a reliability
diagram for models that predict their confidence."""

NUM_VARIATIONS = 4
"""Number of samples shown for each of the ten images."""

NUM_CALIBRATION_IMAGES = 1000
"""Number of images used for the reliability diagram; limited because each image requires many
samples."""

WORST_BY = "ciede2000"
"""Metric by which the worst images are selected."""

_SUMMARY_NOTE = (
    "Higher is better for PSNR and SSIM, lower for CIEDE2000 and hue distance. "
    "--all-metrics prints the other metrics."
)


@dataclass(frozen=True)
class EvaluationReport:
    """A model's metrics and example images for one split of a dataset.

    Attributes:
        metrics: Contents of `metrics.json`: a description of the data, the model's "metrics", their
            "intervals" from `bootstrap`, and the metrics of each reference in `REFERENCES`.
        images: Dict with the rows "grayscale", "prediction" and "ground truth", each uint8
            `[10, h, w, 3]`. For sampling models, it also contains "variation 2" and so on.
        worst: Dict with the rows "grayscale", "prediction" and "ground truth" for the images with
            the highest `WORST_BY`, worst first.
        per_image: Result of `evaluate_per_image`.
    """

    metrics: dict
    images: dict
    worst: dict
    per_image: dict

    def table(self):
        """Format a summary table of the model and the references for a terminal."""
        return format_summary(table_rows({self.metrics["model"]["name"]: self}))

    def save_metrics(self, folder):
        """Write `metrics.json` to a folder."""
        write_json(Path(folder, REPORT_FILES[0]), self.metrics)

    def save(self, folder):
        """Write `REPORT_FILES` to a folder.

        `metrics.json` is written last, so its presence shows that the report is complete.
        """
        model = self.metrics["model"]
        _, samples_file, images_file, worst_file, reliability_file = (
            Path(folder, name) for name in REPORT_FILES
        )
        title = (
            f"{model['name']} ({model['prediction']}{_adjustments(self.metrics)}), "
            f"{self.metrics['dataset']}"
        )
        plots.save_rows(samples_file, self.images, title)
        plots.save_rows(worst_file, self.worst, f"{title}: the largest color errors")
        if self.metrics["calibration"] is None:
            reliability_file.unlink(missing_ok=True)  # An old file may belong to another model.
        else:
            calibration.save_plot(reliability_file, self.metrics["calibration"], title)
        with atomic_write(images_file) as temporary:
            rows = [np.hstack(row) for row in self.images.values()]
            Image.fromarray(np.concatenate(rows)).save(temporary)
        self.save_metrics(folder)


def evaluate_model(model, setup, saturation=1.0, temperature=None, samples=True):
    """Evaluate an exported model and return its `EvaluationReport`.

    Args:
        model: `ExportedModel`.
        setup: `EvaluationSetup`.
        saturation: Multiplier for the predicted chroma; see `saturate`.
        temperature: Sampling temperature for sampling models; None uses the default.
        samples: Whether to include metrics that need several samples (for sampling models) and the
            calibration (for models that predict their confidence).
    """
    source, degradation = setup.source, setup.degradation
    colorize = adjusted_colorizer(model, saturation, temperature)
    per_image = evaluate_per_image(
        colorize, source, degradation, setup.statistics.prior, samples and model.samples
    )
    confidence = None
    if samples and model.is_confident and saturation == 1 and temperature is None:
        confidence = calibration.calibration(model, source, degradation, NUM_CALIBRATION_IMAGES)
    indices = sample_indices(source)
    worst = np.argsort(-per_image[WORST_BY], kind="stable")[: len(indices)]
    variations = {
        f"variation {number + 1}": _rows(colorize, setup, indices, number)["prediction"]
        for number in range(1, NUM_VARIATIONS if model.samples else 1)
    }
    return EvaluationReport(
        metrics={
            "dataset": setup.description,
            "degradation": degradation,
            "saturation": saturation,
            "temperature": temperature,
            "num_images": source.num_examples,
            "metrics": finalize(per_image),
            "intervals": bootstrap.intervals(
                per_image, {name: METRICS[name].finalize for name in per_image}
            ),
            **setup.references,
            "worst": {
                "numbers": worst.tolist(),
                WORST_BY: per_image[WORST_BY][worst].tolist(),
            },
            "calibration": confidence,
            "model": model.metadata,
        },
        images=_rows(colorize, setup, indices) | variations,
        worst=_rows(colorize, setup, worst),
        per_image=per_image,
    )


def _rows(colorize, setup, indices, sample=0):
    source = setup.source
    truth = load_images(source, indices)
    seeds = indices + sample * source.num_examples
    grayscale, prediction = color_images(colorize, truth, setup.degradation, seeds)
    return {"grayscale": grayscale, "prediction": prediction, "ground truth": truth}


def adjusted_colorizer(model, saturation=1.0, temperature=None):
    """Return a colorizer that applies an `ExportedModel`; for options, see `evaluate_model`."""
    settings = {} if temperature is None else {"temperature": temperature}

    def colorize(grayscale, seeds):
        rgb = model.color(grayscale, seeds, **settings)
        return rgb if saturation == 1 else saturate(rgb, saturation)

    return colorize


def summary(reports, all_metrics=False):
    """Format the results of several models for a terminal: a heading, then tables of metrics.

    For `reports`, see `table_rows`. By default, only the most important metrics are included.
    """
    metrics = next(iter(reports.values())).metrics
    rows = table_rows(reports)
    heading = f"{metrics['dataset']}: {metrics['num_images']:,} images{_adjustments(metrics)}"
    if all_metrics:
        return f"{heading}\n\n{format_groups(rows)}"
    return f"{heading}\n{_SUMMARY_NOTE}\n\n{format_summary(rows)}"


def _adjustments(metrics):
    saturation, temperature = metrics["saturation"], metrics["temperature"]
    notes = "" if saturation == 1 else f", saturation {saturation:g}"
    return notes + ("" if temperature is None else f", temperature {temperature:g}")


def table_rows(reports):
    """Return table rows with the metrics of all models, followed by those of the references.

    Args:
        reports: Dict from row title to `EvaluationReport`, all for the same images.

    Returns a dict from row title to a dict from metric name to float.
    """
    rows = {title: report.metrics["metrics"] for title, report in reports.items()}
    first = next(iter(reports.values())).metrics
    return {**rows, **{title: first[key] for key, title in REFERENCES.items()}}
