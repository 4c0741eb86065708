"""Tests that output colors match color hints."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color.honor_hints import honor_hints


def smooth_chroma(generator, size=96):
    coarse = generator.normal(0, 0.1, [1, 12, 12, 2]).astype(np.float32)
    return tf.image.resize(coarse, [size, size])


def squares(generator, count, size=96):
    """Return a map of non-overlapping hints of 3x3 pixels, and their slices."""
    hints, places = np.zeros([1, size, size, 3], np.float32), []
    while len(places) < count:
        row, column = generator.integers(0, size - 2, 2)
        place = np.s_[0, row : row + 3, column : column + 3]
        if not hints[place].any():
            hints[place] = (*generator.normal(0, 0.1, 2), 1)
            places.append(place)
    return hints, places


@pytest.mark.parametrize("count", [1, 10, 30])
def test_the_mean_over_each_hint_is_that_of_the_hint(count):
    generator = np.random.default_rng(count)
    hints, places = squares(generator, count)
    honored = honor_hints(smooth_chroma(generator), hints).numpy()
    for place in places:
        error = honored[place].mean((0, 1)) - hints[place][..., :2].mean((0, 1))
        assert np.abs(error).max() < 3 / 255


def test_chroma_far_from_hints_is_unchanged():
    generator = np.random.default_rng(0)
    chroma, hints = smooth_chroma(generator), np.zeros([1, 96, 96, 3], np.float32)
    hints[0, 40:44, 40:44] = (0.3, -0.3, 1)
    change = np.abs(honor_hints(chroma, hints) - chroma).max(-1)[0]
    assert change[41:43, 41:43].min() > 0.1
    rows, columns = np.indices([96, 96])
    assert not change[(abs(rows - 42) > 24) | (abs(columns - 42) > 24)].any()


def test_texture_within_a_hint_is_kept():
    generator = np.random.default_rng(0)
    chroma = generator.normal(0, 0.02, [1, 40, 40, 2]).astype(np.float32)
    hints = np.zeros([1, 40, 40, 3], np.float32)
    hints[0, 10:30, 10:30] = (0.1, 0.2, 1)
    honored = honor_hints(chroma, hints).numpy()[0, 10:30, 10:30]
    np.testing.assert_allclose(honored.mean((0, 1)), [0.1, 0.2], atol=3 / 255)
    before = chroma[0, 10:30, 10:30, 0].ravel()
    assert np.corrcoef(before, honored[..., 0].ravel())[0, 1] > 0.7


def test_inexact_hints_are_not_honored():
    generator = np.random.default_rng(0)
    chroma = smooth_chroma(generator)
    hints = np.full([1, 96, 96, 3], 0.25, np.float32)
    np.testing.assert_array_equal(honor_hints(chroma, hints), chroma)
