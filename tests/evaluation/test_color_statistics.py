"""Tests of the color statistics of a training part."""

import numpy as np
import tensorflow as tf

from colorkeras.color.spaces import rgb_to_chroma
from colorkeras.data import ArraySource, pipeline
from colorkeras.evaluation.color_statistics import UNIFORM_SHARE, color_statistics

RED, GRAY = (255, 0, 0), (100, 100, 100)


def plain(*colors, size=16):
    """Source of one-color images."""
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
