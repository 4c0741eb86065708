"""Tests that compare self-attention with Keras layers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from colorkeras.models.attention import SelfAttention


def stock_attention(layer, channels):
    """Return a function that applies Keras layers with the same weights."""
    scale, offset, qkv, kernel, bias = layer.get_weights()
    norm = keras.layers.LayerNormalization(epsilon=1e-5)
    attention = keras.layers.MultiHeadAttention(layer.num_heads, channels // layer.num_heads)
    norm.build([None, None, channels])
    attention.build([None, None, channels], [None, None, channels])
    norm.set_weights([scale, offset])
    weights = []
    for part in np.split(qkv, 3, axis=1):
        split = part.reshape(channels, layer.num_heads, -1)
        weights += [split, np.zeros(split.shape[1:])]
    # The stock layer's order is query, key, value, output.
    attention.set_weights([*weights, kernel.reshape(layer.num_heads, -1, channels), bias])

    def call(x):
        rows = norm(tf.reshape(x, [len(x), -1, channels]))
        return x + tf.reshape(attention(rows, rows), x.shape)

    return call


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (4, 8)])
def test_outputs_and_gradients_equal_the_stock_layers(size):
    inputs = tf.constant(np.random.default_rng(0).normal(size=(2, *size, 8)), tf.float32)
    layer = SelfAttention(num_heads=2)
    layer.build(inputs.shape)
    generator = np.random.default_rng(1)
    layer.set_weights([generator.normal(size=weight.shape) for weight in layer.weights])
    results = []
    for call in (layer, stock_attention(layer, 8)):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = call(inputs)
            loss = tf.reduce_sum(tf.sin(outputs))
        results.append([outputs, tape.gradient(loss, inputs)])
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-4)


def test_a_saved_model_keeps_the_layer(tmp_path):
    inputs = keras.Input([None, None, 8])
    model = keras.Model(inputs, SelfAttention(2)(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    images = np.random.default_rng(0).normal(size=(1, 3, 5, 8)).astype(np.float32)
    np.testing.assert_array_equal(loaded(images), model(images))
