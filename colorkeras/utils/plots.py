"""Figures with image grids, training curves and scatter plots."""

import textwrap

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from colorkeras.utils.files import atomic_write

_INCHES_PER_IMAGE = 1.1
_INCHES_PER_LINE = 0.2
_LETTERS_PER_INCH = 12
_LETTERS_PER_LABEL = 24


def save_rows(path, rows, title):
    """Save labeled rows of images, uint8 `[num_images, height, width, 3]`, as a PNG figure."""
    _save_labelled(path, list(rows.items()), title)


def save_comparison(path, images, title):
    """Save grayscale images, each model's predictions and the ground truth as a PNG figure.

    `images` maps model names to (grayscale, prediction, ground truth), each uint8
    `[num_images, height, width, 3]`. All models share the same grayscale and ground-truth images.
    """
    grayscale, _, truth = next(iter(images.values()))
    predictions = [(model, prediction) for model, (_, prediction, _) in images.items()]
    # A list rather than a dict because a model may be named "grayscale".
    rows = [("grayscale", grayscale), *predictions, ("ground truth", truth)]
    _save_labelled(path, rows, title)


def save_blocks(path, blocks, columns, title):
    """Save side-by-side blocks of labeled image rows as a PNG figure.

    `blocks` maps headings to lists of rows (label, uint8 `[len(columns), height, width, 3]`). All
    blocks have the same number of rows. `columns` are the column titles, repeated for each block.
    """
    num_rows = len(next(iter(blocks.values())))
    width = (_INCHES_PER_IMAGE * len(columns) + 1) * len(blocks)
    figure = _titled_figure(width, _INCHES_PER_IMAGE * num_rows + 1, title)
    parts = figure.subfigures(1, len(blocks), squeeze=False)[0]
    for part, (heading, rows) in zip(parts, blocks.items(), strict=True):
        part.suptitle(heading, fontsize=11)
        _draw_rows(part, rows, columns)
    _save(figure, path)


def _save_labelled(path, rows, title):
    rows = [(textwrap.fill(label, _LETTERS_PER_LABEL), images) for label, images in rows]
    num_lines = max(label.count("\n") + 1 for label, _ in rows)
    row_height = max(_INCHES_PER_IMAGE, _INCHES_PER_LINE * num_lines)
    width = _INCHES_PER_IMAGE * len(rows[0][1]) + 1.6
    figure = _titled_figure(width, row_height * len(rows) + 0.5, title)
    _draw_rows(figure, rows)
    _save(figure, path)


def _titled_figure(width, height, title):
    """Create an empty figure with a size in inches, plus extra height for a multiline title."""
    lines = textwrap.wrap(title, int(_LETTERS_PER_INCH * width))
    figure = Figure(
        figsize=(width, height + _INCHES_PER_LINE * (len(lines) - 1)), layout="constrained"
    )
    figure.suptitle("\n".join(lines), fontsize=11, parse_math=False)
    return figure


def _draw_rows(figure, rows, columns=None):
    """Draw (label, images) rows with optional column titles in a figure or subfigure."""
    no_titles = [""] * len(rows[0][1])
    axes = figure.subplots(len(rows), squeeze=False)[:, 0]
    for axis, (label, images) in zip(axes, rows, strict=True):
        # Draw the whole row as one image, because each additional axis takes 15 ms.
        strip, centers = _strip(images)
        axis.imshow(strip, interpolation="nearest")
        height, width = images.shape[1:3]
        for center in centers:
            corner = (center - width / 2, -0.5)
            axis.add_patch(Rectangle(corner, width, height, fill=False, lw=0.8, clip_on=False))
        # Align images to the left, because the layout reserves space for the label on this side.
        axis.set(yticks=[], anchor="W")
        axis.set_xticks(centers, columns if columns and axis is axes[0] else no_titles, fontsize=10)
        axis.xaxis.tick_top()
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
        axis.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=11, parse_math=False)


