"""Compare models on the same images: metric tables, example images, and best and worst images."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from colorkeras.evaluation.evaluation_report import (
    EvaluationReport,
    evaluate_model,
    table_rows,
)
from colorkeras.evaluation.image_samples import color_images, load_images
from colorkeras.evaluation.metric_tables import (
    column_title,
    format_value,
    markdown_table,
    metric_names,
    table_lines,
)
from colorkeras.evaluation.metrics import GROUPS, METRICS
from colorkeras.evaluation.references import prepare
from colorkeras.export.saved_model import ExportedModel
from colorkeras.utils import plots
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import escape_markdown, write_json, write_text

TABLE_FILE, METRICS_FILE, IMAGES_FILE = "comparison.md", "comparison.json", "images.png"
"""Output files: a Markdown page, metrics as JSON, and ten images colorized by each model."""

NUM_RANKED = 10
"""Number of best and number of worst images to show for each model."""

_RANKED_BY = "ciede2000"


@dataclass(frozen=True)
class Candidate:
    """Model to compare, with a unique label and a unique file for its best and worst images."""

    label: str
    given_as: str
    model: ExportedModel
    sheet_file: str


def candidates_from(models):
    """Label models by export name; if names clash, add the name or path that the user passed.

    `models` maps the name or path that the user passed to `ExportedModel`. Returns a list of
    `Candidate`. Raises `UserError` if there is no image size that all models accept.
    """
    sizes = sorted({model.image_size for model in models.values()} - {None})
    if len(sizes) > 1:
        raise UserError(
            f"models with different image sizes: {' and '.join(map(str, sizes))} pixels",
            "models that accept the same image size",
            "Compare the models of each size separately.",
        )
    # Some file systems are case-insensitive.
    names_differ = len({model.metadata["name"].lower() for model in models.values()}) == len(models)
    candidates = []
    for number, (given_as, model) in enumerate(models.items(), start=1):
        label = stem = model.metadata["name"]
        if not names_differ:
            label, stem = f"{label} ({given_as})", f"{number}_{stem}"
        candidates.append(Candidate(label, given_as, model, f"{stem}_best_worst.png"))
    return candidates


def file_names(candidates):
    """Return the names of all files that `Comparison.save` writes for a list of candidates."""
    sheets = [candidate.sheet_file for candidate in candidates]
    return [TABLE_FILE, METRICS_FILE, IMAGES_FILE, *sheets]


@dataclass(frozen=True)
class Ranked:
    """A model's best or worst images, most extreme first.

    Attributes:
        indices: Indices in the source, int64 `[n]`.
        differences: CIEDE2000 values, `[n]`.
        images: Grayscale, prediction and ground truth, uint8 `[n, 3, h, w, 3]`.
    """

    indices: np.ndarray
    differences: np.ndarray
    images: np.ndarray

    def rows(self):
        """Return labeled rows for `plots.save_blocks`."""
        values = [format_value(difference, _RANKED_BY) for difference in self.differences]
        labels = [f"{v}\nno. {n}" for v, n in zip(values, self.indices, strict=True)]
        return list(zip(labels, self.images, strict=True))

    def record(self):
        """Return the indices and CIEDE2000 values of the images, for JSON."""
        pairs = zip(self.indices.tolist(), self.differences.tolist(), strict=True)
        return [{"image": index, _RANKED_BY: difference} for index, difference in pairs]


@dataclass(frozen=True)
class Entry:
    """A model's results in a comparison, with its best and worst images by CIEDE2000."""

    candidate: Candidate
    report: EvaluationReport
    best: Ranked
    worst: Ranked

    def save_sheet(self, folder):
        """Write the contact sheet of best and worst images to a folder."""
        blocks = {
            f"{len(ranked.indices)} {title}": ranked.rows()
            for title, ranked in (("best", self.best), ("worst", self.worst))
        }
        columns = ("grayscale", "prediction", "ground truth")
        title = (
            f"{self.candidate.label}: best and worst images by CIEDE2000, "
            f"{self.report.metrics['dataset']}"
        )
        plots.save_blocks(Path(folder, self.candidate.sheet_file), blocks, columns, title)

    def record(self):
        """Return the model's entry in `comparison.json`."""
        return {
            "given_as": self.candidate.given_as,
            **self.report.metrics,
            "best": self.best.record(),
            "worst": self.worst.record(),
        }

    def section(self):
        """Return the model's section in `comparison.md`."""
        model = self.report.metrics["model"]
        return (
            f"## {self.candidate.label}\n\n"
            f"Architecture {model['architecture']}, prediction {model['prediction']}, "
            f"{model['num_parameters']:,} parameters, passed as `{self.candidate.given_as}`. "
            "Best and worst images by CIEDE2000; image numbers start at 0:\n\n"
            f"![best and worst images]({self.candidate.sheet_file})"
        )


