"""Tests that compare the hint layers with NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from colorkeras.models.hint_layers import CHROMA_SCALE, HintAttention, HintPyramid


def hint_map(size, places):
    """Return a hint map `[1, h, w, 3]` with a different chroma at each position."""
    hints = np.zeros([1, *size, 3], np.float32)
    for number, (row, column) in enumerate(places):
        hints[0, row, column] = (0.1 + 0.02 * number, -0.2, 1)
    return hints


@pytest.mark.parametrize("size", [(8, 8), (9, 21)])
def test_pyramid_averages_the_hints_of_a_block(size):
    hints = hint_map(size, [(0, 0), (3, 1), (7, 7)])
    fine, coarse = HintPyramid([4, 8])(hints)
    assert coarse.shape == (1, size[0] // 8, size[1] // 8, 4)
    np.testing.assert_allclose(
        fine[0, 0, 0], [CHROMA_SCALE * 0.11, CHROMA_SCALE * -0.2, 1, np.sqrt(2 / 16)], rtol=1e-5
    )
    np.testing.assert_array_equal(fine[0, 0, 1], np.zeros(4))
    np.testing.assert_allclose(coarse[0, 0, 0, 0], CHROMA_SCALE * 0.12, rtol=1e-5)


def dense_attention(layer, features, hints):
    """Compute in NumPy how each position attends to all positions that have hints."""
    project, log_decay, null = (weight.astype(np.float64) for weight in layer.get_weights())
    height, width, channels = features.shape
    rows, pooled = features.reshape(-1, channels), hints.reshape(-1, 4)
    positions = np.stack(np.divmod(np.arange(height * width), width), -1)
    present = pooled[:, 2] > 0
    outputs = []
    for head in range(layer.num_heads):
        dim = layer.head_dim
        queries, keys = (
            rows @ part[:, head * dim : (head + 1) * dim] for part in np.split(project, 2, axis=1)
        )
        squared = ((positions[:, np.newaxis] - positions[present]) ** 2).sum(-1)
        scores = queries @ keys[present].T / np.sqrt(dim) - np.exp(log_decay[head]) * squared
        weights = np.exp(scores)
        weights /= weights.sum(-1, keepdims=True) + np.exp(null[head])
        outputs.append(weights @ pooled[present, :3])
    return np.concatenate(outputs, -1).reshape(height, width, -1)


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (8, 4)])
def test_attention_equals_dense_attention(size):
    features = np.random.default_rng(0).normal(size=(2, *size, 6)).astype(np.float32)
    hints = np.zeros([2, *size, 4], np.float32)
    hints[1, 0, 0] = (0.4, -0.2, 1, 0.5)
    hints[1, -1, -1] = (-0.3, 0.1, 1, 0.3)
    layer = HintAttention(num_heads=3, head_dim=4, max_hints=16)
    outputs = layer([features, hints]).numpy()
    assert layer.compute_output_shape([features.shape, hints.shape]) == outputs.shape
    np.testing.assert_array_equal(outputs[0], np.zeros([*size, 9]))
    np.testing.assert_allclose(outputs[1], dense_attention(layer, features[1], hints[1]), atol=1e-5)


def test_attention_has_gradients_without_hints():
    layer = HintAttention()
    features = tf.ones([2, 3, 5, 6])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer([features, tf.zeros([2, 3, 5, 4])]))
    for gradient in tape.gradient(loss, layer.trainable_variables):
        np.testing.assert_array_equal(gradient, tf.zeros_like(gradient))


def test_a_saved_model_keeps_the_layers(tmp_path):
    inputs = [keras.Input([None, None, 6]), keras.Input([None, None, 3])]
    outputs = HintAttention(2, 8, 4)([inputs[0], HintPyramid([4])(inputs[1])[0]])
    model = keras.Model(inputs, outputs)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    features = np.random.default_rng(0).normal(size=(1, 3, 5, 6)).astype(np.float32)
    hints = hint_map((12, 20), [(1, 1), (9, 15)])
    np.testing.assert_array_equal(loaded([features, hints]), model([features, hints]))