def _strip(images):
    """Return images side by side, separated by white gaps, and the positions of their centers."""
    width = images.shape[2]
    gap = -(-width // 16)
    padded = np.pad(images, [(0, 0), (0, 0), (0, gap), (0, 0)], constant_values=255)
    centers = (width - 1) / 2 + (width + gap) * np.arange(len(images))
    return np.concatenate(padded, axis=1)[:, :-gap], centers


def save_curves(path, history, best_epoch, title, baseline_psnr):
    """Save a plot of training and validation curves as PNG.

    Args:
        path: Output file.
        history: Dict with lists "loss", "val_loss" and "val_psnr_pooled", one value per epoch.
        best_epoch: Zero-based index of the exported epoch, marked with a vertical line.
        title: Figure title.
        baseline_psnr: Pooled PSNR of the grayscale baseline on the validation split, in dB.
    """
    epochs = range(1, len(history["loss"]) + 1)
    figure = _titled_figure(11, 4.2, title)
    loss_axis, psnr_axis = figure.subplots(1, 2)
    loss_axis.plot(epochs, history["loss"], "o-", label="training")
    loss_axis.plot(epochs, history["val_loss"], "o-", label="validation (EMA weights)")
    loss_axis.set(ylabel="loss", yscale="log")
    psnr_axis.plot(epochs, history["val_psnr_pooled"], "o-", color="C1", label="validation")
    psnr_axis.axhline(baseline_psnr, color="gray", linestyle="--", label="grayscale baseline")
    psnr_axis.set(ylabel="pooled PSNR (dB)")
    for axis in (loss_axis, psnr_axis):
        axis.axvline(best_epoch + 1, color="C2", linestyle=":", label="exported epoch")
        axis.set_xlabel("epoch")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.grid(alpha=0.3)
        axis.legend()
    _save(figure, path)


def save_curves_against(path, horizontal, curves, quantities, title):
    """Save side-by-side plots of several quantities against a common quantity as a PNG figure.

    Args:
        path: Output file.
        horizontal: Key and axis title of the quantity on the horizontal axis.
        curves: Dict from curve label to a dict that maps each quantity's key to a list of values.
            An optional "names" list labels the points.
        quantities: Dict from key to vertical axis title; one plot per quantity.
        title: Figure title.
    """
    against, horizontal_title = horizontal
    figure = _titled_figure(5 * len(quantities), 4.2, title)
    for axis, (key, vertical_title) in zip(
        figure.subplots(1, len(quantities), squeeze=False)[0], quantities.items(), strict=True
    ):
        for label, curve in curves.items():
            axis.plot(curve[against], curve[key], "o-", label=label, markersize=3)
            names = curve.get("names", [""] * len(curve[key]))
            for name, *point in zip(names, curve[against], curve[key], strict=True):
                axis.annotate(name, point, fontsize=8)
        axis.set(xlabel=horizontal_title, ylabel=vertical_title)
        axis.grid(alpha=0.3)
        axis.legend(fontsize=9)
    _save(figure, path)


def save_scatter(path, points, axes, title, slope=None):
    """Save a scatter plot as PNG, with one color per label.

    Args:
        path: Output file.
        points: Dict from label to (x, y), two lists of numbers of the same length.
        axes: Titles of the horizontal and vertical axes.
        title: Figure title.
        slope: Slope of a dashed line through the origin; None draws no line.
    """
    figure = _titled_figure(7, 5, title)
    axis = figure.subplots()
    for label, (x, y) in points.items():
        axis.plot(x, y, "o", label=label)
    if slope is not None:
        axis.axline((0, 0), slope=slope, color="gray", linestyle="--")
        axis.set(xlim=(0, None), ylim=(0, None))
    axis.set(xlabel=axes[0], ylabel=axes[1])
    axis.grid(alpha=0.3)
    axis.legend(fontsize=9)
    _save(figure, path)


def _save(figure, path):
    with atomic_write(path) as temporary:
        figure.savefig(temporary, dpi=100)
