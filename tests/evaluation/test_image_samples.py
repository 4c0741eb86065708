"""Tests for the selection of images for reports."""

import numpy as np
import tensorflow as tf

from colorkeras import evaluation
from colorkeras.data import ArraySource, load_dataset

RED, GRAY = (255, 0, 0), (100, 100, 100)


def test_sample_images_are_ten_distinct_and_always_the_same():
    source = load_dataset("sample").test
    images = evaluation.sample_images(source)
    assert images.shape == (10, 32, 32, 3) and images.dtype == np.uint8
    np.testing.assert_array_equal(evaluation.sample_images(source), images)
    assert len(np.unique(images.reshape(10, -1), axis=0)) == 10


def test_a_source_of_few_images_returns_all(crops):
    np.testing.assert_array_equal(evaluation.sample_images(ArraySource(crops[:3])), crops[:3])


def test_color_images_returns_luma_and_the_colorized_output():
    truth = np.uint8([[[RED, GRAY]]])

    def color(grayscale):
        return tf.concat([grayscale, 2 * grayscale, 0 * grayscale], axis=-1)

    grayscale, prediction = evaluation.color_images(color, truth)
    np.testing.assert_array_equal(grayscale, [[[[76] * 3, [100] * 3]]])
    np.testing.assert_array_equal(prediction, [[[[76, 152, 0], [100, 200, 0]]]])
    assert grayscale.dtype == prediction.dtype == np.uint8
