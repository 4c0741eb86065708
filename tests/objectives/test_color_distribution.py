"""Tests for determining the most likely distinct colors."""

import numpy as np
import tensorflow as tf

from colorkeras.color.chroma_bins import BIN_CENTERS, NUM_CHROMA_BINS
from colorkeras.color.spaces import luma_chroma_to_rgb
from colorkeras.objectives.color_distribution import NUM_COLORS, likeliest_colors


def nearest(cb, cr):
    return int(np.abs(BIN_CENTERS - np.array([cb, cr])).sum(-1).argmin())


def test_far_bins_are_colors_in_descending_order():
    probabilities = np.zeros(NUM_CHROMA_BINS, np.float32)
    gray, blue, red = nearest(0, 0), nearest(0.125, 0), nearest(0, 0.1875)
    probabilities[[gray, blue, red]] = [0.2, 0.3, 0.5]
    colors, shares = likeliest_colors(tf.constant(probabilities), tf.constant([0.5]))
    np.testing.assert_allclose(shares, [0.5, 0.3, 0.2, 0, 0], atol=1e-6)
    expected = luma_chroma_to_rgb(tf.constant([0.5]), BIN_CENTERS[[red, blue, gray]])
    np.testing.assert_allclose(colors[:3], 255 * expected.numpy(), atol=0.6)
    assert colors.shape == (NUM_COLORS, 3) and colors.dtype == tf.uint8


def test_neighboring_bins_are_one_color():
    probabilities = np.zeros(NUM_CHROMA_BINS, np.float32)
    probabilities[[nearest(0, 0), nearest(0.0625, 0)]] = [0.75, 0.25]
    colors, shares = likeliest_colors(tf.constant(probabilities), tf.constant([0.5]))
    np.testing.assert_allclose(shares[0], 1, atol=1e-6)
    expected = luma_chroma_to_rgb(tf.constant([0.5]), tf.constant([0.0625 / 4, 0]))
    np.testing.assert_allclose(colors[0], 255 * expected.numpy(), atol=0.6)


def test_white_has_one_color():
    probabilities = tf.fill([2, 3, NUM_CHROMA_BINS], 1 / NUM_CHROMA_BINS)
    colors, shares = likeliest_colors(probabilities, tf.ones([2, 3, 1]))
    assert colors.shape == (2, 3, NUM_COLORS, 3)
    np.testing.assert_array_equal(colors[..., 0, :], np.full([2, 3, 3], 255))
    np.testing.assert_allclose(shares[..., 0], np.ones([2, 3]), atol=1e-4)
