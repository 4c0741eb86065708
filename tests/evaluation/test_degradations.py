"""Tests for degradations of evaluation inputs."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color.spaces import from_uint8, luma
from colorkeras.evaluation.degradations import DEGRADATIONS


@pytest.fixture(params=DEGRADATIONS)
def degrade(request):
    return DEGRADATIONS[request.param]


def test_degradation_does_not_depend_on_the_batch(degrade, crops):
    rgb = from_uint8(crops)
    whole = degrade(rgb).numpy()
    assert whole.shape == (*crops.shape[:3], 1) and whole.dtype == np.float32
    assert whole.min() >= 0 and whole.max() <= 1
    np.testing.assert_allclose(degrade(rgb[5:8]), whole[5:8], atol=1e-6)
    compiled = tf.function(degrade, input_signature=[tf.TensorSpec([None, None, None, 3])])
    np.testing.assert_allclose(compiled(rgb[::-1]), whole[::-1], atol=1e-6)


def test_none_is_luma(crops):
    rgb = from_uint8(crops)
    np.testing.assert_array_equal(DEGRADATIONS["none"](rgb), luma(rgb))


def test_scan_degrades_each_image_differently(crops):
    rgb = from_uint8(crops)
    difference = (DEGRADATIONS["scan"](rgb) - luma(rgb)).numpy().reshape(len(crops), -1)
    assert (np.abs(difference).max(axis=1) > 0.01).all()
    # Equal random numbers would give equal grain and uneven light.
    likeness = np.corrcoef(difference) - np.eye(len(crops))
    assert np.median(np.abs(likeness)) < 0.3
