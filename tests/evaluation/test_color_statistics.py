"""Tests for the color statistics of training splits."""

import numpy as np
import tensorflow as tf

from colorkeras.color.spaces import rgb_to_chroma
from colorkeras.data import ArraySource, pipeline
from colorkeras.evaluation.color_statistics import (
    NUM_AB_BINS,
    UNIFORM_SHARE,
    ab_bins,
    color_statistics,
    prior_from,
)

RED, GREEN, BLUE, GRAY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (100, 100, 100)


def plain(*colors, size=16):
    """Return a source of uniform images."""
    return ArraySource(np.stack([np.full((size, size, 3), color, np.uint8) for color in colors]))


def test_color_statistics_by_hand():
    colors = color_statistics(plain(RED, GRAY, GRAY, GRAY))
    np.testing.assert_allclose(colors.mean_chroma, [-0.16874 / 4, 0.5 / 4], atol=1e-4)
    expected = np.array([0.25, 0.75]) * (1 - UNIFORM_SHARE) + UNIFORM_SHARE / 2
    np.testing.assert_allclose(np.sort(colors.prior)[-2:], expected, rtol=1e-5)


def test_color_statistics_do_not_depend_on_batches(crops, monkeypatch):
    whole = color_statistics(ArraySource(crops))
    monkeypatch.setattr(pipeline, "PIXELS_PER_BATCH", 5 * 32 * 32)
    parts = color_statistics(ArraySource(crops))
    np.testing.assert_array_equal(whole.prior, parts.prior)
    np.testing.assert_allclose(whole.mean_chroma, parts.mean_chroma, atol=1e-6)
    np.testing.assert_allclose(
        whole.mean_chroma,
        np.mean(rgb_to_chroma(tf.constant(crops / np.float32(255))), axis=(0, 1, 2)),
        atol=1e-6,
    )


def row(*colors):
    """Return an image with a single row of pixels: float32 `[1, 1, n, 3]`."""
    return tf.constant([[colors]], tf.float32)


def test_bins_are_centered_at_multiples_of_ten():
    # Red has an a*b* of (80.09, 67.20), so its bin is at (80, 70). Blue has (79.19, -107.86).
    red, green, blue, gray, dark = ab_bins(row(RED, GREEN, BLUE, GRAY, (0, 0, 0))).numpy()[0, 0]
    assert gray == dark == NUM_AB_BINS // 2
    side = round(NUM_AB_BINS**0.5)
    assert [divmod(number - gray + side * 100 + 11, side) for number in (red, green, blue)] == [
        (100 + 8, 11 + 7), (100 - 9, 11 + 8), (100 + 8, 11 - 11),
    ]  # fmt: skip


def test_every_color_has_a_bin():
    levels = tf.range(0, 256, 15, dtype=tf.float32)
    colors = tf.stack(tf.meshgrid(levels, levels, levels), axis=-1)
    bins = ab_bins(colors).numpy()
    assert bins.min() >= 0 and bins.max() < NUM_AB_BINS
    # Bins are spread over the entire plane, so the grid is not clipped on any side.
    assert len(np.unique(bins)) > 200


def test_prior_mixes_training_frequencies_with_the_uniform_distribution():
    counts = np.zeros(NUM_AB_BINS, np.int64)
    counts[[3, 5]] = 99, 1
    prior = prior_from(counts)
    floor = UNIFORM_SHARE / 2
    rest = 1 - UNIFORM_SHARE
    np.testing.assert_allclose(prior[[3, 5, 0]], [0.99 * rest + floor, 0.01 * rest + floor, floor])
    assert prior.dtype == np.float32
