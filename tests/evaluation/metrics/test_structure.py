"""Tests that compare structure metrics with values computed by hand or in NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color.spaces import luma
from colorkeras.evaluation.metrics import METRICS


@pytest.fixture(scope="module")
def images():
    """Two batches of random images with integer values, each float32 `[7, 16, 16, 3]`."""
    generator = np.random.default_rng(0)
    return tuple(
        tf.constant(generator.integers(0, 256, (7, 16, 16, 3)), tf.float32) for _ in range(2)
    )


def value_of(name, truth, output):
    metric = METRICS[name]
    return float(metric.finalize(tf.reduce_mean(metric.per_image(truth, output), axis=0)))


def flat(level):
    return tf.fill([7, 16, 16, 3], level)


def test_chroma_variation_by_hand(images):
    truth, _ = images
    # Halving chroma at equal luma halves the variation.
    gray = luma(truth)
    assert value_of("chroma_variation", truth, (truth + gray) / 2) == pytest.approx(0.5, rel=1e-5)
    assert value_of("chroma_variation", truth, tf.repeat(gray, 3, -1)) == pytest.approx(0, abs=1e-5)
    # A blue pixel of value b has a Cb of b / 2 and a Cr of -0.114 b / 1.402 relative to gray. These
    # are the steps in its row and column.
    spot = np.zeros([1, 4, 4, 3], np.float32)
    spot[0, 1, 1, 2] = 100
    metric = METRICS["chroma_variation"].per_image(tf.constant(spot), tf.constant(spot))
    expected = 4 * (50 + 100 * 0.114 / 1.402) / 32
    np.testing.assert_allclose(metric, [[expected, expected]], rtol=1e-5)
    # For a gray ground truth, the ratio is defined as 0.
    assert value_of("chroma_variation", flat(7.0), flat(9.0)) == 0


def test_correlation_of_luma_gradients_matches_numpy(images):
    def steps(rgb):
        y = rgb.numpy() @ [0.299, 0.587, 0.114]
        return np.concatenate([np.diff(y, axis=1).ravel(), np.diff(y, axis=2).ravel()])

    expected = np.corrcoef(steps(images[0]), steps(images[1]))[0, 1]
    assert value_of("luma_gradients", *images) == pytest.approx(expected, abs=1e-4)
    # Brightness and contrast do not matter, but the sign does.
    truth, _ = images
    assert value_of("luma_gradients", truth, truth * 0.5 + 20) == pytest.approx(1, abs=1e-4)
    assert value_of("luma_gradients", truth, 255 - truth) == pytest.approx(-1, abs=1e-4)
    assert value_of("luma_gradients", truth, flat(9.0)) == 0
