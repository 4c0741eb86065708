"""Figures for people: rows of pictures, and curves of a training run."""

import textwrap

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from colorkeras.utils.files import writing

_INCHES_PER_PICTURE = 1.1
_INCHES_PER_LINE = 0.2
_LETTERS_PER_INCH = 12
_LETTERS_PER_LABEL = 24


def save_rows(path, rows, title):
    """Writes labelled rows of pictures as PNG.

    Args:
        path: Target.
        rows: Dict of label to uint8 `[n, h, w, 3]`, the same n in each.
        title: Line above the pictures.
    """
    _save_labelled(path, list(rows.items()), title)


def save_comparison(path, pictures, title):
    """Writes the same pictures as grayscale, by each model, and true, below each other, as PNG.

    Args:
        path: Target.
        pictures: Dict of model to (grayscale, prediction, truth), uint8 `[n, h, w, 3]` each;
            grayscale and truth are the same for all.
        title: Line above the pictures.
    """
    grayscale, _, truth = next(iter(pictures.values()))
    predictions = [(model, prediction) for model, (_, prediction, _) in pictures.items()]
    # Pairs, because a model may bear the name "grayscale".
    rows = [("grayscale", grayscale), *predictions, ("ground truth", truth)]
    _save_labelled(path, rows, title)


def save_blocks(path, blocks, columns, title):
    """Writes blocks of labelled rows of pictures, side by side, as PNG.

    Args:
        path: Target.
        blocks: Dict of heading to list of (label, uint8 `[len(columns), h, w, 3]`), the same
            number of rows in each.
        columns: What stands above each column of a block.
        title: Line above all.
    """
    num_rows = len(next(iter(blocks.values())))
    width = (_INCHES_PER_PICTURE * len(columns) + 1) * len(blocks)
    figure = _titled_figure(width, _INCHES_PER_PICTURE * num_rows + 1, title)
    parts = figure.subfigures(1, len(blocks), squeeze=False)[0]
    for part, (heading, rows) in zip(parts, blocks.items(), strict=True):
        part.suptitle(heading, fontsize=11)
        top, *_ = _draw_rows(part, rows)
        for axis, column in zip(top, columns, strict=True):
            axis.set_title(column, fontsize=10)
    _save(figure, path)


def _save_labelled(path, rows, title):
    rows = [(textwrap.fill(label, _LETTERS_PER_LABEL), pictures) for label, pictures in rows]
    num_lines = max(label.count("\n") + 1 for label, _ in rows)
    row_height = max(_INCHES_PER_PICTURE, _INCHES_PER_LINE * num_lines)
    width = _INCHES_PER_PICTURE * len(rows[0][1]) + 1.6
    figure = _titled_figure(width, row_height * len(rows) + 0.5, title)
    _draw_rows(figure, rows)
    _save(figure, path)


def _titled_figure(width, height, title):
    """An empty figure of a size in inches that has room for one line of title, taller for more."""
    lines = textwrap.wrap(title, int(_LETTERS_PER_INCH * width))
    figure = Figure(
        figsize=(width, height + _INCHES_PER_LINE * (len(lines) - 1)), layout="constrained"
    )
    figure.suptitle("\n".join(lines), fontsize=11, parse_math=False)
    return figure


def _draw_rows(figure, rows):
    """Fills a figure, or a part of one, with pairs of label and pictures; returns the axes."""
    axes = figure.subplots(len(rows), len(rows[0][1]), squeeze=False)
    for row, (label, pictures) in zip(axes, rows, strict=True):
        for axis, picture in zip(row, pictures, strict=True):
            # No smoothing: a small picture is shown as the pixels it has.
            axis.imshow(picture, interpolation="nearest")
            axis.set(xticks=[], yticks=[])
        row[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=11, parse_math=False)
    return axes


def save_curves(path, history, best_epoch, title, echo_psnr):
    """Writes training and validation curves as PNG.

    Args:
        path: Target.
        history: Dict of lists with one value per epoch: "loss", "val_loss", "val_psnr_pooled".
        best_epoch: 0 for the first; marked, because its weights were exported.
        title: Line above the curves.
        echo_psnr: Pooled PSNR of echoing the validation input, in dB, as the line to beat.
    """
    epochs = range(1, len(history["loss"]) + 1)
    figure = _titled_figure(11, 4.2, title)
    loss_axis, psnr_axis = figure.subplots(1, 2)
    loss_axis.plot(epochs, history["loss"], "o-", label="training")
    loss_axis.plot(epochs, history["val_loss"], "o-", label="validation (weight average)")
    loss_axis.set(ylabel="loss", yscale="log")
    psnr_axis.plot(epochs, history["val_psnr_pooled"], "o-", color="C1", label="validation")
    psnr_axis.axhline(echo_psnr, color="gray", linestyle="--", label="echoing the grayscale input")
    psnr_axis.set(ylabel="pooled PSNR (dB)")
    for axis in (loss_axis, psnr_axis):
        axis.axvline(best_epoch + 1, color="C2", linestyle=":", label="exported epoch")
        axis.set_xlabel("epoch")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.grid(alpha=0.3)
        axis.legend()
    _save(figure, path)


def save_curves_against(path, horizontal, curves, quantities, title):
    """Writes curves of several quantities against one, side by side, as PNG.

    Args:
        path: Target.
        horizontal: Key of what all are drawn against, and title of its axis.
        curves: Dict by label of dicts of lists: the key of `horizontal`, the keys of `quantities`,
            and where points are to be named, "names".
        quantities: Dict of titles of axes.
        title: Line above.
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
    """Writes points, one color for each label, as PNG.

    Args:
        path: Target.
        points: Dict of label to (x, y), lists of numbers of the same length.
        axes: Titles of the horizontal and the vertical axis.
        title: Line above.
        slope: Of a dashed line through the origin; None draws none.
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
    with writing(path) as temporary:
        figure.savefig(temporary, dpi=100)
