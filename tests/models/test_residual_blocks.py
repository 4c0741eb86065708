"""Tests for residual blocks and full-size networks."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from colorkeras.models.architectures.flow_unet import flow_unet
from colorkeras.models.architectures.residual_unet import residual_unet
from colorkeras.models.build import build_network
from colorkeras.models.class_head import remove_class_head
from colorkeras.models.residual_blocks import residual_block, unet_backbone


def random(*shape):
    return tf.constant(np.random.default_rng(0).random(shape, np.float32))


def test_block_is_initially_the_identity_for_any_condition():
    x, condition = keras.Input((8, 8, 4)), keras.Input((3,))
    block = keras.Model([x, condition], residual_block(x, condition))
    features = random(2, 8, 8, 4)
    np.testing.assert_array_equal(block([features, random(2, 3)]), features)


def test_condition_affects_a_trained_block(randomize):
    x, condition = keras.Input((8, 8, 4)), keras.Input((3,))
    block = randomize(keras.Model([x, condition], residual_block(x, condition)))
    features = random(2, 8, 8, 4)
    one, other = (block([features, tf.fill([2, 3], value)]) for value in (0.0, 1.0))
    assert np.abs(one - other).min(axis=(1, 2)).max() > 1e-3


@pytest.mark.parametrize(("size", "padded"), [((1, 1), (8, 8)), ((33, 47), (40, 48))])
def test_features_are_finest_first_for_the_padded_image(size, padded):
    grayscale = keras.Input((None, None, 1))
    features, summary = unet_backbone(grayscale, widths=(4, 5, 6), depths=(1, 1, 2))
    *features, summary = keras.Model(grayscale, [*features, summary])(random(2, *size, 1))
    for level, (feature, width) in enumerate(zip(features, (4, 5, 6), strict=True), start=1):
        assert feature.shape == (2, padded[0] // 2**level, padded[1] // 2**level, width)
    assert summary.shape == (2, 6)


def test_every_pixel_depends_on_the_whole_image(randomize):
    network = randomize(build_network("residual_unet"))
    image = random(1, 96, 96, 1).numpy()
    before = network(image).numpy()
    image[:, :32, :32] = 1.0
    # The opposite corner is outside the convolutions' receptive field.
    assert np.abs(network(image).numpy() - before)[:, -8:, -8:].min() > 0


@pytest.mark.parametrize("prediction", ["chroma", "bins"])
def test_full_size_residual_unet(prediction):
    network = residual_unet(prediction, num_classes=10)
    predicted, logits = network(random(1, 33, 47, 1))
    assert predicted.shape == ((1, 33, 47, 2) if prediction == "chroma" else (1, 17, 24, 179))
    assert logits.shape == (1, 10)
    # A float32 export stays below the 12 MB limit for bundled models.
    assert 1e6 < remove_class_head(network).count_params() < 2.9e6


def test_full_size_flow_unet():
    network = flow_unet(num_classes=10)
    predicted, logits = network(
        [random(1, 33, 47, 1), random(2, 17, 24, 2), random(2, 1), random(1, 10)]
    )
    assert predicted.shape == (2, 17, 24, 4) and logits.shape == (1, 10)
    assert 1e6 < remove_class_head(network).count_params() < 2.9e6
