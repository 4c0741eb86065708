"""Tests that compare the target and loss for "hinted_bins" with NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color.chroma_bins import NUM_CHROMA_BINS, rebalancing_weights, soft_encode
from colorkeras.color.spaces import luma, rgb_to_chroma
from colorkeras.data import ArraySource
from colorkeras.data.hints import simulate_hints
from colorkeras.data.stateless_random import Randomness
from colorkeras.objectives import hinted_loss

BLUE, GRAY = (60, 90, 200), (100, 100, 100)
PRIORS = np.random.default_rng(0).dirichlet(np.ones(NUM_CHROMA_BINS))


def random_images(count=8, height=32, width=24):
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, [count, height, width, 3]).astype(np.float32) / 255


def target(rgb, step=3):
    rgb = tf.constant(rgb)
    return hinted_loss.target(rgb, luma(rgb), Randomness(5, step))


def test_target_has_hints_and_the_chroma_of_a_quarter_of_the_positions():
    rgb = random_images()
    (grayscale, hints), positions = target(rgb)
    np.testing.assert_array_equal(grayscale, luma(rgb))
    assert hints.shape == rgb.shape and hints.dtype == tf.float32
    seeds = Randomness(5, 3).integers(8, [2], 2**31 - 1).numpy()
    images = np.round(255 * rgb).astype(np.uint8)
    recolored = []
    for one, image, seed in zip(hints, images, seeds, strict=True):
        expected, after = simulate_hints(image, np.random.default_rng(seed))
        np.testing.assert_array_equal(one, expected)
        recolored.append(after / np.float32(255))
    assert 0 < np.count_nonzero(hints) < hints.shape.num_elements()
    means = np.stack(recolored).reshape(8, 8, 4, 6, 4, 3).mean((2, 4))
    top, left = positions["offset"].numpy()
    expected = rgb_to_chroma(means[:, top::2, left::2])
    np.testing.assert_allclose(positions["chroma"], expected, atol=1e-5)


def test_target_has_the_chroma_of_recolored_regions(monkeypatch):
    rgb = random_images()
    images = np.round(255 * rgb).astype(np.uint8)
    recolored = images[..., ::-1]

    def simulate(image, generator):
        return np.zeros(image.shape, np.float32), image[..., ::-1]

    monkeypatch.setattr(hinted_loss, "simulate_hints", simulate)
    _, positions = target(rgb)
    means = (recolored / np.float32(255)).reshape(8, 8, 4, 6, 4, 3).mean((2, 4))
    top, left = positions["offset"].numpy()
    expected = rgb_to_chroma(means[:, top::2, left::2])
    np.testing.assert_allclose(positions["chroma"], expected, atol=1e-5)


def test_target_depends_on_seed_and_step_only():
    (_, hints), positions = target(random_images())
    (_, again), same = target(random_images())
    np.testing.assert_array_equal(hints, again)
    np.testing.assert_array_equal(positions["offset"], same["offset"])
    (_, other), _ = target(random_images(), step=4)
    assert np.abs(hints - other).max() > 0.1
    offsets = {tuple(target(random_images(1), step)[1]["offset"].numpy()) for step in range(30)}
    assert offsets == {(0, 0), (0, 1), (1, 0), (1, 1)}


@pytest.mark.parametrize("size", [(2, 3), (8, 8), (33, 30)])
def test_target_of_any_size(size):
    (_, hints), positions = target(random_images(20, *size))
    assert np.isfinite(hints).all()
    assert min(positions["chroma"].shape) >= 1 and np.isfinite(positions["chroma"]).all()


def expected_loss(chroma, logits, mean, median):
    """Compute the loss in NumPy, with exact soft encoding."""
    encoded = soft_encode(tf.constant(chroma)).numpy()
    weights = rebalancing_weights(PRIORS, 0.5) ** 0.5
    weights /= (PRIORS * weights).sum()
    shifted = logits - logits.max(-1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    entropy = -(encoded * log_probabilities).sum(-1) * weights[encoded.argmax(-1)]

    def squared_error(point):
        difference = point - chroma
        blue, red = 1.772 * difference[..., 0], 1.402 * difference[..., 1]
        green = (0.114 * blue + 0.299 * red) / 0.587
        return (red**2 + green**2 + blue**2) / hinted_loss.GRAY_ERROR

    median_error = np.sqrt(squared_error(median) + 1e-3).mean()
    return entropy.mean() + squared_error(mean).mean() + 0.5 * median_error


def test_loss_equals_the_formula_at_the_chosen_positions():
    generator = np.random.default_rng(1)
    # At cell centers, the lookup table is exact.
    chroma = (generator.integers(40, 88, [2, 4, 4, 2]) + 0.5) / 128 - 0.5
    chroma = chroma.astype(np.float32)
    prediction = generator.normal(0, 0.3, [2, 8, 8, NUM_CHROMA_BINS + 4]).astype(np.float32)
    loss = hinted_loss.make_loss(PRIORS)({"chroma": chroma, "offset": [1, 0]}, prediction)
    chosen = prediction[:, 1::2, 0::2]
    expected = expected_loss(
        chroma, chosen[..., :NUM_CHROMA_BINS], chosen[..., -4:-2], chosen[..., -2:]
    )
    assert float(loss) == pytest.approx(expected, rel=3e-3)


def test_lowest_loss_at_the_truth():
    chroma = np.full([1, 1, 1, 2], 0.1, np.float32)
    loss = hinted_loss.make_loss(PRIORS)
    logits = np.log(soft_encode(tf.constant(chroma)).numpy() + 1e-9)
    best = np.concatenate([logits, chroma, chroma], -1)
    values = [float(loss({"chroma": chroma, "offset": [0, 0]}, best))]
    for change in (slice(0, 30), slice(-4, -2), slice(-2, None)):
        worse = best.copy()
        worse[..., change] += 0.2 if change.start < 0 else 20
        values.append(float(loss({"chroma": chroma, "offset": [0, 0]}, worse)))
    assert np.isfinite(values).all() and min(values[1:]) > values[0] + 0.01


def test_gradient_is_finite_where_the_median_is_exact():
    prediction = tf.Variable(tf.zeros([1, 2, 2, NUM_CHROMA_BINS + 4]))
    with tf.GradientTape() as tape:
        loss = hinted_loss.make_loss(PRIORS)(
            {"chroma": tf.zeros([1, 1, 1, 2]), "offset": [0, 0]}, prediction
        )
    gradient = tape.gradient(loss, prediction).numpy()
    assert np.isfinite(gradient).all() and gradient.any()


def test_weights_without_priors_are_1():
    np.testing.assert_array_equal(hinted_loss.class_weights(None), np.ones(NUM_CHROMA_BINS))


def test_priors_count_evenly_spaced_images(monkeypatch):
    monkeypatch.setattr(hinted_loss, "NUM_COUNTED_IMAGES", 3)
    colors = [GRAY, BLUE, BLUE, BLUE, BLUE, GRAY]
    images = np.stack([np.full((8, 8, 3), color, np.uint8) for color in colors])
    priors = hinted_loss.count_priors(ArraySource(images))
    gray, blue = (
        soft_encode(rgb_to_chroma(tf.constant(color, tf.float32) / 255)) for color in (GRAY, BLUE)
    )
    # Images 0, 2 and 4 are counted. The table has cells of 1/128.
    np.testing.assert_allclose(priors, (gray + 2 * blue) / 3, atol=0.05)
    assert priors.sum() == pytest.approx(1)
