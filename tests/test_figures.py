"""Tests of the figures: they are written, whole or not at all, and show the right pixels."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from colorkeras.figures import save_curves, save_rows

HISTORY = {
    "loss": [0.02, 0.01, 0.008],
    "val_loss": [0.03, 0.012, 0.013],
    "val_psnr_pooled": [21.0, 24.5, 24.2],
}


def _save_rows(path, rows=3, columns=10):
    pictures = np.zeros((columns, 32, 32, 3), np.uint8)
    save_rows(path, {f"row {row}": pictures for row in range(rows)}, "title")


def _save_curves(path, epochs=3, best_epoch=1):
    history = {name: values[:epochs] for name, values in HISTORY.items()}
    save_curves(path, history, best_epoch, "title", echo_psnr=22.0)


def _pixels(path):
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize(
    "save",
    [
        _save_rows,
        lambda path: _save_rows(path, rows=1, columns=1),
        _save_curves,
        lambda path: _save_curves(path, epochs=1, best_epoch=0),
    ],
    ids=["rows", "one picture", "curves", "one epoch"],
)
def test_figure_is_a_png_and_nothing_else_is_left(tmp_path, save):
    path = tmp_path / "new" / "figure.png"
    save(path)
    pixels = _pixels(path)
    assert min(pixels.shape[:2]) > 100
    assert [file.name for file in path.parent.iterdir()] == ["figure.png"]


def test_rows_show_the_pictures_in_order(tmp_path):
    # Six colors that appear nowhere else in the figure.
    colors = np.array(
        [[[200, 10, 20], [30, 190, 40], [50, 60, 180]], [[9, 99, 199], [199, 9, 99], [99, 199, 9]]],
        np.uint8,
    )
    pictures = np.broadcast_to(colors[:, :, None, None], (2, 3, 8, 8, 3))
    save_rows(tmp_path / "a.png", {"grayscale": pictures[0], "truth": pictures[1]}, "title")
    pixels = _pixels(tmp_path / "a.png")
    centers = np.array(
        [
            [np.argwhere((pixels == color).all(axis=-1)).mean(axis=0) for color in row]
            for row in colors
        ]
    )
    assert (np.diff(centers[..., 0], axis=0) > 50).all()  # The second row is below the first.
    assert (np.diff(centers[..., 1], axis=1) > 50).all()  # Columns run from left to right.
    assert np.ptp(centers[..., 0], axis=1).max() < 2


def test_curves_differ_with_the_best_epoch(tmp_path):
    _save_curves(tmp_path / "a.png", best_epoch=1)
    _save_curves(tmp_path / "b.png", best_epoch=2)
    a, b = _pixels(tmp_path / "a.png"), _pixels(tmp_path / "b.png")
    assert a.shape == b.shape and (a != b).any()


@pytest.mark.parametrize("save", [_save_rows, _save_curves])
def test_failed_figure_leaves_the_old_one(tmp_path, monkeypatch, save):
    path = tmp_path / "figure.png"
    save(path)
    old = path.read_bytes()

    def fail(self, file, **options):
        file.write_text("half a figure")
        raise OSError("No space left on device")

    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(OSError, match="No space"):
        save(path)
    assert path.read_bytes() == old
    assert [file.name for file in tmp_path.iterdir()] == ["figure.png"]


def test_rows_of_unequal_length_are_refused(tmp_path):
    pictures = np.zeros((3, 8, 8, 3), np.uint8)
    with pytest.raises(ValueError):
        save_rows(tmp_path / "a.png", {"a": pictures, "b": pictures[:2]}, "title")
    assert not list(tmp_path.iterdir())
