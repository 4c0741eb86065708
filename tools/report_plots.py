"""Plots of the metrics in `results/` for docs/results.md."""

from pathlib import Path

import numpy as np
from PIL import Image

from colorkeras.evaluation import column_title, learned_metrics
from colorkeras.evaluation.image_samples import NUM_SAMPLE_IMAGES
from colorkeras.utils import plots

COMPARISON_FILE = "comparison.png"
"""File with a plot of ten images: grayscale input, each model's predictions, and ground truth."""

ERROR_FILE, REALISM_FILE, MINUTES_FILE = "color_error.png", "realism.png", "minutes.png"
"""Files with plots of colorfulness versus color error, of fooling rate versus top-1 accuracy (each
with one dot per model), and of validation metrics versus training minutes."""

CURVES = ("psnr_pooled", "ciede2000", "colorfulness")
"""Keys in `METRICS` to plot against training minutes."""


def plot_links(results, adjusted, location):
    """Return a list of Markdown sections, one per plot.

    Args:
        results: Dict from `report.load_results`.
        adjusted: Dict from `report.load_adjusted`.
        location: Path of the results folder relative to the page.
    """
    files = {
        "The same ten images": COMPARISON_FILE,
        "Color error and colorfulness": ERROR_FILE,
    }
    if _realism_points({**results, **adjusted}):
        files["Fooling rate and top-1 accuracy"] = REALISM_FILE
    if _histories(results):
        files["Quality by training time"] = MINUTES_FILE
    for name, metrics in results.items():
        if "worst" in metrics:
            files[f"Worst images from {name}"] = f"{name}/worst.png"
        if metrics.get("calibration"):
            files[f"Reliability diagram for {name}"] = f"{name}/reliability.png"
    return [f"### {title}\n\n![{title}]({location}/{file})" for title, file in files.items()]


def save_plots(folder, results, adjusted):
    """Write the metric plots that `plot_links` refers to; return a list of their paths."""
    rows, dataset = {**results, **adjusted}, next(iter(results.values()))["dataset"]
    written = []
    points = {
        name: ([m["metrics"]["ciede2000"]], [m["metrics"]["colorfulness"]])
        for name, m in rows.items()
    }
    axes = column_title("ciede2000"), column_title("colorfulness")
    written.append(Path(folder, ERROR_FILE))
    plots.save_scatter(written[-1], points, axes, dataset)
    points = _realism_points(rows)
    if points:
        axes = [column_title(n, learned_metrics.LEARNED_METRICS) for n in ("top1", "fooling_4")]
        written.append(Path(folder, REALISM_FILE))
        plots.save_scatter(written[-1], points, axes, dataset)
    histories = _histories(results)
    if histories:
        written.append(Path(folder, MINUTES_FILE))
        quantities = {name: column_title(name) for name in CURVES}
        horizontal = "minutes", "minutes of training"
        plots.save_curves_against(
            written[-1], horizontal, histories, quantities, "validation split"
        )
    return written


def _realism_points(rows):
    """Return top-1 accuracy and fooling rate as one-element lists, for models with both."""
    learned = {
        name: m["learned_metrics"]["model"]["metrics"]
        for name, m in rows.items()
        if "learned_metrics" in m
    }
    return {
        name: ([values["top1"]], [values["fooling_4"]])
        for name, values in learned.items()
        if {"top1", "fooling_4"} <= set(values)
    }


def _histories(results):
    """Return training histories by model name, for models whose metadata contains one."""
    histories = {name: metrics["model"].get("history") for name, metrics in results.items()}
    return {
        name: {"minutes": h["minutes"], **{key: h[f"val_{key}"] for key in CURVES}}
        for name, h in histories.items()
        if h
    }


def save_comparison(folder, results):
    """Plot ten images colorized by each model; return the file's `Path`."""
    first = next(iter(results.values()))
    num_images = min(NUM_SAMPLE_IMAGES, first["num_images"])
    images = {}
    for name in results:
        rows = split_strip(Path(folder, name, "images.png"), num_images)
        grayscale, prediction, truth, *variations = rows
        images[name] = grayscale, prediction, truth
        for number, variation in enumerate(variations, start=2):
            images[f"{name}, variation {number}"] = grayscale, variation, truth
    path = Path(folder, COMPARISON_FILE)
    plots.save_comparison(path, images, first["dataset"])
    return path


def split_strip(path, num_images):
    """Split a grid written by `EvaluationReport.save` into images, uint8 `[rows, n, h, h, 3]`."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    size = pixels.shape[1] // num_images
    return pixels.reshape(-1, size, num_images, size, 3).swapaxes(1, 2)
