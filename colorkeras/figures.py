"""Figures for people: rows of pictures, and curves of a training run."""

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from colorkeras.files import writing

_INCHES_PER_PICTURE = 1.1


def save_rows(path, rows, title):
    """Writes labelled rows of pictures as PNG.

    Args:
        path: Target.
        rows: Dict of label to uint8 `[n, h, w, 3]`, the same n in each.
        title: Line above the pictures.
    """
    num_rows, num_columns = len(rows), len(next(iter(rows.values())))
    figure = Figure(
        figsize=(_INCHES_PER_PICTURE * num_columns + 1.6, _INCHES_PER_PICTURE * num_rows + 0.5),
        layout="constrained",
    )
    figure.suptitle(title, fontsize=11, parse_math=False)
    axes = figure.subplots(num_rows, num_columns, squeeze=False)
    for row, (label, pictures) in zip(axes, rows.items(), strict=True):
        for axis, picture in zip(row, pictures, strict=True):
            # No smoothing: a small picture is shown as the pixels it has.
            axis.imshow(picture, interpolation="nearest")
            axis.set(xticks=[], yticks=[])
        row[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=11, parse_math=False)
    _save(figure, path)


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
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    figure.suptitle(title, fontsize=11, parse_math=False)
    loss_axis, psnr_axis = figure.subplots(1, 2)
    loss_axis.plot(epochs, history["loss"], "o-", label="training")
    loss_axis.plot(epochs, history["val_loss"], "o-", label="validation (weight average)")
    loss_axis.set(ylabel="loss", yscale="log")
    psnr_axis.plot(epochs, history["val_psnr_pooled"], "o-", color="C1", label="validation")
    psnr_axis.axhline(echo_psnr, color="gray", linestyle="--", label="echoing the grayscale input")
    psnr_axis.set(ylabel="pooled PSNR (dB)")
    for axis in (loss_axis, psnr_axis):
        axis.axvline(best_epoch + 1, color="C2", linestyle=":", label="best epoch (exported)")
        axis.set_xlabel("epoch")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.grid(alpha=0.3)
        axis.legend()
    _save(figure, path)


def _save(figure, path):
    with writing(path) as temporary:
        figure.savefig(temporary, dpi=100)
