"""Several models on the same pictures: a table, ten pictures, each model's best and worst."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from colorkeras import evaluation
from colorkeras.evaluation import (
    column_title,
    format_value,
    markdown_table,
    metric_names,
    table_lines,
    table_rows,
)
from colorkeras.evaluation.metrics import GROUPS, METRICS
from colorkeras.export.saved_model import ExportedModel
from colorkeras.utils import plots
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import escape_markdown, write_json, write_text

TABLE_FILE, METRICS_FILE, PICTURES_FILE = "comparison.md", "comparison.json", "pictures.png"
"""All for people; all figures for programs; the same ten pictures by every model."""

NUM_RANKED = 10
"""How many of a model's best, and of its worst, pictures are shown."""

_RANKED_BY = "ciede2000"


@dataclass(frozen=True)
class Candidate:
    """A model that takes part in a comparison.

    Attributes:
        label: What it is called there, another for each.
        given_as: What the user wrote for it.
        model: `ExportedModel`.
        sheet_file: Name of the file of its best and worst pictures, another for each.
    """

    label: str
    given_as: str
    model: ExportedModel
    sheet_file: str


def candidates_from(models):
    """Labels models: by the names of their exports, where two share one with what the user wrote.

    Args:
        models: Dict of `ExportedModel` by what the user wrote.

    Returns:
        List of `Candidate`, in the same order.

    Raises:
        UserError: No size of pictures suits all.
    """
    sizes = sorted({model.image_size for model in models.values()} - {None})
    if len(sizes) > 1:
        raise UserError(
            f"models that take pictures of {' and '.join(map(str, sizes))} pixels only",
            "models that take pictures of one size",
            "Compare those of each size by themselves.",
        )
    # Some file systems take "Unet" and "unet" for the same.
    names_differ = len({model.metadata["name"].lower() for model in models.values()}) == len(models)
    candidates = []
    for number, (given_as, model) in enumerate(models.items(), start=1):
        label = stem = model.metadata["name"]
        if not names_differ:
            label, stem = f"{label} ({given_as})", f"{number}_{stem}"
        candidates.append(Candidate(label, given_as, model, f"{stem}_best_worst.png"))
    return candidates


def file_names(candidates):
    """Names of all files that `Comparison.save` writes for a list of `Candidate`."""
    sheets = [candidate.sheet_file for candidate in candidates]
    return [TABLE_FILE, METRICS_FILE, PICTURES_FILE, *sheets]


@dataclass(frozen=True)
class Ranked:
    """The best or the worst pictures of a model, the most extreme first.

    Attributes:
        numbers: int64 `[n]`, which pictures of the source, 0 for the first.
        differences: float32 `[n]`, CIEDE2000 of each.
        pictures: uint8 `[n, 3, h, w, 3]`: grayscale, prediction and ground truth of each.
    """

    numbers: np.ndarray
    differences: np.ndarray
    pictures: np.ndarray

    def rows(self):
        """Labelled rows for `figures.save_blocks`."""
        values = [format_value(difference, _RANKED_BY) for difference in self.differences]
        labels = [f"{v}\nno. {n}" for v, n in zip(values, self.numbers, strict=True)]
        return list(zip(labels, self.pictures, strict=True))

    def record(self):
        """For JSON: list of picture and CIEDE2000."""
        pairs = zip(self.numbers.tolist(), self.differences.tolist(), strict=True)
        return [{"picture": number, _RANKED_BY: difference} for number, difference in pairs]


@dataclass(frozen=True)
class Entry:
    """What a comparison found out about one model.

    Attributes:
        candidate: `Candidate`.
        report: `Report`.
        best: `Ranked`, those of lowest CIEDE2000.
        worst: `Ranked`, those of highest.
    """

    candidate: Candidate
    report: evaluation.Report
    best: Ranked
    worst: Ranked

    def save_sheet(self, folder):
        """Writes the best and worst pictures to a folder."""
        blocks = {
            f"{len(ranked.numbers)} {title}": ranked.rows()
            for title, ranked in (("best", self.best), ("worst", self.worst))
        }
        columns = ("grayscale", "prediction", "ground truth")
        title = (
            f"{self.candidate.label}: best and worst pictures by CIEDE2000, "
            f"{self.report.metrics['dataset']}"
        )
        plots.save_blocks(Path(folder, self.candidate.sheet_file), blocks, columns, title)

    def record(self):
        """What `comparison.json` says of the model."""
        return {
            "given_as": self.candidate.given_as,
            **self.report.metrics,
            "best": self.best.record(),
            "worst": self.worst.record(),
        }

    def section(self):
        """What `comparison.md` says of the model below the table."""
        model = self.report.metrics["model"]
        return (
            f"## {self.candidate.label}\n\n"
            f"Architecture {model['architecture']}, output {model['prediction']}, "
            f"{model['num_parameters']:,} parameters, given as `{self.candidate.given_as}`. "
            "Its best and worst pictures by CIEDE2000, numbered from 0:\n\n"
            f"![best and worst pictures]({self.candidate.sheet_file})"
        )


