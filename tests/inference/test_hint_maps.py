"""Tests for drawing hints at the network's input size and matching them at full resolution."""

import numpy as np
import pytest
import tensorflow as tf
from hint_errors import chroma_of, mean_error, place_of, scale_of

from colorkeras.color.spaces import luma, luma_chroma_to_rgb
from colorkeras.inference.color_hints import Hint, HintList
from colorkeras.inference.hint_maps import hint_map, honor

RED, BLUE = "#b04040", "#4040b0"


def textured(shape=(120, 160), dtype=np.uint8, low=0.3, high=0.7):
    levels = np.random.default_rng(0).uniform(low, high, shape)
    return (levels * scale_of(dtype)).astype(dtype)


def as_gray(pixels):
    return np.repeat(pixels[..., np.newaxis], 3, axis=-1)


def test_places_are_drawn_at_the_size_of_the_network():
    grayscale = np.full([1, 30, 40, 1], 0.5, np.float32)
    hints = HintList([Hint(200, 100, RED, 40), Hint(399, 299, BLUE)])
    drawn = hint_map(hints, grayscale, (300, 400))
    assert drawn.shape == (1, 30, 40, 3) and drawn.dtype == np.float32
    rows, columns = np.nonzero(drawn[0, :20, :, 2])
    assert (rows.mean(), columns.mean()) == pytest.approx((9.6, 19.6), abs=0.5)
    assert len(rows) == pytest.approx(np.pi * 4**2, rel=0.15)
    np.testing.assert_allclose(drawn[0, 10, 20], [*chroma_of(RED), 1], atol=1e-6)
    assert drawn[0, 29, 39, 2] == drawn[0, 20:, :, 2].sum() == 1
    # Even the smallest hints cover a few pixels.
    small = hint_map(HintList([Hint(200, 150, RED)]), grayscale, (300, 400))
    assert 4 <= small[..., 2].sum() <= 9


def test_hints_are_limited_to_the_gamut_and_later_ones_count():
    grayscale = np.full([1, 20, 20, 1], 0.95, np.float32)
    drawn = hint_map(HintList([Hint(10, 10, RED, 5), Hint(10, 10, BLUE, 5)]), grayscale, (20, 20))
    chroma = drawn[0, 10, 10, :2]
    assert 0 < chroma[0] < 0.9 * chroma_of(BLUE)[0]
    assert luma_chroma_to_rgb(tf.constant([0.95]), chroma).numpy().max() == pytest.approx(1)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_places_get_the_mean_chroma_of_their_hints(dtype):
    pixels = textured(dtype=dtype)
    colored = as_gray(pixels)
    hints = [Hint(80, 60, RED, 10), Hint(20, 20, BLUE), Hint(0, 119, RED), Hint(159.4, 0, BLUE, 3)]
    assert honor(pixels, colored, HintList(hints)) == []
    for hint in hints:
        assert mean_error(pixels, colored, hint) <= 1.5 / 255
    scale = scale_of(dtype)
    np.testing.assert_allclose(luma(colored / scale)[..., 0], pixels / scale, atol=0.51 / 255)
    far = ~np.any([place_of(Hint(h.x, h.y, RED, 20), pixels.shape) for h in hints], axis=0)
    np.testing.assert_allclose(colored[far], as_gray(pixels)[far], atol=1e-6)


def test_hints_for_dark_and_bright_places_are_honored_as_far_as_possible_and_reported():
    pixels = textured(low=0.0, high=1.0)
    pixels[:, :60] = textured((120, 60), low=0.9, high=1.0)
    pixels[:, 100:] = textured((120, 60), low=0.0, high=0.1)
    colored = as_gray(pixels)
    hints = [Hint(80, 60, RED, 8), Hint(20, 60, BLUE, 8), Hint(140, 60, "#e01010", 8)]
    limited = honor(pixels, colored, HintList(hints))
    assert [each.hint for each in limited][-2:] == hints[1:]
    notes = list(map(str, limited))
    for hint in hints:
        assert mean_error(pixels, colored, hint) <= 3 / 255
    assert "hint 20,60=#4040b0: the image is too bright for this color at this" in notes[-2]
    assert (
        "hint 140,60=#e01010: the image is too dark for this color at this position; #" in notes[-1]
    )


@pytest.mark.parametrize(
    ("color", "is_bright"), [("#ffff00", False), ("#0000ff", True), ("#ff0000", True)]
)
def test_whether_medium_luma_is_too_dark_or_too_bright_depends_on_the_color(color, is_bright):
    pixels = np.full((40, 40), 140, np.uint8)
    [limited] = honor(pixels, as_gray(pixels), HintList([Hint(20, 20, color)]))
    assert limited.is_bright == is_bright


def test_overlapping_and_neighboring_places():
    pixels = textured()
    colored = as_gray(pixels)
    first, second, third = Hint(80, 60, RED, 12), Hint(88, 60, BLUE, 8), Hint(63, 60, BLUE, 4)
    honor(pixels, colored, HintList([first, second, third]))
    own = place_of(first, pixels.shape)
    own &= ~place_of(second, pixels.shape) & ~place_of(third, pixels.shape)
    assert mean_error(pixels, colored, first, own) <= 3 / 255
    assert mean_error(pixels, colored, second) <= 3 / 255
    assert mean_error(pixels, colored, third) <= 3 / 255


def test_a_hint_below_another_changes_nothing():
    pixels = textured()
    one, both = as_gray(pixels), as_gray(pixels)
    over = Hint(80, 60, RED, 12)
    honor(pixels, one, HintList([over]))
    honor(pixels, both, HintList([Hint(82, 60, BLUE, 4), over]))
    np.testing.assert_array_equal(one, both)


def test_random_hints_are_honored():
    generator = np.random.default_rng(1)
    pixels = textured(low=0.1, high=0.9)
    for _ in range(2):
        colored = as_gray(pixels)
        colored = luma_chroma_to_rgb(
            (pixels / np.float32(255))[..., np.newaxis],
            generator.uniform(-0.2, 0.2, [*pixels.shape, 2]).astype(np.float32),
        ).numpy()
        colored = np.rint(colored * 255).astype(np.uint8)
        places = generator.integers(0, [8, 6], [6, 2])
        hints = [
            Hint(20 * x + 10, 20 * y + 10, f"#{generator.integers(2**24):06x}", radius=6)
            for x, y in np.unique(places, axis=0)
        ]
        honor(pixels, colored, HintList(hints))
        for hint in hints:
            assert mean_error(pixels, colored, hint) <= 3 / 255
