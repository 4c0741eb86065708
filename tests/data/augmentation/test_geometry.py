"""Tests that compare flips and shifts with all possible results."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.data.augmentation.geometry import MAX_SHIFT, cut_out, flip_and_shift
from colorkeras.data.stateless_random import Randomness

SHIFTS = range(-MAX_SHIFT, MAX_SHIFT + 1)
NUM_IMAGES = 600


def _images(height=9, width=11, channels=3):
    """Return random images; all shifts of an image differ."""
    shape = (NUM_IMAGES, height, width, channels)
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def _variants(image, max_shift):
    """Return all possible results as a dict with keys (flipped, rows, columns)."""
    height, width = image.shape[:2]
    variants = {}
    for flipped in (False, True):
        source = image[:, ::-1] if flipped else image
        padded = np.pad(source, [(max_shift, max_shift)] * 2 + [(0, 0)], mode="reflect")
        for row in range(2 * max_shift + 1):
            for column in range(2 * max_shift + 1):
                crop = padded[row : row + height, column : column + width]
                variants[crop.tobytes()] = (flipped, row - max_shift, column - max_shift)
    return variants


@pytest.fixture(scope="module")
def choices():
    """Flips and shifts that were applied to many images, as a list of (flipped, rows, columns)."""
    images = _images()
    results = flip_and_shift(images, Randomness(1, 2)).numpy()
    # Otherwise, flips and shifts could not be identified.
    assert len(_variants(images[0], MAX_SHIFT)) == 2 * len(SHIFTS) ** 2
    # A KeyError means that a result is not a flipped or shifted version of its image.
    return [
        _variants(image, MAX_SHIFT)[result.tobytes()]
        for image, result in zip(images, results, strict=True)
    ]


def test_half_of_the_images_are_flipped(choices):
    flipped = sum(flip for flip, _, _ in choices)
    # Five standard deviations for 600 coin tosses.
    assert abs(flipped - NUM_IMAGES / 2) < 62


def test_every_shift_occurs_flipped_and_not(choices):
    for flipped in (False, True):
        assert {rows for flip, rows, _ in choices if flip == flipped} == set(SHIFTS)
        assert {columns for flip, _, columns in choices if flip == flipped} == set(SHIFTS)


def test_rows_columns_and_flips_are_independent(choices):
    flips, rows, columns = np.array(choices, float).T
    for one, other in ((flips, rows), (flips, columns), (rows, columns)):
        # Five standard deviations of the correlation between 600 pairs.
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.2


@pytest.mark.parametrize("max_shift", [0, 1])
def test_maximum_shift_is_respected(max_shift):
    images = _images(5, 4)[:50]
    results = flip_and_shift(images, Randomness(0, 0), max_shift=max_shift).numpy()
    for image, result in zip(images, results, strict=True):
        assert result.tobytes() in _variants(image, max_shift)


def test_smallest_images():
    images = _images(MAX_SHIFT + 1, MAX_SHIFT + 1)[:50]
    results = flip_and_shift(images, Randomness(0, 0)).numpy()
    for image, result in zip(images, results, strict=True):
        assert result.tobytes() in _variants(image, MAX_SHIFT)


def test_result_depends_on_seed_and_step_only():
    images = _images()
    first = flip_and_shift(images, Randomness(3, 4))
    # Other random draws and compilation make no difference.
    tf.random.uniform([5])
    compiled = tf.function(lambda step: flip_and_shift(images, Randomness(3, step)))
    np.testing.assert_array_equal(first, compiled(tf.constant(4)))
    for other in (Randomness(3, 5), Randomness(4, 4)):
        assert (first.numpy() != flip_and_shift(images, other).numpy()).any()


@pytest.mark.parametrize("channels", [1, 3])
def test_dtype_and_shape_are_kept(channels):
    images = _images(channels=channels)
    result = flip_and_shift(images, Randomness(0, 0))
    assert result.dtype == tf.uint8
    assert result.shape == images.shape


def test_cut_out_covers_a_square_clipped_at_the_border():
    images = np.zeros((NUM_IMAGES, 12, 20, 3), np.float32)
    covered = cut_out(images, Randomness(0, 0), size=6).numpy()
    assert set(np.unique(covered)) == {0, 0.5}
    rows, columns = (covered[..., 0].any(axis=axis) for axis in (2, 1))
    for lines, length in ((rows, 12), (columns, 20)):
        # Rows and columns are contiguous; if the center is at the border, half are outside.
        assert (np.abs(np.diff(lines.astype(int), prepend=0, append=0)).sum(axis=1) == 2).all()
        assert {3, 6} <= set(lines.sum(axis=1)) <= {3, 4, 5, 6}
        assert lines.any(axis=0).all() and lines.shape[1] == length
    expected = 0.5 * (rows[:, :, None] & columns[:, None, :])
    np.testing.assert_array_equal(covered, np.repeat(expected[..., None], 3, axis=-1))
