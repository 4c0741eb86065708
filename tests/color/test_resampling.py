"""Tests of halved resolution and the way back."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color.resampling import downsample_2x, upsample_2x

SIZES = [(1, 1), (2, 3), (5, 8), (33, 47)]


@pytest.mark.parametrize("size", SIZES)
def test_halving_undoes_doubling(size):
    half = np.random.default_rng(0).random((2, -(-size[0] // 2), -(-size[1] // 2), 3), np.float32)
    doubled = upsample_2x(tf.constant(half), tf.zeros([2, *size, 1]))
    assert doubled.shape == (2, *size, 3)
    np.testing.assert_allclose(downsample_2x(doubled), half, atol=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_doubling_comes_as_near_as_it_can(size):
    images = tf.constant(np.random.default_rng(0).random((2, *size, 3), np.float32))
    half = downsample_2x(images)
    error = images - upsample_2x(half, images)
    # What is left is orthogonal to all that doubling can make.
    for number in range(5):
        change = np.random.default_rng(number).standard_normal(half.shape, np.float32)
        product = tf.reduce_sum(error * upsample_2x(tf.constant(change), images))
        assert abs(float(product)) < 1e-3 * np.linalg.norm(change)


@pytest.mark.parametrize("size", SIZES)
def test_flat_pictures_stay_flat(size):
    images = tf.ones([2, *size, 3]) * 0.25
    np.testing.assert_allclose(downsample_2x(images), 0.25, atol=1e-6)
    np.testing.assert_allclose(upsample_2x(downsample_2x(images), images), images, atol=1e-6)


def test_halving_in_a_graph():
    images = np.random.default_rng(0).random((2, 6, 9, 1), np.float32)
    graph = tf.function(downsample_2x, input_signature=[tf.TensorSpec([None, 6, 9, 1])])
    np.testing.assert_allclose(graph(images), downsample_2x(tf.constant(images)), atol=1e-6)


def test_doubling_interpolates_between_the_centers_of_pixels():
    images = tf.reshape(tf.constant([0.0, 4.0]), [1, 1, 2, 1])
    doubled = upsample_2x(images, tf.zeros([1, 2, 4, 1]))[0, 0, :, 0]
    # Centers lie at 0.5 and 2.5 of four pixels, whose own are at 0.5 / 2, 1.5 / 2, ...
    np.testing.assert_allclose(doubled, [0.0, 1.0, 3.0, 4.0], atol=1e-6)