@dataclass(frozen=True)
class Comparison:
    """Several models on one part of a data set.

    Attributes:
        entries: List of `Entry`, at least one.
    """

    entries: list

    @property
    def reports(self):
        """Dict of `Report` by label."""
        return {entry.candidate.label: entry.report for entry in self.entries}

    def save(self, folder):
        """Writes the files of `file_names` to a folder, last the one that shows the others."""
        for entry in self.entries:
            entry.save_sheet(folder)
        pictures = {
            label: [report.pictures[row] for row in ("grayscale", "prediction", "ground truth")]
            for label, report in self.reports.items()
        }
        dataset = self.entries[0].report.metrics["dataset"]
        plots.save_comparison(Path(folder, PICTURES_FILE), pictures, dataset)
        records = {entry.candidate.label: entry.record() for entry in self.entries}
        write_json(Path(folder, METRICS_FILE), records)
        write_text(Path(folder, TABLE_FILE), self.markdown())

    def markdown(self):
        """Content of `comparison.md`: conditions, a table a group, and the pictures."""
        metrics = self.entries[0].report.metrics
        rows = table_rows(self.reports)
        sections = [
            "# Comparison of models",
            f"{metrics['dataset']}: {metrics['num_images']:,} pictures.",
            *(_table(group, rows) for group in GROUPS),
            f"## The same pictures by each model\n\n![pictures]({PICTURES_FILE})",
            *(entry.section() for entry in self.entries),
        ]
        return "\n\n".join(sections) + "\n"


def compare(candidates, dataset, split, degradation="none"):
    """Evaluates models on one part of a data set, each picture once by each.

    Args:
        candidates: What `candidates_from` returned.
        dataset: `ImageDataset`.
        split: "train", "validation" or "test".
        degradation: A key of `DEGRADATIONS`.

    Returns:
        `Comparison`.
    """
    conditions = evaluation.prepare(dataset, split, degradation)
    entries = []
    for candidate in candidates:
        report = evaluation.report(candidate.model, conditions, samples=False)
        differences = report.per_image[_RANKED_BY]
        best, worst = (
            _ranked(candidate.model, conditions, differences, numbers)
            for numbers in best_and_worst(differences)
        )
        entries.append(Entry(candidate, report, best, worst))
    return Comparison(entries)


def best_and_worst(differences):
    """Numbers of the pictures with the lowest, and those with the highest differences.

    Args:
        differences: float `[num_images]`.

    Returns:
        `(best, worst)`, int64 `[n]` each, the most extreme first. n is `NUM_RANKED`, or half of
        the pictures where these are fewer; a single picture is both.

    >>> best, worst = best_and_worst(np.array([3.0, 1.0, 4.0, 2.0, 5.0]))
    >>> best.tolist(), worst.tolist()
    ([1, 3], [4, 2])
    """
    order = np.argsort(differences, kind="stable")
    count = max(1, min(NUM_RANKED, len(order) // 2))
    return order[:count], order[::-1][:count]


def _ranked(model, conditions, differences, numbers):
    truth = evaluation.load_pictures(conditions.source, numbers)
    grayscale, prediction = evaluation.color_images(
        model.color, truth, conditions.degradation, numbers
    )
    return Ranked(numbers, differences[numbers], np.stack([grayscale, prediction, truth], axis=1))


def _table(group, rows):
    names = metric_names(rows, group)
    table = markdown_table(table_lines(rows, names))
    return f"## {group.capitalize()}\n\n{table}\n\n" + "\n".join(map(_explanation, names))


def _explanation(name):
    metric = METRICS[name]
    direction = {True: "Higher is better.", False: "Lower is better.", None: ""}
    sentences = f"{metric.description} {direction[metric.higher_is_better]}".rstrip()
    return "- " + escape_markdown(f"{column_title(name)}: {sentences}")
