"""Tests that compare the shared layers with NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from colorkeras.models.layers import (
    CropLike,
    DepthToSpace,
    PadToMultiple,
    convolution_block,
    prediction_layer,
)

LAYERS = [PadToMultiple(8), CropLike(), CropLike(stride=2), DepthToSpace()]
SIZES = [(1, 1), (33, 47), (5, 64), (8, 16)]


def random_features(height, width, channels):
    generator = np.random.default_rng(0)
    return generator.random((2, height, width, channels), np.float32)


def call_with_unknown_sizes(layer, *inputs):
    """Call a layer in a graph with dynamic height and width."""
    specs = [tf.TensorSpec([None, None, None, array.shape[-1]]) for array in inputs]
    call = tf.function(lambda *x: layer(x if len(x) > 1 else x[0]), input_signature=specs)
    return call(*inputs).numpy()


@pytest.mark.parametrize("size", SIZES)
def test_padding_repeats_the_last_row_and_column(size):
    features = random_features(*size, channels=3)
    height, width = size
    missing = [(0, 0), (0, -height % 8), (0, -width % 8), (0, 0)]
    expected = np.pad(features, missing, mode="edge")
    layer = PadToMultiple(8)
    np.testing.assert_array_equal(layer(features), expected)
    np.testing.assert_array_equal(call_with_unknown_sizes(layer, features), expected)
    assert layer.compute_output_shape(features.shape) == expected.shape


@pytest.mark.parametrize("size", SIZES)
def test_cropping_undoes_padding(size):
    features = random_features(*size, channels=3)
    padded = PadToMultiple(8)(features).numpy()
    reference = random_features(*size, channels=1)
    layer = CropLike()
    np.testing.assert_array_equal(layer([padded, reference]), features)
    np.testing.assert_array_equal(call_with_unknown_sizes(layer, padded, reference), features)
    assert layer.compute_output_shape([padded.shape, reference.shape]) == features.shape


@pytest.mark.parametrize("stride", [2, 4])
@pytest.mark.parametrize("size", SIZES)
def test_cropping_with_a_stride(size, stride):
    reference = random_features(*size, channels=1)
    # Feature sizes for an image padded to a multiple of 8.
    padded = [-(-side // 8) * 8 // stride for side in size]
    features = random_features(*padded, channels=3)
    expected = features[:, : -(-size[0] // stride), : -(-size[1] // stride)]
    layer = CropLike(stride)
    np.testing.assert_array_equal(layer([features, reference]), expected)
    np.testing.assert_array_equal(call_with_unknown_sizes(layer, features, reference), expected)
    assert layer.compute_output_shape([features.shape, reference.shape]) == expected.shape


def test_depth_to_space_rearranges_four_channels_to_2x2_pixels():
    features = random_features(3, 5, channels=8)
    expected = features.reshape(2, 3, 5, 2, 2, 2).transpose(0, 1, 3, 2, 4, 5).reshape(2, 6, 10, 2)
    layer = DepthToSpace()
    np.testing.assert_array_equal(layer(features), expected)
    np.testing.assert_array_equal(call_with_unknown_sizes(layer, features), expected)
    assert layer.compute_output_shape(features.shape) == expected.shape


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_layer_is_restored_from_its_configuration(layer):
    config = keras.saving.serialize_keras_object(layer)
    restored = keras.saving.deserialize_keras_object(config)
    assert type(restored) is type(layer)
    assert restored.get_config() == layer.get_config()
    assert getattr(restored, "multiple", 8) == 8
    assert getattr(restored, "stride", 1) == getattr(layer, "stride", 1)


def test_dynamic_sizes_stay_dynamic():
    assert PadToMultiple(8).compute_output_shape((None, None, 9, 3)) == (None, None, 16, 3)
    assert DepthToSpace().compute_output_shape((None, None, 3, 8)) == (None, None, 6, 2)
    shapes = (None, None, 8, 3), (None, None, 9, 1)
    assert CropLike(2).compute_output_shape(shapes) == (None, None, 5, 3)


def test_strided_block_halves_the_size_and_has_no_bias():
    inputs = keras.Input((8, 12, 3))
    model = keras.Model(inputs, convolution_block(inputs, 5, strides=2))
    assert model.output_shape == (None, 4, 6, 5)
    assert "bias" not in {weight.name for weight in model.weights}


def test_initial_prediction_is_gray():
    inputs = keras.Input((4, 4, 3))
    model = keras.Model(inputs, prediction_layer(inputs, "chroma", 2, kernel_size=3))
    np.testing.assert_array_equal(model(random_features(4, 4, channels=3)), 0)
