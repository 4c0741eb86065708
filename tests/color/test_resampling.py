"""Tests for downsampling and upsampling by a factor of 2."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color.resampling import downsample_2x, upsample_2x

SIZES = [(1, 1), (2, 3), (5, 8), (33, 47)]


@pytest.mark.parametrize("size", SIZES)
def test_downsampling_inverts_upsampling(size):
    half = np.random.default_rng(0).random((2, -(-size[0] // 2), -(-size[1] // 2), 3), np.float32)
    doubled = upsample_2x(tf.constant(half), tf.zeros([2, *size, 1]))
    assert doubled.shape == (2, *size, 3)
    np.testing.assert_allclose(downsample_2x(doubled), half, atol=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_downsampling_is_the_least_squares_solution(size):
    images = tf.constant(np.random.default_rng(0).random((2, *size, 3), np.float32))
    half = downsample_2x(images)
    error = images - upsample_2x(half, images)
    # The residual is orthogonal to the range of the upsampling operator.
    for number in range(5):
        change = np.random.default_rng(number).standard_normal(half.shape, np.float32)
        product = tf.reduce_sum(error * upsample_2x(tf.constant(change), images))
        assert abs(float(product)) < 1e-3 * np.linalg.norm(change)


@pytest.mark.parametrize("size", SIZES)
def test_constant_images_stay_constant(size):
    images = tf.ones([2, *size, 3]) * 0.25
    np.testing.assert_allclose(downsample_2x(images), 0.25, atol=1e-6)
    np.testing.assert_allclose(upsample_2x(downsample_2x(images), images), images, atol=1e-6)


def test_downsampling_in_a_graph():
    images = np.random.default_rng(0).random((2, 6, 9, 1), np.float32)
    graph = tf.function(downsample_2x, input_signature=[tf.TensorSpec([None, 6, 9, 1])])
    np.testing.assert_allclose(graph(images), downsample_2x(tf.constant(images)), atol=1e-6)


def test_upsampling_interpolates_between_pixel_centers():
    images = tf.reshape(tf.constant([0.0, 4.0]), [1, 1, 2, 1])
    doubled = upsample_2x(images, tf.zeros([1, 2, 4, 1]))[0, 0, :, 0]
    # The centers of the two pixels are at 1 and 3, those of the four at 0.5, 1.5, 2.5 and 3.5.
    np.testing.assert_allclose(doubled, [0.0, 1.0, 3.0, 4.0], atol=1e-6)
