"""Tests for the initial noise of flow models."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.data.stateless_random import Randomness
from colorkeras.objectives.flow_noise import noise_from_seeds, precomputed_noise, training_noise


def halved(values):
    """Return the means of 2x2 pixels and their nearest-neighbor upsampling, using NumPy."""
    count, height, width, channels = values.shape
    means = values.reshape(count, height // 2, 2, width // 2, 2, channels).mean(axis=(2, 4))
    return means, means.repeat(2, axis=1).repeat(2, axis=2)


def of_seeds():
    return noise_from_seeds(tf.range(400), 16, 16).numpy()


def of_training():
    return training_noise(Randomness(0, 0), 400, 16, 16).numpy()


@pytest.mark.parametrize("draw", [of_seeds, of_training])
def test_spectrum_is_that_of_chroma(draw):
    rest = draw()
    assert rest.mean() == pytest.approx(0, abs=0.1)
    assert rest.std() == pytest.approx(1, abs=0.1)
    # Standard deviation per octave, from the finest to the image mean, as documented for CIFAR-10.
    for expected in (0.26, 0.34, 0.39, 0.33):
        means, enlarged = halved(rest)
        assert (rest - enlarged).std() == pytest.approx(expected, rel=0.2)
        rest = means
    assert rest.std() == pytest.approx(0.75, rel=0.1)


@pytest.mark.parametrize("draw", [of_seeds, of_training])
def test_noise_is_stationary(draw):
    noise = draw()
    for axis in (1, 2):
        pixels = np.moveaxis(noise, axis, 0).reshape(16, -1)
        np.testing.assert_allclose(pixels.std(axis=1), 1, atol=0.1)
        steps = np.diff(pixels, axis=0).std(axis=1)
        np.testing.assert_allclose(steps, steps.mean(), rtol=0.03)


def test_channels_and_images_are_independent():
    noise = of_seeds().reshape(400, -1, 2)
    means = noise.mean(axis=1)
    assert abs(np.corrcoef(means[:, 0], means[:, 1])[0, 1]) < 0.2
    assert abs(np.corrcoef(means[:-1, 0], means[1:, 0])[0, 1]) < 0.2


def test_noise_depends_on_the_seed_only():
    seeds = tf.constant([3, 2**31 - 1, 3, -3])
    noise = noise_from_seeds(seeds, 8, 12).numpy()
    np.testing.assert_array_equal(noise[0], noise[2])
    for one, other in ((0, 1), (0, 3), (1, 3)):
        assert np.abs(noise[one] - noise[other]).max() > 0.5
    alone = noise_from_seeds(seeds[1:2], 8, 12).numpy()
    np.testing.assert_array_equal(alone[0], noise[1])


@pytest.mark.parametrize("size", [(1, 1), (17, 24), (5, 40)])
def test_noise_of_any_size_in_graphs(size):
    eager = noise_from_seeds(tf.range(2), *size)
    assert eager.shape == (2, *size, 2) and eager.dtype == tf.float32
    assert np.isfinite(eager).all() and np.abs(eager).min(axis=(1, 2)).min() > 0
    draw = tf.function(
        noise_from_seeds,
        input_signature=[
            tf.TensorSpec([None], tf.int32),
            tf.TensorSpec([], tf.int32),
            tf.TensorSpec([], tf.int32),
        ],
    )
    np.testing.assert_allclose(draw(tf.range(2), *size), eager, atol=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (17, 24), (5, 40), (24, 24), (9, 40)])
def test_precomputed_noise_equals_drawn_noise(size):
    # The last size is longer than the maximum but has fewer grid points.
    stored = precomputed_noise(7, 24, 24)
    drawn = noise_from_seeds(tf.constant([7]), *size)
    np.testing.assert_array_equal(stored(*size), drawn)
    in_graph = tf.function(stored, input_signature=[tf.TensorSpec([], tf.int32)] * 2)
    np.testing.assert_allclose(in_graph(*size), drawn, atol=1e-6)


def test_precomputed_noise_rejects_larger_sizes():
    with pytest.raises(tf.errors.InvalidArgumentError):
        precomputed_noise(7, 24, 24)(25, 25)


def test_training_noise_depends_on_seed_and_step():
    def draw(seed, step):
        return training_noise(Randomness(seed, step), 2, 8, 8).numpy()

    np.testing.assert_array_equal(draw(1, 5), draw(1, 5))
    assert np.abs(draw(1, 5) - draw(1, 6)).max() > 0.5
    assert np.abs(draw(1, 5) - draw(2, 5)).max() > 0.5
