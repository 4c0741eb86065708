"""An export's figures and pictures, written to files and as tables."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from colorkeras.color.spaces import saturate
from colorkeras.evaluation import bootstrap, calibration
from colorkeras.evaluation.conditions import REFERENCES
from colorkeras.evaluation.measure import evaluate_each, finished
from colorkeras.evaluation.metrics import METRICS
from colorkeras.evaluation.pictures import color_images, load_pictures, sample_numbers
from colorkeras.evaluation.tables import format_groups
from colorkeras.utils import plots
from colorkeras.utils.files import atomic_write, write_json

REPORT_FILES = ("metrics.json", "samples.png", "pictures.png", "worst.png", "reliability.png")
"""Figures; ten pictures for people, labelled; the bare pixels of the same, of a model that samples
with more versions below; the worst pictures, labelled; and of a model that tells how sure it is,
whether that means anything."""

NUM_VERSIONS = 4
"""Plausible versions of each of the ten pictures, of a model that samples."""

NUM_FOR_RELIABILITY = 1000
"""Pictures on which a model's confidence is checked; it takes many samples of each."""

WORST_BY = "ciede2000"
"""Key of the metric by which pictures are the worst."""


@dataclass(frozen=True)
class Report:
    """A model's figures on one part of a data set, with ten pictures to look at.

    Attributes:
        metrics: What `metrics.json` holds: what was measured on what, the "figures" of the model,
            their "intervals" as from `bootstrap`, and the figures of each of `REFERENCES`.
        pictures: Rows "grayscale", "prediction", "ground truth": uint8 `[10, h, w, 3]` each; of a
            model that samples also "version 2" and so on.
        worst: The same three rows of the pictures with the highest `WORST_BY`, worst first.
        per_image: What `evaluate_each` returned for the model.
    """

    metrics: dict
    pictures: dict
    worst: dict
    per_image: dict

    def table(self):
        """The figures as text, the model above the references."""
        return format_groups(table_rows({self.metrics["model"]["name"]: self}))

    def save_metrics(self, folder):
        """Writes the first of `REPORT_FILES`, the figures, to a folder."""
        write_json(Path(folder, REPORT_FILES[0]), self.metrics)

    def save(self, folder):
        """Writes `REPORT_FILES` to a folder, the figures last: where they are, all is there."""
        model = self.metrics["model"]
        _, samples_file, pictures_file, worst_file, reliability_file = (
            Path(folder, name) for name in REPORT_FILES
        )
        title = (
            f"{model['name']} ({model['prediction']}{_adjustments(self.metrics)}), "
            f"{self.metrics['dataset']}"
        )
        plots.save_rows(samples_file, self.pictures, title)
        plots.save_rows(worst_file, self.worst, f"{title}: the largest color errors")
        if self.metrics["calibration"] is None:
            reliability_file.unlink(missing_ok=True)  # That of a model that was here before.
        else:
            calibration.save_plot(reliability_file, self.metrics["calibration"], title)
        with atomic_write(pictures_file) as temporary:
            Image.fromarray(
                np.concatenate([np.hstack(row) for row in self.pictures.values()])
            ).save(temporary)
        self.save_metrics(folder)


def report(model, conditions, saturation=1.0, temperature=None, samples=True):
    """Evaluates an export.

    Args:
        model: `ExportedModel`.
        conditions: What `prepare` returned.
        saturation: Factor by which the model's chroma is scaled, as by `saturate`.
        temperature: Of a model that samples, None for its default.
        samples: Whether to measure several samples of each picture, of a model that samples, and
            the confidence of a model that tells it.

    Returns:
        `Report`.
    """
    source, degradation = conditions.source, conditions.degradation
    color = adjusted(model, saturation, temperature)
    per_image = evaluate_each(
        color, source, degradation, conditions.colors.prior, samples and model.samples
    )
    confidence = None
    if samples and model.is_confident and saturation == 1 and temperature is None:
        confidence = calibration.calibration(model, source, degradation, NUM_FOR_RELIABILITY)
    finishes = {name: METRICS[name].finish for name in per_image}
    numbers = sample_numbers(source)
    worst = np.argsort(-per_image[WORST_BY], kind="stable")[: len(numbers)]
    versions = {
        f"version {number + 1}": _rows(color, conditions, numbers, number)["prediction"]
        for number in range(1, NUM_VERSIONS if model.samples else 1)
    }
    return Report(
        metrics={
            "dataset": conditions.description,
            "degradation": degradation,
            "saturation": saturation,
            "temperature": temperature,
            "num_images": source.num_examples,
            "metrics": finished(per_image),
            "intervals": bootstrap.intervals(per_image, finishes),
            **conditions.references,
            "worst": {
                "numbers": worst.tolist(),
                WORST_BY: per_image[WORST_BY][worst].tolist(),
            },
            "calibration": confidence,
            "model": model.metadata,
        },
        pictures=_rows(color, conditions, numbers) | versions,
        worst=_rows(color, conditions, worst),
        per_image=per_image,
    )


def _rows(color, conditions, numbers, sample=0):
    """Pictures by number as grayscale, as the model's sample of a number, and true."""
    source = conditions.source
    truth = load_pictures(source, numbers)
    seeds = numbers + sample * source.num_examples
    grayscale, prediction = color_images(color, truth, conditions.degradation, seeds)
    return {"grayscale": grayscale, "prediction": prediction, "ground truth": truth}


def adjusted(model, saturation=1.0, temperature=None):
    """A model as a function of grayscale and seeds, with the arguments of `report`."""

    settings = {} if temperature is None else {"temperature": temperature}

    def color(grayscale, seeds):
        rgb = model.color(grayscale, seeds, **settings)
        return rgb if saturation == 1 else saturate(rgb, saturation)

    return color


def summary(reports):
    """What was measured on what, and all figures, as text; the argument is that of `table_rows`."""
    metrics = next(iter(reports.values())).metrics
    conditions = f"{metrics['dataset']}: {metrics['num_images']} pictures"
    return f"{conditions}{_adjustments(metrics)}\n\n{format_groups(table_rows(reports))}"


def _adjustments(metrics):
    saturation, temperature = metrics["saturation"], metrics["temperature"]
    notes = "" if saturation == 1 else f", saturation {saturation:g}"
    return notes + ("" if temperature is None else f", temperature {temperature:g}")


def table_rows(reports):
    """Rows for a table: every model's figures, below them those of the references.

    Args:
        reports: Dict of `Report` on the same pictures by row title.

    Returns:
        Dict of row title to dict of float by metric name.
    """
    rows = {title: report.metrics["metrics"] for title, report in reports.items()}
    first = next(iter(reports.values())).metrics
    return {**rows, **{title: first[key] for key, title in REFERENCES.items()}}
