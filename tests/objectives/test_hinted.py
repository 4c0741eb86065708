"""Tests for the objective with hints and adjustable vividness."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras import objectives
from colorkeras.color.chroma_bins import NUM_CHROMA_BINS
from colorkeras.color.spaces import luma, rgb_to_chroma
from colorkeras.config.training_config import TrainingConfig
from colorkeras.models.build import build_network

PRIORS = np.arange(1, NUM_CHROMA_BINS + 1) / np.arange(1, NUM_CHROMA_BINS + 1).sum()


@pytest.fixture(scope="module")
def objective():
    return objectives.create("hinted_bins", TrainingConfig(), priors=PRIORS)


@pytest.fixture(scope="module")
def network(randomize):
    network = randomize(build_network("hint_unet"))
    for weight in network.weights:
        if "points_scaled" in weight.path:
            weight.assign(0.01 * weight)  # Keep the predicted chroma in range.
    return network


@pytest.fixture(scope="module")
def grayscale():
    return tf.constant(np.random.default_rng(0).uniform(0.3, 0.7, [2, 33, 47, 1]), tf.float32)


def no_hints(grayscale):
    return np.zeros([*grayscale.shape[:3], 3], np.float32)


def test_no_hints_at_the_default_vividness_are_the_colors_without_hints(
    network, objective, grayscale
):
    expected = objective.colorize(network, grayscale)
    color = objective.hint_functions.colorize
    np.testing.assert_allclose(color(network, grayscale, None, 0.5), expected, atol=1e-6)
    np.testing.assert_allclose(
        color(network, grayscale, tf.constant(no_hints(grayscale)), 0.5), expected, atol=1e-6
    )


def test_luma_is_kept(network, objective, grayscale):
    rgb = objective.colorize(network, grayscale)
    np.testing.assert_allclose(luma(rgb), grayscale, atol=1e-5)


def test_each_image_has_its_own_vividness(network, objective, grayscale):
    color = objective.hint_functions.colorize
    both = color(network, grayscale, None, tf.constant([0.0, 1.0])).numpy()
    for number, vividness in enumerate([0.0, 1.0]):
        alone = color(network, grayscale[number : number + 1], None, vividness)
        np.testing.assert_allclose(both[number], alone[0], atol=1e-4)
    assert np.abs(both - objective.colorize(network, grayscale)).max() > 1e-3


def test_hints_are_honored_where_they_are(network, objective, grayscale):
    hints = no_hints(grayscale)
    hints[1, 20:24, 30:34] = (0.1, -0.08, 1)
    rgb = objective.hint_functions.colorize(network, grayscale, tf.constant(hints), 0.5)
    mean = rgb_to_chroma(rgb)[1, 20:24, 30:34].numpy().mean((0, 1))
    np.testing.assert_allclose(mean, [0.1, -0.08], atol=3 / 255)
    # The other image in the batch has no hints.
    np.testing.assert_allclose(rgb[0], objective.colorize(network, grayscale)[0], atol=1e-5)


def test_priors_are_recorded_and_change_the_colors(network, objective, grayscale):
    np.testing.assert_allclose(objective.metadata["priors"], PRIORS, rtol=1e-5)
    uniform = objectives.create("hinted_bins", TrainingConfig())
    assert "priors" not in uniform.metadata
    difference = uniform.colorize(network, grayscale) - objective.colorize(network, grayscale)
    assert np.abs(difference).max() > 1e-3
