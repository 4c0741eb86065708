"""Tests that plot files are either complete or absent, and show the right pixels."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from colorkeras.utils.plots import (
    save_blocks,
    save_comparison,
    save_curves,
    save_curves_against,
    save_rows,
)

HISTORY = {
    "loss": [0.02, 0.01, 0.008],
    "val_loss": [0.03, 0.012, 0.013],
    "val_psnr_pooled": [21.0, 24.5, 24.2],
}


def _save_rows(path, rows=3, columns=10):
    images = np.zeros((columns, 32, 32, 3), np.uint8)
    save_rows(path, {f"row {row}": images for row in range(rows)}, "title")


def _save_blocks(path, rows=10):
    block = [(f"row {row}", np.zeros((3, 8, 8, 3), np.uint8)) for row in range(rows)]
    save_blocks(path, {"best": block, "worst": block}, ("a", "b", "c"), "title")


def _save_curves(path, epochs=3, best_epoch=1):
    history = {name: values[:epochs] for name, values in HISTORY.items()}
    save_curves(path, history, best_epoch, "title", baseline_psnr=22.0)


def _save_against(path, **more):
    curves = {
        "a": {"x": [1, 2], "y": [3, 4], "z": [5, 6], **more},
        "b": {"x": [1], "y": [2], "z": [3]},
    }
    save_curves_against(path, ("x", "across"), curves, {"y": "up", "z": "too"}, "title")


def _pixels(path):
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize(
    "save",
    [
        _save_rows,
        lambda path: _save_rows(path, rows=1, columns=1),
        lambda path: save_rows(path, {"a" * 200: np.zeros((1, 8, 8, 3), np.uint8)}, "title " * 60),
        _save_blocks,
        lambda path: _save_blocks(path, rows=1),
        _save_curves,
        lambda path: _save_curves(path, epochs=1, best_epoch=0),
        _save_against,
    ],
    ids=[
        "rows",
        "one image",
        "long words",
        "blocks",
        "one row",
        "curves",
        "one epoch",
        "against",
    ],
)
def test_figure_is_a_png_and_no_other_file_remains(tmp_path, save):
    path = tmp_path / "new" / "figure.png"
    save(path)
    pixels = _pixels(path)
    assert min(pixels.shape[:2]) > 100
    assert [file.name for file in path.parent.iterdir()] == ["figure.png"]


# Two rows of three colors that occur nowhere else in a figure, and images in these colors.
COLORS = np.array(
    [[[200, 10, 20], [30, 190, 40], [50, 60, 180]], [[9, 99, 199], [199, 9, 99], [99, 199, 9]]],
    np.uint8,
)
IMAGES = np.broadcast_to(COLORS[:, :, None, None], (2, 3, 8, 8, 3))


def _centers(path, colors):
    """Return the centroid of each color's pixels: float `[..., 2]` for uint8 `[..., 3]`."""
    pixels = _pixels(path)
    found = [np.argwhere((pixels == color).all(axis=-1)) for color in colors.reshape(-1, 3)]
    return np.array([places.mean(axis=0) for places in found]).reshape(*colors.shape[:-1], 2)


def test_rows_show_images_in_order(tmp_path):
    save_rows(tmp_path / "a.png", {"grayscale": IMAGES[0], "truth": IMAGES[1]}, "title")
    centers = _centers(tmp_path / "a.png", COLORS)
    assert (np.diff(centers[..., 0], axis=0) > 50).all()  # The second row is below the first.
    assert (np.diff(centers[..., 1], axis=1) > 50).all()  # Columns run from left to right.
    assert np.ptp(centers[..., 0], axis=1).max() < 2


def test_comparison_order_is_grayscale_models_truth(tmp_path):
    # One image and two models; the second model has the same name as another row.
    grayscale, first, second = IMAGES[0][:, np.newaxis]
    truth = IMAGES[1][:1]
    images = {"a": (grayscale, first, truth), "grayscale": (grayscale, second, truth)}
    save_comparison(tmp_path / "a.png", images, "title")
    centers = _centers(tmp_path / "a.png", np.concatenate([COLORS[0], COLORS[1][:1]]))
    assert (np.diff(centers[:, 0]) > 50).all()
    assert np.ptp(centers[:, 1]) < 2


def test_blocks_are_side_by_side(tmp_path):
    blocks = {"best": [("1", IMAGES[0])], "worst": [("2", IMAGES[1])]}
    save_blocks(tmp_path / "a.png", blocks, ("x", "y", "z"), "title")
    centers = _centers(tmp_path / "a.png", COLORS)
    assert (np.diff(centers.reshape(6, 2)[:, 1]) > 50).all()
    assert np.ptp(centers[..., 0]) < 2


@pytest.mark.parametrize("column", range(3))
def test_column_titles_are_centered_above_images(column, tmp_path):
    columns = ["o", "o", "o"]
    save_blocks(tmp_path / "a.png", {"best": [("1", IMAGES[0])]}, columns, "title")
    columns[column] = "x"
    save_blocks(tmp_path / "b.png", {"best": [("1", IMAGES[0])]}, columns, "title")
    top, left = _centers(tmp_path / "a.png", COLORS[0])[column]
    changed = np.argwhere((_pixels(tmp_path / "a.png") != _pixels(tmp_path / "b.png")).any(axis=-1))
    assert changed[:, 0].max() < top
    assert changed[:, 1].mean() == pytest.approx(left, abs=3)


def test_curves_differ_with_the_best_epoch(tmp_path):
    _save_curves(tmp_path / "a.png", best_epoch=1)
    _save_curves(tmp_path / "b.png", best_epoch=2)
    a, b = _pixels(tmp_path / "a.png"), _pixels(tmp_path / "b.png")
    assert a.shape == b.shape and (a != b).any()


@pytest.mark.parametrize("save", [_save_rows, _save_curves])
def test_failed_plot_keeps_the_old_file(tmp_path, monkeypatch, save):
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


def test_rows_of_unequal_length_are_rejected(tmp_path):
    images = np.zeros((3, 8, 8, 3), np.uint8)
    with pytest.raises(ValueError):
        save_rows(tmp_path / "a.png", {"a": images, "b": images[:2]}, "title")
    assert not list(tmp_path.iterdir())


def test_point_names_are_drawn(tmp_path):
    _save_against(tmp_path / "plain.png")
    _save_against(tmp_path / "named.png", names=["one", "two"])
    assert (_pixels(tmp_path / "plain.png") != _pixels(tmp_path / "named.png")).any()
