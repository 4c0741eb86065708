"""Tests that compare the fast convolutions with TensorFlow's."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from colorkeras.models.fast_convolutions import FastDepthwiseConv2D, PointwiseConv2D

SIZES = [(1, 1), (7, 9), (8, 5), (12, 16)]


def outputs_and_gradients(layer, inputs):
    """Return the outputs, and the gradients of inputs and weights, in a dynamic-shape graph."""

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, inputs.shape[-1]])])
    def differentiate(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = layer(x)
            loss = tf.reduce_sum(outputs * tf.sin(outputs))
        weights = [weight.value for weight in layer.weights]
        return [outputs, *tape.gradient(loss, [x, *weights])]

    return [value.numpy() for value in differentiate(inputs)]


def assert_equal(layer, stock, inputs):
    layer.build(inputs.shape)
    stock.build(inputs.shape)
    stock.set_weights([np.random.default_rng(1).normal(size=w.shape) for w in layer.weights])
    layer.set_weights(stock.get_weights())
    pairs = zip(
        outputs_and_gradients(layer, inputs), outputs_and_gradients(stock, inputs), strict=True
    )
    for ours, expected in pairs:
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-4 * abs(expected).max())
    assert layer.compute_output_shape(inputs.shape) == stock.compute_output_shape(inputs.shape)


def random_inputs(size, channels=6):
    return np.random.default_rng(0).normal(size=(2, *size, channels)).astype(np.float32)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("strides", [1, 2])
@pytest.mark.parametrize("kernel_size", [3, 5])
def test_depthwise_equals_the_stock_layer(kernel_size, strides, size):
    stock = keras.layers.DepthwiseConv2D(kernel_size, strides, "same")
    assert_equal(FastDepthwiseConv2D(kernel_size, strides), stock, random_inputs(size))


@pytest.mark.parametrize("size", SIZES)
def test_pointwise_equals_the_stock_layer(size):
    assert_equal(PointwiseConv2D(5), keras.layers.Conv2D(5, 1), random_inputs(size))


@pytest.mark.parametrize("layer", [FastDepthwiseConv2D(5, 2), PointwiseConv2D(3)])
def test_a_saved_model_keeps_the_layer(layer, tmp_path):
    inputs = keras.Input([None, None, 4])
    model = keras.Model(inputs, layer(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded.layers[-1]) is type(layer)
    images = random_inputs((7, 9), channels=4)
    np.testing.assert_array_equal(loaded(images), model(images))