@dataclass(frozen=True)
class Comparison:
    """Results of one or more models on one split of a dataset, as a list of `Entry`."""

    entries: list

    @property
    def reports(self):
        """Dict from model label to `EvaluationReport`."""
        return {entry.candidate.label: entry.report for entry in self.entries}

    def save(self, folder):
        """Write the files listed by `file_names` to a folder.

        The Markdown page is written last because it links to the other files.
        """
        for entry in self.entries:
            entry.save_sheet(folder)
        images = {
            label: [report.images[row] for row in ("grayscale", "prediction", "ground truth")]
            for label, report in self.reports.items()
        }
        dataset = self.entries[0].report.metrics["dataset"]
        plots.save_comparison(Path(folder, IMAGES_FILE), images, dataset)
        records = {entry.candidate.label: entry.record() for entry in self.entries}
        write_json(Path(folder, METRICS_FILE), records)
        write_text(Path(folder, TABLE_FILE), self.markdown())

    def markdown(self):
        """Return the contents of `comparison.md`: one table per group of metrics, then images."""
        metrics = self.entries[0].report.metrics
        rows = table_rows(self.reports)
        sections = [
            "# Model comparison",
            f"{metrics['dataset']}: {metrics['num_images']:,} images.",
            *(_table(group, rows) for group in GROUPS),
            f"## Images colorized by each model\n\n![images]({IMAGES_FILE})",
            *(entry.section() for entry in self.entries),
        ]
        return "\n\n".join(sections) + "\n"


def compare(candidates, dataset, split, degradation="none"):
    """Evaluate a list of `Candidate` on one split of a dataset and return a `Comparison`."""
    setup = prepare(dataset, split, degradation)
    entries = []
    for candidate in candidates:
        report = evaluate_model(candidate.model, setup, samples=False)
        differences = report.per_image[_RANKED_BY]
        best, worst = (
            _ranked(candidate.model, setup, differences, indices)
            for indices in best_and_worst(differences)
        )
        entries.append(Entry(candidate, report, best, worst))
    return Comparison(entries)


def best_and_worst(differences):
    """Return the indices of the images with the lowest and the highest differences.

    Both arrays are int64 `[n]`, most extreme first. n is at most `NUM_RANKED` and at most half the
    number of images, but at least 1.

    >>> best, worst = best_and_worst(np.array([3.0, 1.0, 4.0, 2.0, 5.0]))
    >>> best.tolist(), worst.tolist()
    ([1, 3], [4, 2])
    """
    order = np.argsort(differences, kind="stable")
    count = max(1, min(NUM_RANKED, len(order) // 2))
    return order[:count], order[::-1][:count]


def _ranked(model, setup, differences, indices):
    truth = load_images(setup.source, indices)
    grayscale, prediction = color_images(model.color, truth, setup.degradation, indices)
    return Ranked(indices, differences[indices], np.stack([grayscale, prediction, truth], axis=1))


def _table(group, rows):
    names = metric_names(rows, group)
    table = markdown_table(table_lines(rows, names))
    return f"## {group.capitalize()}\n\n{table}\n\n" + "\n".join(map(_explanation, names))


def _explanation(name):
    metric = METRICS[name]
    direction = {True: "Higher is better.", False: "Lower is better.", None: ""}
    sentences = f"{metric.description} {direction[metric.higher_is_better]}".rstrip()
    return "- " + escape_markdown(f"{column_title(name)}: {sentences}")
