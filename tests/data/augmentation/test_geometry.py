"""Tests of flips and shifts, against every result that is possible."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.data.augmentation.geometry import MAX_SHIFT, cut_out, flip_and_shift
from colorkeras.data.stateless_random import Randomness

SHIFTS = range(-MAX_SHIFT, MAX_SHIFT + 1)
NUM_PICTURES = 600


def _pictures(height=9, width=11, channels=3):
    """Random pictures, so that no two shifts of one look the same."""
    shape = (NUM_PICTURES, height, width, channels)
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def _variants(picture, max_shift):
    """Every result that is possible, by (flipped, rows, columns)."""
    height, width = picture.shape[:2]
    variants = {}
    for flipped in (False, True):
        source = picture[:, ::-1] if flipped else picture
        padded = np.pad(source, [(max_shift, max_shift)] * 2 + [(0, 0)], mode="reflect")
        for row in range(2 * max_shift + 1):
            for column in range(2 * max_shift + 1):
                crop = padded[row : row + height, column : column + width]
                variants[crop.tobytes()] = (flipped, row - max_shift, column - max_shift)
    return variants


@pytest.fixture(scope="module")
def choices():
    """What was done to each of many pictures: list of (flipped, rows, columns)."""
    images = _pictures()
    results = flip_and_shift(images, Randomness(1, 2)).numpy()
    # Otherwise what was done would be ambiguous.
    assert len(_variants(images[0], MAX_SHIFT)) == 2 * len(SHIFTS) ** 2
    # A KeyError here is a result that is no flip and shift of its own picture.
    return [
        _variants(image, MAX_SHIFT)[result.tobytes()]
        for image, result in zip(images, results, strict=True)
    ]


def test_half_of_the_pictures_are_flipped(choices):
    flipped = sum(flip for flip, _, _ in choices)
    # Five standard deviations of 600 tosses.
    assert abs(flipped - NUM_PICTURES / 2) < 62


def test_every_shift_occurs_flipped_and_not(choices):
    for flipped in (False, True):
        assert {rows for flip, rows, _ in choices if flip == flipped} == set(SHIFTS)
        assert {columns for flip, _, columns in choices if flip == flipped} == set(SHIFTS)


def test_rows_columns_and_flips_are_independent(choices):
    flips, rows, columns = np.array(choices, float).T
    for one, other in ((flips, rows), (flips, columns), (rows, columns)):
        # Five standard deviations of a correlation of 600 pairs.
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.2


@pytest.mark.parametrize("max_shift", [0, 1])
def test_other_shifts(max_shift):
    images = _pictures(5, 4)[:50]
    results = flip_and_shift(images, Randomness(0, 0), max_shift=max_shift).numpy()
    for image, result in zip(images, results, strict=True):
        assert result.tobytes() in _variants(image, max_shift)


def test_smallest_pictures_that_may_be_shifted():
    images = _pictures(MAX_SHIFT + 1, MAX_SHIFT + 1)[:50]
    results = flip_and_shift(images, Randomness(0, 0)).numpy()
    for image, result in zip(images, results, strict=True):
        assert result.tobytes() in _variants(image, MAX_SHIFT)


def test_same_seed_same_result_and_another_seed_another():
    images = _pictures()
    first = flip_and_shift(images, Randomness(3, 4))
    # What else is drawn, and whether it is compiled, makes no difference.
    tf.random.uniform([5])
    compiled = tf.function(lambda step: flip_and_shift(images, Randomness(3, step)))
    np.testing.assert_array_equal(first, compiled(tf.constant(4)))
    for other in (Randomness(3, 5), Randomness(4, 4)):
        assert (first.numpy() != flip_and_shift(images, other).numpy()).any()


@pytest.mark.parametrize("channels", [1, 3])
def test_type_and_shape_are_kept(channels):
    images = _pictures(channels=channels)
    result = flip_and_shift(images, Randomness(0, 0))
    assert result.dtype == tf.uint8
    assert result.shape == images.shape


def test_a_square_is_covered_anywhere_and_cut_at_the_border():
    images = np.zeros((NUM_PICTURES, 12, 20, 3), np.float32)
    covered = cut_out(images, Randomness(0, 0), size=6).numpy()
    assert set(np.unique(covered)) == {0, 0.5}
    rows, columns = (covered[..., 0].any(axis=axis) for axis in (2, 1))
    for lines, length in ((rows, 12), (columns, 20)):
        # One run of lines, of which half lie outside where the center is at the border.
        assert (np.abs(np.diff(lines.astype(int), prepend=0, append=0)).sum(axis=1) == 2).all()
        assert {3, 6} <= set(lines.sum(axis=1)) <= {3, 4, 5, 6}
        assert lines.any(axis=0).all() and lines.shape[1] == length
    expected = 0.5 * (rows[:, :, None] & columns[:, None, :])
    np.testing.assert_array_equal(covered, np.repeat(expected[..., None], 3, axis=-1))
