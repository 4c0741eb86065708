"""Tests of halved resolution and the way back."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.resolution import double, halve


def test_halving_takes_means_of_two_by_two():
    images = tf.reshape(tf.range(16.0), [1, 4, 4, 1])
    np.testing.assert_array_equal(halve(images)[0, ..., 0], [[2.5, 4.5], [10.5, 12.5]])


def test_the_border_of_an_odd_size_is_averaged_alone():
    images = tf.reshape(tf.range(9.0), [1, 3, 3, 1])
    np.testing.assert_array_equal(halve(images)[0, ..., 0], [[2.0, 3.5], [6.5, 8.0]])


@pytest.mark.parametrize("size", [(1, 1), (5, 8), (33, 47)])
def test_doubling_restores_size_and_flat_pictures(size):
    images = tf.ones([2, *size, 3]) * 0.25
    doubled = double(halve(images), images)
    assert doubled.shape == images.shape
    np.testing.assert_allclose(doubled, images, atol=1e-6)


def test_doubling_interpolates_between_the_centers_of_pixels():
    images = tf.reshape(tf.constant([0.0, 4.0]), [1, 1, 2, 1])
    doubled = double(images, tf.zeros([1, 2, 4, 1]))[0, 0, :, 0]
    # Centers lie at 0.5 and 2.5 of four pixels, whose own are at 0.5 / 2, 1.5 / 2, ...
    np.testing.assert_allclose(doubled, [0.0, 1.0, 3.0, 4.0], atol=1e-6)
