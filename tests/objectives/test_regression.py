"""Tests of regression and its color encodings."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras import objectives
from colorkeras.color.spaces import luma, rgb_to_chroma
from colorkeras.config.training_config import TrainingConfig
from colorkeras.models.predictions import PREDICTIONS
from colorkeras.objectives.losses import LOSSES, describe, with_weights
from colorkeras.objectives.regression import COLOR_ENCODINGS

every_output = pytest.mark.parametrize("output", COLOR_ENCODINGS)


@pytest.fixture(scope="module")
def rgb():
    return tf.constant(np.random.default_rng(0).random((3, 6, 5, 3), np.float32))


@pytest.fixture(scope="module")
def prediction_of():
    generator = np.random.default_rng(1)

    def prediction(output):
        shape = (3, 6, 5, PREDICTIONS[output].num_channels)
        return tf.constant(generator.uniform(-0.2, 1.2, shape).astype("float32"))

    return prediction


def test_every_regression_prediction_has_a_color_encoding():
    regressions = [name for name, kind in PREDICTIONS.items() if kind.objective == "regression"]
    assert set(COLOR_ENCODINGS) == set(regressions)


@every_output
def test_decoding_inverts_encoding(output, rgb):
    encoding = COLOR_ENCODINGS[output]
    target = encoding.encode(rgb)
    assert target.shape == (3, 6, 5, PREDICTIONS[output].num_channels)
    np.testing.assert_allclose(encoding.decode(luma(rgb), target), rgb, atol=1e-5)
    received_luma, chroma = encoding.luma_and_chroma(luma(rgb), target)
    np.testing.assert_allclose(received_luma, luma(rgb), atol=1e-6)
    np.testing.assert_allclose(chroma, rgb_to_chroma(rgb), atol=1e-6)


@every_output
@pytest.mark.parametrize("loss", LOSSES)
def test_loss_is_computed_on_the_encoding(loss, output, rgb, prediction_of):
    settings = TrainingConfig(loss=loss, smoothness_weight=3.0, gradient_weight=2.0)
    objective = objectives.create(output, settings)
    assert objective.description == describe(loss, settings)
    prediction = prediction_of(output)
    inputs, target = objective.target(rgb, luma(rgb), None)
    np.testing.assert_array_equal(inputs, luma(rgb))
    expected = with_weights(loss, settings)(COLOR_ENCODINGS[output], rgb, prediction)
    assert float(objective.loss(target, prediction)) == pytest.approx(float(expected))


@every_output
def test_colors_are_the_decoded_prediction(output, rgb, prediction_of):
    prediction = prediction_of(output)

    def network(grayscale, training):
        assert training is False
        np.testing.assert_array_equal(grayscale, luma(rgb))
        return prediction

    objective = objectives.create(output, TrainingConfig())
    expected = COLOR_ENCODINGS[output].decode(luma(rgb), prediction)
    np.testing.assert_array_equal(objective.colorize(network, luma(rgb)), expected)
    assert not objective.is_stochastic and objective.standard_deviation is None
    assert objective.metadata == {"flip_tta": False}


@every_output
def test_flip_tta_averages_predictions(output, rgb, prediction_of):
    first, second = prediction_of(output), 0.5 * prediction_of(output)
    seen = []

    def network(grayscale, training):
        seen.append(grayscale)
        return second[:, :, ::-1] if len(seen) == 2 else first

    objective = objectives.create(output, TrainingConfig(flip_tta=True))
    received = objective.colorize(network, luma(rgb))
    np.testing.assert_array_equal(seen[0], luma(rgb))
    np.testing.assert_array_equal(seen[1], luma(rgb)[:, :, ::-1])
    expected = COLOR_ENCODINGS[output].decode(luma(rgb), (first + second) / 2)
    np.testing.assert_allclose(received, expected, atol=1e-6)
    assert objective.metadata == {"flip_tta": True}
