"""Tests for all registered objectives, with a network for each of their predictions."""

import math

import numpy as np
import pytest
import tensorflow as tf

from colorkeras import objectives
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data.stateless_random import Randomness
from colorkeras.models.build import build_network, choose_architecture
from colorkeras.models.predictions import PREDICTIONS
from colorkeras.utils.errors import UserError

SETTINGS = TrainingConfig(sampling_steps=2)

every_prediction = pytest.mark.parametrize("prediction", PREDICTIONS)
any_size = pytest.mark.parametrize("size", [(1, 1), (5, 8), (33, 47)])


def grayscale_of(*size, count=3):
    return tf.constant(np.random.default_rng(0).random((count, *size, 1), np.float32))


@pytest.fixture(scope="module")
def network_for(randomize):
    """Function that returns a small network with random weights for a prediction type."""
    made = {}

    def get(prediction):
        if prediction not in made:
            name = {"chroma": "skip_cnn", "rgb": "skip_cnn"}.get(prediction)
            made[prediction] = randomize(build_network(*choose_architecture(name, prediction)))
        return made[prediction]

    return get


@pytest.mark.parametrize("weight", ["smoothness_weight", "gradient_weight"])
def test_weights_of_another_loss_are_rejected(weight):
    settings = {"objective": "regression", weight: 7.0}
    objectives.check_settings(TrainingConfig(loss="structure", **settings))
    with pytest.raises(UserError, match=r"7\.0 for loss 'mse', which ignores it"):
        objectives.check_settings(TrainingConfig(loss="mse", **settings))


@any_size
@every_prediction
def test_target_and_loss_fit_the_network(prediction, size, network_for):
    network, objective = network_for(prediction), objectives.create(prediction, SETTINGS)
    rgb = tf.constant(np.random.default_rng(0).random((2, *size, 3), np.float32))
    inputs, target = objective.target(rgb, grayscale_of(*size, count=2), Randomness(0, 0))
    predicted = network(inputs)
    with tf.GradientTape() as tape:
        tape.watch(predicted)
        loss = objective.loss(target, predicted)
    assert loss.shape == () and math.isfinite(loss) and loss > 0
    gradient = tape.gradient(loss, predicted)
    assert gradient.shape == predicted.shape and np.isfinite(gradient).all()


@any_size
@every_prediction
def test_colorize_returns_rgb_of_the_image_size(prediction, size, network_for):
    network, objective = network_for(prediction), objectives.create(prediction, SETTINGS)
    grayscale = grayscale_of(*size)
    rgb = objective.colorize(network, grayscale, tf.range(3), objective.temperature).numpy()
    assert rgb.shape == (3, *size, 3) and rgb.dtype == np.float32
    assert rgb.min() >= 0 and rgb.max() <= 1
    assert np.ptp(rgb, axis=-1).max() > 0.01, "gray"


@any_size
@every_prediction
def test_standard_deviation_has_one_value_per_pixel(prediction, size, network_for):
    objective = objectives.create(prediction, SETTINGS)
    assert (objective.standard_deviation is None) == (
        PREDICTIONS[prediction].objective == "regression"
    )
    if objective.standard_deviation is not None:
        spread = objective.standard_deviation(network_for(prediction), grayscale_of(*size)).numpy()
        assert spread.shape == (3, *size, 1)
        # The maximum for distributions in `[-0.5, 0.5]` is half the diagonal.
        assert spread.min() >= 0 and spread.max() > 1e-4
        assert prediction == "velocity" or spread.max() <= math.sqrt(0.5)


@every_prediction
def test_colors_do_not_depend_on_the_rest_of_the_batch(prediction, network_for):
    network, objective = network_for(prediction), objectives.create(prediction, SETTINGS)
    grayscale, seeds = grayscale_of(16, 16, count=4), tf.constant([5, 0, 7, 5])
    together = objective.colorize(network, grayscale, seeds, objective.temperature).numpy()
    for number in range(4):
        alone = objective.colorize(
            network, grayscale[number : number + 1], seeds[number : number + 1]
        )
        np.testing.assert_allclose(together[number], alone[0], atol=1e-4)


@every_prediction
def test_only_stochastic_objectives_depend_on_the_seed(prediction, network_for):
    network, objective = network_for(prediction), objectives.create(prediction, SETTINGS)
    assert objective.is_stochastic == (prediction == "velocity")
    grayscale = tf.repeat(grayscale_of(16, 16, count=1), 3, axis=0)
    one, other, again = objective.colorize(
        network, grayscale, tf.constant([1, 2, 1]), objective.temperature
    ).numpy()
    np.testing.assert_allclose(one, again, atol=1e-4)  # Each row may be rounded differently.
    assert (np.abs(one - other).max() > 1e-2) == objective.is_stochastic


@every_prediction
def test_deterministic_colorize_equals_colorize(prediction, network_for):
    network, objective = network_for(prediction), objectives.create(prediction, SETTINGS)
    assert (objective.make_deterministic_colorize is not None) == objective.is_stochastic
    if not objective.is_stochastic:
        return
    for size in ((33, 47), (5, 8), (1, 1)):
        grayscale = grayscale_of(*size)
        seeds = tf.fill([3], 4)
        expected = objective.colorize(network, grayscale, seeds, objective.temperature)
        colored = objective.make_deterministic_colorize(4, 33, 47)(network, grayscale)
        np.testing.assert_allclose(colored, expected, atol=1e-5)
