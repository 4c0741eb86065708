"""Tests that compare colorfulness metrics with values computed by hand or in NumPy."""

import math

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color.spaces import rgb_to_lab
from colorkeras.evaluation.metrics import METRICS, colorfulness
from colorkeras.evaluation.metrics.colorfulness import (
    NUM_HUES,
    ab_chroma,
    hue_distance,
    hue_histogram,
)

RED, GREEN, GRAY = (255.0, 0.0, 0.0), (0.0, 255.0, 0.0), (100.0, 100.0, 100.0)


@pytest.fixture(scope="module")
def truth():
    """Random images with integer values, float32 `[7, 16, 16, 3]`."""
    return tf.constant(np.random.default_rng(0).integers(0, 256, (7, 16, 16, 3)), tf.float32)


def value_of(name, truth, output):
    metric = METRICS[name]
    return float(metric.finalize(tf.reduce_mean(metric.per_image(truth, output), axis=0)))


def grays_of(images):
    return tf.repeat(images[..., :1], 3, axis=-1)


def test_colorfulness_by_hand():
    # For a red and a blue pixel, rg is (255, 0) and yb is (127.5, -255). The population standard
    # deviations are 127.5 and 191.25, and the means are 127.5 and -63.75:
    # sqrt(127.5^2 + 191.25^2) + 0.3 sqrt(127.5^2 + 63.75^2).
    image = tf.constant([[[[255.0, 0, 0], [0, 0, 255.0]]]])
    assert float(colorfulness(image)[0]) == pytest.approx(272.6170, abs=1e-2)


def test_colorfulness_is_the_formula_of_hasler_and_suesstrunk(truth):
    for image, value in zip(truth.numpy(), colorfulness(truth), strict=True):
        red, green, blue = np.moveaxis(image.astype(np.float64), -1, 0)
        rg, yb = red - green, 0.5 * (red + green) - blue
        deviation = math.hypot(rg.std(), yb.std())
        expected = deviation + 0.3 * math.hypot(rg.mean(), yb.mean())
        assert float(value) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", ["colorfulness", "colorfulness_ratio", "mean_chroma"])
def test_colorfulness_of_gray_is_zero(name, truth):
    assert value_of(name, truth, grays_of(truth)) == 0


def test_colorfulness_ratio_is_a_ratio_of_means(truth):
    # Colorfulness is linear in chroma. One image has half its chroma, another has all of it.
    truth = truth[:2]
    output = tf.stack([(truth[0] + grays_of(truth)[0]) / 2, truth[1]])
    first, second = colorfulness(truth).numpy()
    expected = 100 * (first / 2 + second) / (first + second)
    assert value_of("colorfulness_ratio", truth, output) == pytest.approx(expected, rel=1e-4)
    # For a gray ground truth, the ratio is defined as 0.
    assert value_of("colorfulness_ratio", grays_of(truth), truth) == 0


def test_mean_chroma_by_hand():
    # Red has an a*b* of (80.0925, 67.2032).
    output = tf.constant([[[RED, GRAY]]])
    expected = math.hypot(80.0925, 67.2032) / 2
    assert value_of("mean_chroma", output, output) == pytest.approx(expected, abs=0.01)


def test_every_8_bit_color_but_gray_has_chroma():
    gray = np.repeat(np.arange(256, dtype=np.float32)[:, np.newaxis], 3, axis=1)[np.newaxis]
    assert not ab_chroma(tf.constant(gray[np.newaxis])).numpy().any()
    for step in np.eye(3, dtype=np.float32):
        colors = tf.constant(np.minimum(gray[:, :255] + step, 255)[np.newaxis])
        assert ab_chroma(colors).numpy().all()


def test_hue_histogram_matches_numpy(truth):
    lab = np.asarray(rgb_to_lab(truth / 255), np.float64)
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) % 360
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    for histogram, degrees, weights in zip(hue_histogram(truth), hue, chroma, strict=True):
        expected, _ = np.histogram(degrees, NUM_HUES, (0, 360), weights=weights)
        np.testing.assert_allclose(histogram, expected / 256, rtol=1e-3, atol=1e-3)


def histogram(**shares):
    """Return a histogram with the given bin values, such as `histogram(bin0=1)`."""
    result = np.zeros(NUM_HUES, np.float32)
    for name, share in shares.items():
        result[int(name.removeprefix("bin"))] = share
    return result


@pytest.mark.parametrize(
    "first, second, degrees",
    [
        (histogram(bin0=1), histogram(bin0=1), 0),
        (histogram(bin0=1), histogram(bin3=1), 30),
        # The sum of a histogram does not matter.
        (histogram(bin0=5), histogram(bin3=0.1), 30),
        # The shortest path wraps around the circle.
        (histogram(bin35=1), histogram(bin2=1), 30),
        (histogram(bin0=1), histogram(bin18=1), 180),
        (histogram(bin0=1), histogram(bin27=1), 90),
        # Half of the mass moves by 40 degrees.
        (histogram(bin0=0.5, bin10=0.5), histogram(bin0=0.5, bin14=0.5), 20),
        (histogram(bin0=1), histogram(bin35=0.5, bin1=0.5), 10),
        (np.ones(NUM_HUES, np.float32), histogram(bin7=1), 90),
        (histogram(), histogram(bin0=1), 180),
        (histogram(bin0=1), histogram(), 180),
        (histogram(), histogram(), 0),
    ],
)
def test_hue_distance_by_hand(first, second, degrees):
    both = tf.constant(np.concatenate([first, second]))
    assert float(hue_distance(both)) == pytest.approx(degrees, abs=1e-3)
    # Batches are supported.
    together = hue_distance(tf.stack([both] * 3))
    np.testing.assert_allclose(together, [degrees] * 3, atol=1e-3)


def test_hue_distance_is_the_minimum_over_all_cuts_of_the_circle():
    generator = np.random.default_rng(0)
    for _ in range(20):
        first, second = generator.dirichlet(np.full(NUM_HUES, 0.2), 2)
        difference = first - second
        costs = [np.abs(np.cumsum(np.roll(difference, k))).sum() for k in range(NUM_HUES)]
        both = tf.constant(np.concatenate([first, second]), tf.float32)
        assert float(hue_distance(both)) == pytest.approx(10 * min(costs), rel=1e-3)


def test_hue_distance_compares_all_images_together():
    red, green = (tf.reshape(tf.constant(color), [1, 1, 1, 3]) for color in (RED, GREEN))
    one, other = tf.concat([red, green], 0), tf.concat([green, red], 0)
    assert value_of("hue_distance", one, other) == pytest.approx(0, abs=1e-3)
    # Hues of 40.0 and 136.0 degrees fall into bins 4 (rounded up from 39.999) and 13.
    assert value_of("hue_distance", red, green) == pytest.approx(100, abs=10.1)
    assert value_of("hue_distance", red, grays_of(red)) == 180


def test_diversity_is_between_two_samples_and_ignores_the_truth(truth):
    samples = tf.stack([truth, *[tf.reverse(truth, [1])] * 7])
    expected = value_of("ciede2000", truth, tf.reverse(truth, [1]))
    assert value_of("diversity", tf.zeros_like(truth), samples) == pytest.approx(expected)
