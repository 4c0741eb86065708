"""Tests for rotating prints upright."""

from dataclasses import replace

import numpy as np
import pytest
from skewed_scans import in_depth, scan_of, textured

from colorkeras.image_io import DecodedImage
from colorkeras.inference import straightening
from colorkeras.inference.color_hints import Hint, HintList
from colorkeras.inference.skewed_prints import SkewedPrint, find_skewed_print
from colorkeras.inference.straightening import move_hints, straighten
from colorkeras.utils.errors import UserError

SKEW = 4.2


@pytest.fixture(scope="module")
def scan():
    return scan_of(textured(), SKEW, noise=0)


@pytest.fixture(scope="module")
def upright():
    return scan_of(textured(), 0, noise=0)


def straightened(pixels, alpha=None):
    image = DecodedImage(pixels, alpha)
    return straighten(image, find_skewed_print(image))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("has_color", [False, True])
def test_prints_become_upright(dtype, has_color, scan, upright):
    pixels = in_depth(scan, dtype)
    pixels = np.stack([pixels, pixels // 2 if dtype == np.uint16 else pixels, pixels], -1)
    image = straightened(pixels if has_color else pixels[..., 0])
    assert image.is_moved and image.alpha is None
    result = image.pixels[..., 0] if has_color else image.pixels
    assert image.size == scan.shape and result.dtype == dtype
    maximum = np.iinfo(dtype).max if result.dtype.kind == "u" else 1
    error = np.abs(result / maximum - upright / 255)
    assert error.mean() < 0.003 and np.quantile(error, 0.99) < 0.05
    if has_color and dtype == np.uint16:
        inside = find_skewed_print(DecodedImage(pixels)).inside
        halves = image.pixels[..., 1][inside] / image.pixels[..., 0][inside]
        np.testing.assert_allclose(halves, 0.5, atol=0.001)


def test_16_bit_values_keep_their_precision():
    scan = scan_of(textured(), SKEW).astype(np.uint16) * 3 + 30_000
    found = find_skewed_print(DecodedImage(in_depth(scan_of(textured(), SKEW), np.uint16)))
    levels = np.unique(straighten(DecodedImage(scan), found).pixels % 3)
    assert set(levels) == {0, 1, 2}  # Interpolated values are between the levels of the scan.


def test_corners_get_the_color_of_the_bed():
    rng = np.random.default_rng(0)
    cream = np.array([246, 236, 212])
    luma = scan_of(textured(), -9.0, bed=236, noise=0).astype(int)
    pixels = luma[..., np.newaxis] + cream - 236 + rng.integers(-2, 3, [*luma.shape, 3])
    image = straightened(np.clip(pixels, 0, 255).astype(np.uint8))
    for corner in (image.pixels[:3, :3], image.pixels[-3:, -3:]):
        np.testing.assert_allclose(corner.astype(int), np.broadcast_to(cream, corner.shape), atol=1)


def test_levels_of_flat_images_do_not_change():
    found = SkewedPrint(3.0, (90.0, 60.0), (slice(0, 1), slice(0, 1)), np.float64(200))
    for dtype, level in ((np.uint8, 200), (np.uint16, 51_234), (np.float32, 0.4)):
        flat = np.full([120, 180], level, dtype)
        image = straighten(DecodedImage(flat), SkewedPrint(3.0, (90, 60), found.inside, level))
        np.testing.assert_array_equal(image.pixels, flat)


def test_levels_are_rounded_rather_than_truncated(scan):
    found = find_skewed_print(DecodedImage(scan))
    light = replace(found, background=found.background / 255)
    exact = straighten(DecodedImage(in_depth(scan, np.float32)), light).pixels
    error = straighten(DecodedImage(scan), found).pixels - 255 * exact
    assert np.abs(error).max() <= 0.51 and abs(error.mean()) < 0.02


@pytest.mark.parametrize("tile", [7, 64])
def test_tiles_have_no_seams(tile, scan, monkeypatch):
    expected = straightened(scan).pixels
    monkeypatch.setattr(straightening, "_TILE", tile)
    assert np.abs(straightened(scan).pixels.astype(int) - expected).max() <= 1


def test_alpha_is_rotated_with_the_pixels(upright):
    scan = scan_of(textured(), SKEW, bed=0, noise=0)
    alpha = np.where(scan > 0, 255, 0).astype(np.uint8)
    image = straightened(scan, alpha)
    is_opaque = upright < 240
    assert image.alpha.dtype == np.uint8
    assert np.mean((image.alpha > 127) != is_opaque) < 0.01
    assert (image.alpha[:5, :5] == 0).all() and (image.alpha[-5:, -5:] == 0).all()


def test_hints_stay_on_the_same_spot():
    scan = scan_of(textured(), SKEW, noise=0)
    row, column = 130, 210
    scan[row - 2 : row + 3, column - 2 : column + 3] = 0
    found = find_skewed_print(DecodedImage(scan))
    hints = HintList([Hint(column, row, "#102030", 4)], scan.shape[::-1])
    notes = []
    (hint,) = move_hints(hints, found, scan.shape, notes).hints
    rows, columns = np.nonzero(straighten(DecodedImage(scan), found).pixels < 8)
    assert (hint.x, hint.y) == pytest.approx((columns.mean(), rows.mean()), abs=0.3)
    assert (hint.color, hint.radius, notes) == ("#102030", 4, [])
    assert abs(hint.y - row) > 3 and str(hint) == "hint 210,130=#102030"


def test_hints_that_leave_the_image_are_reported(scan):
    found = find_skewed_print(DecodedImage(scan))
    notes = []
    assert not move_hints(HintList([Hint(0, 0, "#102030")]), found, scan.shape, notes)
    assert notes == ["hint 0,0=#102030: ignored because it is outside the straightened image"]
    with pytest.raises(UserError, match="outside the image of"):
        move_hints(HintList([Hint(scan.shape[1], 0, "#102030")]), found, scan.shape, notes)
