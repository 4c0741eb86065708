"""Tests for regression and its color encodings."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras import objectives
from colorkeras.color.spaces import luma, rgb_to_chroma
from colorkeras.config.training_config import TrainingConfig
from colorkeras.models.predictions import PREDICTIONS
from colorkeras.objectives.losses import LOSSES, describe, with_weights
from colorkeras.objectives.regression import COLOR_ENCODINGS

every_prediction = pytest.mark.parametrize("prediction", COLOR_ENCODINGS)


@pytest.fixture(scope="module")
def rgb():
    return tf.constant(np.random.default_rng(0).random((3, 6, 5, 3), np.float32))


@pytest.fixture(scope="module")
def prediction_of():
    generator = np.random.default_rng(1)

    def predicted(prediction):
        shape = (3, 6, 5, PREDICTIONS[prediction].num_channels)
        return tf.constant(generator.uniform(-0.2, 1.2, shape).astype("float32"))

    return predicted


def test_every_regression_prediction_has_a_color_encoding():
    regressions = [name for name, kind in PREDICTIONS.items() if kind.objective == "regression"]
    assert set(COLOR_ENCODINGS) == set(regressions)


@every_prediction
def test_decoding_inverts_encoding(prediction, rgb):
    encoding = COLOR_ENCODINGS[prediction]
    target = encoding.encode(rgb)
    assert target.shape == (3, 6, 5, PREDICTIONS[prediction].num_channels)
    np.testing.assert_allclose(encoding.decode(luma(rgb), target), rgb, atol=1e-5)
    received_luma, chroma = encoding.luma_and_chroma(luma(rgb), target)
    np.testing.assert_allclose(received_luma, luma(rgb), atol=1e-6)
    np.testing.assert_allclose(chroma, rgb_to_chroma(rgb), atol=1e-6)


@every_prediction
@pytest.mark.parametrize("loss", LOSSES)
def test_loss_is_computed_on_the_encoding(loss, prediction, rgb, prediction_of):
    settings = TrainingConfig(loss=loss, smoothness_weight=3.0, gradient_weight=2.0)
    objective = objectives.create(prediction, settings)
    assert objective.description == describe(loss, settings)
    predicted = prediction_of(prediction)
    inputs, target = objective.target(rgb, luma(rgb), None)
    np.testing.assert_array_equal(inputs, luma(rgb))
    expected = with_weights(loss, settings)(COLOR_ENCODINGS[prediction], rgb, predicted)
    assert float(objective.loss(target, predicted)) == pytest.approx(float(expected))


@every_prediction
def test_colors_are_the_decoded_prediction(prediction, rgb, prediction_of):
    predicted = prediction_of(prediction)

    def network(grayscale, training):
        assert training is False
        np.testing.assert_array_equal(grayscale, luma(rgb))
        return predicted

    objective = objectives.create(prediction, TrainingConfig())
    expected = COLOR_ENCODINGS[prediction].decode(luma(rgb), predicted)
    np.testing.assert_array_equal(objective.colorize(network, luma(rgb)), expected)
    assert not objective.is_stochastic and objective.standard_deviation is None
    assert objective.metadata == {"flip_tta": False}


@every_prediction
def test_flip_tta_averages_predictions(prediction, rgb, prediction_of):
    first, second = prediction_of(prediction), 0.5 * prediction_of(prediction)
    seen = []

    def network(grayscale, training):
        seen.append(grayscale)
        return second[:, :, ::-1] if len(seen) == 2 else first

    objective = objectives.create(prediction, TrainingConfig(flip_tta=True))
    received = objective.colorize(network, luma(rgb))
    np.testing.assert_array_equal(seen[0], luma(rgb))
    np.testing.assert_array_equal(seen[1], luma(rgb)[:, :, ::-1])
    expected = COLOR_ENCODINGS[prediction].decode(luma(rgb), (first + second) / 2)
    np.testing.assert_allclose(received, expected, atol=1e-6)
    assert objective.metadata == {"flip_tta": True}
