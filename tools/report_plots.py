"""Plots of the metrics in `results/`, for docs/results.md."""

from pathlib import Path

import numpy as np
from PIL import Image

from colorkeras.evaluation import column_title, learned_metrics
from colorkeras.evaluation.image_samples import NUM_SAMPLE_IMAGES
from colorkeras.utils import plots

COMPARISON_FILE = "comparison.png"
"""The same ten images as grayscale input, colored by each model, and as ground truth."""

ERROR_FILE, REALISM_FILE, MINUTES_FILE = "color_error.png", "realism.png", "minutes.png"
"""Color error against colorfulness; fooling rate against top-1 accuracy (one dot per model each);
validation metrics against minutes of training."""

CURVES = ("psnr_pooled", "ciede2000", "colorfulness")
"""Keys of `METRICS` that are plotted against minutes."""


def plot_links(results, adjusted, location):
    """Return a section with a link for each plot, as a list of str, Markdown.

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
        files["Quality and minutes of training"] = MINUTES_FILE
    for name, metrics in results.items():
        if "worst" in metrics:
            files[f"The worst images of {name}"] = f"{name}/worst.png"
        if metrics.get("calibration"):
            files[f"Reliability diagram of {name}"] = f"{name}/reliability.png"
    return [f"### {title}\n\n![{title}]({location}/{file})" for title, file in files.items()]


def save_plots(folder, results, adjusted):
    """Write the plots of metrics that `plot_links` links.

    Returns:
        List of `Path`.
    """
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
        plots.save_curves_against(written[-1], horizontal, histories, quantities, "validation part")
    return written


def _realism_points(rows):
    """Top-1 accuracy and fooling rate, lists of one each, of the models that have both."""
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
    """Training histories by model name, for the models whose metadata hold one."""
    histories = {name: metrics["model"].get("history") for name, metrics in results.items()}
    return {
        name: {"minutes": h["minutes"], **{key: h[f"val_{key}"] for key in CURVES}}
        for name, h in histories.items()
        if h
    }


def save_comparison(folder, results):
    """Write the plot of the same ten images by each model; return its `Path`."""
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
    """Split a grid of square images as `Report.save` writes it: uint8 `[rows, n, h, h, 3]`."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    size = pixels.shape[1] // num_images
    return pixels.reshape(-1, size, num_images, size, 3).swapaxes(1, 2)
