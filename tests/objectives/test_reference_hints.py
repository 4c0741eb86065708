"""Tests for deriving hints from a reference image."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color.spaces import from_uint8, luma, rgb_to_chroma
from colorkeras.config.colorize_options import MAX_REFERENCE_SIZE
from colorkeras.data.hints import INEXACT
from colorkeras.models.build import build_network
from colorkeras.objectives.reference_hints import downscale_references, reference_hints


@pytest.fixture(scope="module")
def network(randomize):
    return randomize(build_network("hint_unet"))


@pytest.fixture(scope="module")
def photograph(crops):
    """Color image of 96x128 pixels."""
    rows = [np.concatenate(list(crops[start : start + 4]), axis=1) for start in (0, 4, 8)]
    return from_uint8(tf.constant(np.concatenate(rows))[tf.newaxis])


def test_an_image_is_the_best_reference_of_itself(network, photograph):
    hints = reference_hints(network, luma(photograph), photograph).numpy()
    assert hints.shape == (1, 96, 128, 3)
    is_given = hints[0, ::8, ::8, 2] > 0
    assert 0.45 < is_given.mean() < 0.7
    assert set(np.unique(hints[..., 2])) == {0, np.float32(INEXACT)}
    truth = tf.nn.avg_pool2d(rgb_to_chroma(photograph), 8, 8, "VALID")[0].numpy()
    error = np.abs(hints[0, ::8, ::8, :2] - truth)[is_given].mean()
    assert error < 0.9 * np.abs(truth.mean((0, 1)) - truth)[is_given].mean()
    assert not hints[0, ::8, ::8, :2][~is_given].any()


@pytest.mark.parametrize("size", [(1, 1), (33, 47)])
@pytest.mark.parametrize("reference_size", [(1, 1), (20, 300), (40, 33)])
def test_images_and_references_have_any_size(size, reference_size, network):
    generator = np.random.default_rng(0)
    grayscale = tf.constant(generator.random([2, *size, 1], np.float32))
    reference = tf.constant(generator.random([2, *reference_size, 3], np.float32))
    small = downscale_references(reference)
    assert max(small.shape[1:3]) <= MAX_REFERENCE_SIZE
    hints = reference_hints(network, grayscale, small).numpy()
    assert hints.shape == (2, *size, 3) and np.isfinite(hints).all()
    assert np.abs(hints[..., :2]).max() <= 0.5
