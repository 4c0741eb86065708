"""Tests that compare the training losses with hand-computed values."""

import math

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.config.training_config import TrainingConfig
from colorkeras.objectives.losses import EDGE_CONTRAST, LOSS_WEIGHTS, LOSSES, with_weights
from colorkeras.objectives.regression import COLOR_ENCODINGS


def loss_of(name, prediction, rgb, predicted, **weights):
    weights = {weight: weights.get(weight, 0.0) for weight in LOSS_WEIGHTS.get(name, ())}
    return float(LOSSES[name](COLOR_ENCODINGS[prediction], rgb, predicted, **weights))


def perfect(prediction, rgb):
    return COLOR_ENCODINGS[prediction].encode(rgb)


@pytest.fixture(scope="module")
def rgb():
    return tf.constant(np.random.default_rng(0).random((3, 6, 5, 3), np.float32))


@pytest.mark.parametrize("prediction", COLOR_ENCODINGS)
@pytest.mark.parametrize("name", LOSSES)
def test_errors_increase_the_loss(name, prediction, rgb):
    right = perfect(prediction, rgb)
    assert loss_of(name, prediction, rgb, right) == pytest.approx(0, abs=1e-12)
    assert loss_of(name, prediction, rgb, right + 0.1) > 0
    assert loss_of(name, prediction, rgb, right + 0.2) > loss_of(name, prediction, rgb, right + 0.1)


@pytest.mark.parametrize("prediction", COLOR_ENCODINGS)
@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (8, 1)])
def test_loss_and_gradient_are_finite_at_any_size(name, prediction, size):
    rgb = tf.constant(np.random.default_rng(0).random((2, *size, 3), np.float32))
    loss = with_weights(name, TrainingConfig())
    with tf.GradientTape() as tape:
        predicted = perfect(prediction, rgb)
        tape.watch(predicted)
        value = loss(COLOR_ENCODINGS[prediction], rgb, predicted)
    assert math.isfinite(value)
    assert np.isfinite(tape.gradient(value, predicted)).all()


@pytest.mark.parametrize(("name", "expected"), [("mse", 0.04), ("mae", 0.2), ("structure", 0.04)])
def test_reconstruction_by_hand(name, expected, rgb):
    assert loss_of(name, "chroma", rgb, perfect("chroma", rgb) - 0.2) == pytest.approx(expected)


def gray(levels):
    """Return an image with a single row of gray pixels, float32 `[1, 1, width, 3]`."""
    return tf.repeat(tf.reshape(tf.constant(levels, tf.float32), [1, 1, -1, 1]), 3, axis=-1)


def test_smoothness_by_hand():
    # Luma is flat, then has an edge of 0.2. Cb changes by 0.3 in the flat part or at the edge.
    rgb = gray([0.4, 0.4, 0.6])
    on_plane = tf.constant([[[[0.0, 0], [0.3, 0], [0.3, 0]]]])
    on_edge = tf.constant([[[[0.0, 0], [0.0, 0], [0.3, 0]]]])

    def smoothness(predicted):
        with_term = loss_of("structure", "chroma", rgb, predicted, smoothness_weight=10.0)
        return (with_term - loss_of("structure", "chroma", rgb, predicted)) / 10

    # There are two differences with two channels each.
    assert smoothness(on_plane) == pytest.approx(0.3 / 4)
    assert smoothness(on_edge) == pytest.approx(0.3 * math.exp(-0.2 / EDGE_CONTRAST) / 4)


def test_luma_gradients_by_hand():
    rgb = gray([0.4, 0.4, 0.6])
    predicted = gray([0.4, 0.5, 0.6])
    with_term = loss_of("structure", "rgb", rgb, predicted, gradient_weight=10.0)
    without = loss_of("structure", "rgb", rgb, predicted)
    # The differences are 0.1 and 0.1 instead of 0 and 0.2.
    assert with_term - without == pytest.approx(10 * (0.1**2 + 0.1**2) / 2, rel=1e-4)
    # A constant luma offset does not change gradients.
    brighter = rgb + 0.1
    assert loss_of("structure", "rgb", rgb, brighter, gradient_weight=1.0) == pytest.approx(
        loss_of("structure", "rgb", rgb, brighter), rel=1e-4
    )


def test_chroma_prediction_has_no_luma_gradient_term(rgb):
    predicted = perfect("chroma", rgb) * 0.5
    assert loss_of("structure", "chroma", rgb, predicted, gradient_weight=1.0) == loss_of(
        "structure", "chroma", rgb, predicted
    )


def test_weights_are_taken_from_the_settings(rgb):
    predicted = perfect("rgb", rgb) * 0.5
    config = TrainingConfig(smoothness_weight=3.0, gradient_weight=2.0)
    for name in LOSSES:
        received = float(with_weights(name, config)(COLOR_ENCODINGS["rgb"], rgb, predicted))
        expected = loss_of(name, "rgb", rgb, predicted, smoothness_weight=3.0, gradient_weight=2.0)
        assert received == pytest.approx(expected)
