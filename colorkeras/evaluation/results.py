"""Committed `results/`: reading them, and the parts that tables and figures share."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from colorkeras.evaluation import REFERENCES
from colorkeras.evaluation.pictures import NUM_SAMPLES
from colorkeras.utils import plots as figures
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import escape_markdown

COMPARISON_FILE = "comparison.png"


def load(folder):
    """Reads `<folder>/<name>/metrics.json` of every model that was measured.

    Args:
        folder: For example `results`.

    Returns:
        Dict of metrics by folder name, RGB outputs first, then by rising pooled PSNR.

    Raises:
        UserError: There is none, or they were measured on different pictures.
    """
    files = sorted(Path(folder).glob("*/metrics.json"))
    results = {file.parent.name: _read(file) for file in files}
    if not results:
        raise UserError(
            f"{str(folder)!r}, which holds no <name>/metrics.json",
            "a folder that colorkeras evaluate --results wrote",
            "Run that command first, or name another folder.",
        )
    check_same_data(results)

    def rank(item):
        metrics = item[1]
        return metrics["model"]["prediction"] != "rgb", metrics["metrics"]["psnr_pooled"]

    return dict(sorted(results.items(), key=rank))


def load_adjusted(folder):
    """Reads the results of models whose colors were changed: see `colorkeras evaluate`.

    Args:
        folder: As for `load`.

    Returns:
        Dict of metrics by what was changed of which model, such as "unet, saturation 2".
    """
    adjusted = {}
    for file in sorted(Path(folder).rglob("metrics.json")):
        *changes, name = file.parent.relative_to(folder).parts
        known = [change.startswith(("saturation_", "temperature_")) for change in changes]
        if known and all(known):
            title = ", ".join([name, *(change.replace("_", " ") for change in changes)])
            adjusted[title] = _read(file)
    return adjusted


def check_same_data(results):
    """Raises UserError if models, in a dict as from `load`, were measured on different pictures."""
    datasets = {metrics["dataset"] for metrics in results.values()}
    if len(datasets) > 1:
        raise UserError(
            f"results on different data: {'; '.join(sorted(datasets))}",
            "results on one part of one data set",
            "Evaluate all models on the same data.",
        )


def _read(file):
    try:
        metrics = json.loads(file.read_text(encoding="utf-8"))
        complete = {
            "dataset",
            "num_images",
            "metrics",
            "grayscale_baseline",
            "truth",
            "model",
        } <= set(metrics)
    except (OSError, ValueError, TypeError):
        complete = False
    if not complete or not file.with_name("pictures.png").exists():
        raise UserError(
            f"{str(file.parent)!r}, whose metrics.json or pictures.png is missing or damaged",
            "a folder that colorkeras evaluate --results wrote",
            "Run that command again with --overwrite.",
        )
    return metrics


def reference_rows(results):
    """Figures of the references by title, those that no model was measured beside left away."""
    rows = {}
    for key, title in REFERENCES.items():
        # All the same, but fewer in files of older versions.
        figures = max((metrics.get(key, {}) for metrics in results.values()), key=len)
        if figures:
            rows[f"*{title}*"] = figures
    return rows


def settings_lines(results):
    """What the models are and what they cost, as cells of a table, the header first."""
    models = [metrics["model"] for metrics in results.values()]
    return [["prediction", "parameters", "epochs", "minutes"], *map(_settings, models)]


def _settings(model):
    minutes = f"{model['minutes']:.1f}" if "minutes" in model else ""
    cells = [model["prediction"], f"{model['num_parameters']:,}", str(model.get("epochs", ""))]
    return [*cells, minutes]


def markdown_table(lines, num_text_columns=1):
    """A Markdown table, numbers aligned to the right.

    Args:
        lines: Lists of str, the header first; of models, if its first cell is empty.
        num_text_columns: How many columns, from the left, hold text.

    Returns:
        str.
    """
    (first, *header), *body = lines
    alignment = ["---"] * num_text_columns + ["---:"] * (len(header) + 1 - num_text_columns)
    cells = [[first or "model", *map(escape_markdown, header)], alignment, *body]
    # A bar would end its cell.
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in cells
    )


def conditions(results):
    """What was measured on what and how it was trained, for people: str."""
    models = [metrics["model"] for metrics in results.values()]
    first = next(iter(results.values()))
    return (
        f"{first['dataset']}, {first['num_images']:,} pictures. "
        f"Trained on {distinct(models, 'device')} in {distinct(models, 'precision')}, "
        f"loss {escape_markdown(distinct(models, 'loss'))}, "
        f"batch {distinct(models, 'batch_size')}, seed {distinct(models, 'seed')}."
    )


def distinct(models, key):
    """The values of a key over all models, each named once; an export may not tell."""
    return " / ".join(dict.fromkeys(str(model.get(key, "unknown")) for model in models))


def save_comparison(folder, results):
    """Writes `comparison.png`: the same ten pictures as grayscale, by each model, and true.

    Returns:
        Its `Path`.
    """
    first = next(iter(results.values()))
    num_images = min(NUM_SAMPLES, first["num_images"])
    strips = {name: _strip(Path(folder, name, "pictures.png"), num_images) for name in results}
    pictures = {}
    for name, (grayscale, prediction, truth, *versions) in strips.items():
        pictures[name] = grayscale, prediction, truth
        for number, version in enumerate(versions, start=2):
            pictures[f"{name}, version {number}"] = grayscale, version, truth
    path = Path(folder, COMPARISON_FILE)
    figures.save_comparison(path, pictures, first["dataset"])
    return path


def _strip(path, num_images):
    """Cuts the rows of square pictures that `Report.save` joined: uint8 `[rows, n, h, h, 3]`."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    size = pixels.shape[1] // num_images
    return pixels.reshape(-1, size, num_images, size, 3).swapaxes(1, 2)
