"""Tests that compare classification with hand-computed values."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras import objectives
from colorkeras.color.chroma_bins import BIN_CENTERS, BIN_SIZE, NUM_CHROMA_BINS, NUM_NEIGHBORS
from colorkeras.color.resampling import upsample_2x
from colorkeras.color.spaces import luma, luma_chroma_to_rgb, rgb_to_chroma
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data import ArraySource
from colorkeras.objectives.classification import TEMPERATURE
from colorkeras.utils.errors import UserError

BLUE, GRAY = (60, 90, 200), (100, 100, 100)
GRAY_BIN = int(np.flatnonzero((BIN_CENTERS == 0).all(axis=1))[0])


def plain(*colors, size=8):
    return np.stack([np.full((size, size, 3), color, np.uint8) for color in colors])


def create(*colors, **settings):
    """Return an objective for uniform training images; without colors, it has no statistics."""
    source = ArraySource(plain(*colors)) if colors else None
    return objectives.create("bins", TrainingConfig(**settings), source)


def encoded(color):
    """Compute the soft encoding of an RGB color in NumPy, float64 `[NUM_CHROMA_BINS]`."""
    red, green, blue = np.array(color) / 255
    y = 0.299 * red + 0.587 * green + 0.114 * blue
    return encoded_chroma(np.array([(blue - y) / 1.772, (red - y) / 1.402]))


def encoded_chroma(chroma):
    """Compute the soft encoding of Cb and Cr in NumPy."""
    squared = ((BIN_CENTERS.astype("float64") - chroma) ** 2).sum(axis=1)
    nearest = np.argsort(squared)[:NUM_NEIGHBORS]
    weights = np.zeros(NUM_CHROMA_BINS)
    weights[nearest] = np.exp(-squared[nearest] / (2 * (BIN_SIZE / 2) ** 2))
    return weights / weights.sum()


def bins(probabilities, height, width):
    """Return logits `[1, height, width, NUM_CHROMA_BINS]` for a dict from bin to probability."""
    logits = np.full([1, height, width, NUM_CHROMA_BINS], -1e9, np.float32)
    for number, probability in probabilities.items():
        logits[..., number] = np.log(probability)
    return tf.constant(logits)


def test_target_is_the_soft_encoded_chroma_of_half_resolution():
    images = plain(GRAY, BLUE, size=5)
    images[0, :2, :2] = [GRAY, BLUE]  # A blue column of two pixels.
    rgb = tf.constant(images / np.float32(255))
    inputs, target = create().target(rgb, luma(rgb), None)
    np.testing.assert_array_equal(inputs, luma(rgb))
    assert target.shape == (2, 3, 3, NUM_CHROMA_BINS)
    np.testing.assert_allclose(target[1, 2, 1], encoded(BLUE), atol=1e-4)
    # Compute least-squares downsampling in NumPy.
    doubling = upsample_2x(tf.eye(3)[:, :, tf.newaxis, tf.newaxis], tf.zeros([3, 5, 1, 1]))[
        ..., 0, 0
    ]
    inverse = np.linalg.pinv(np.transpose(doubling))
    half = np.einsum("ay,yxc,bx->abc", inverse, rgb_to_chroma(rgb)[0], inverse)
    for place in ((0, 0), (1, 0), (2, 2)):
        np.testing.assert_allclose(target[0][place], encoded_chroma(half[place]), atol=1e-4)
    assert np.abs(half[0, 0]).max() > 0.05 and np.abs(half[2, 2]).max() < 0.02


def test_priors_count_all_images():
    # The images make up more than one batch.
    priors = create(*[GRAY] * 75, *[BLUE] * 25).metadata["priors"]
    expected = 0.75 * encoded(GRAY) + 0.25 * encoded(BLUE)
    np.testing.assert_allclose(priors, expected, atol=1e-5)


def test_loss_weights_rare_colors_more():
    objective = create(GRAY, GRAY, GRAY, BLUE, rebalance=0.4)
    priors = 0.75 * encoded(GRAY) + 0.25 * encoded(BLUE)
    weights = 1 / (0.6 * priors + 0.4 / NUM_CHROMA_BINS)
    weights /= (priors * weights).sum()
    of_gray, of_blue = weights[GRAY_BIN], weights[encoded(BLUE).argmax()]
    assert of_blue > 2 * of_gray
    rgb = tf.constant(plain(GRAY, BLUE, BLUE) / np.float32(255))
    _, target = objective.target(rgb, luma(rgb), None)
    # With uniform logits, the cross entropy of every pixel is log NUM_CHROMA_BINS.
    expected = np.log(NUM_CHROMA_BINS) * (of_gray + 2 * of_blue) / 3
    assert float(objective.loss(target, tf.zeros(target.shape))) == pytest.approx(expected, 1e-4)
    # The minimum cross entropy is the entropy of the target.
    likely = np.log(np.maximum([encoded(GRAY), encoded(BLUE), encoded(BLUE)], 1e-9))
    logits = np.broadcast_to(likely[:, np.newaxis, np.newaxis], target.shape).astype("float32")
    entropies = [-(encoded(c) * np.log(np.maximum(encoded(c), 1e-9))).sum() for c in (GRAY, BLUE)]
    expected = (of_gray * entropies[0] + 2 * of_blue * entropies[1]) / 3
    assert float(objective.loss(target, logits)) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("objective", [create(GRAY, BLUE, rebalance=1.0), create()])
def test_no_rebalancing_weights_all_colors_equally(objective):
    rgb = tf.constant(plain(GRAY, BLUE) / np.float32(255))
    _, target = objective.target(rgb, luma(rgb), None)
    loss = float(objective.loss(target, tf.zeros(target.shape)))
    assert loss == pytest.approx(np.log(NUM_CHROMA_BINS), rel=1e-5)


def test_gray_training_images_are_rejected():
    with pytest.raises(UserError) as error:
        create(GRAY, (0, 0, 0), (255, 255, 255))
    received, expected, fix = str(error.value).splitlines()
    assert "3 training images, all of which are gray" in received
    assert "color images" in expected and "--dataset" in fix
    # A single image with some color is sufficient.
    assert create(*[GRAY] * 20, (100, 100, 101)).metadata["priors"]


@pytest.mark.parametrize("size", [(1, 1), (5, 8)])
def test_colorize_decodes_the_annealed_mean_and_keeps_luma(size):
    grayscale = tf.constant(np.random.default_rng(0).uniform(0.4, 0.6, (1, *size, 1)), tf.float32)
    one, other = GRAY_BIN + 1, GRAY_BIN - 1
    half = [-(-side // 2) for side in size]

    def network(grayscale, training):
        assert training is False
        return bins({one: 0.25, other: 0.75}, *half)

    # A temperature of 1/2 squares the probabilities; 0 selects the mode.
    for temperature, share in ((1.0, 0.25), (0.5, 0.1), (0.0, 0.0)):
        chroma = share * BIN_CENTERS[one] + (1 - share) * BIN_CENTERS[other]
        expected = luma_chroma_to_rgb(grayscale, np.broadcast_to(chroma, (1, *size, 2)))
        received = create().colorize(network, grayscale, temperature=temperature)
        np.testing.assert_allclose(received, expected, atol=1e-5)
    np.testing.assert_allclose(luma(received), grayscale, atol=1e-5)


def test_temperature_per_image():
    grayscale = tf.fill([2, 4, 4, 1], 0.5)
    one, other = GRAY_BIN + 1, GRAY_BIN - 1
    logits = tf.repeat(bins({one: 0.25, other: 0.75}, 2, 2), 2, axis=0)
    colors = create().colorize(
        lambda *_, training: logits, grayscale, None, tf.constant([1.0, 0.0])
    )
    chroma = rgb_to_chroma(colors).numpy()
    mean = 0.25 * BIN_CENTERS[one] + 0.75 * BIN_CENTERS[other]
    np.testing.assert_allclose(chroma[0], np.broadcast_to(mean, (4, 4, 2)), atol=1e-5)
    np.testing.assert_allclose(chroma[1], np.broadcast_to(BIN_CENTERS[other], (4, 4, 2)), atol=1e-5)


@pytest.mark.parametrize(("asked", "taken"), [(None, TEMPERATURE), (0.8, 0.8), (1, 1)])
def test_default_temperature(asked, taken):
    objective = create(temperature=asked)
    assert objective.temperature == objective.metadata["temperature"] == taken


def test_standard_deviation_of_two_colors_is_half_their_distance():
    one, other = GRAY_BIN + 20, GRAY_BIN - 1
    logits = tf.concat([bins({one: 0.5, other: 0.5}, 2, 3), bins({one: 1.0}, 2, 3)], axis=0)
    spread = (
        create().standard_deviation(lambda *_, training: logits, tf.zeros([2, 3, 5, 1])).numpy()
    )
    assert spread.shape == (2, 3, 5, 1)
    expected = np.linalg.norm(BIN_CENTERS[one] - BIN_CENTERS[other]) / 2
    np.testing.assert_allclose(spread[0], expected, rtol=1e-4)
    np.testing.assert_allclose(spread[1], 0, atol=1e-3)
