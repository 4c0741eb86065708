"""Tests of the areas under curves, and of the balance between rare and common colors."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color.spaces import rgb_to_lab
from colorkeras.evaluation.color_statistics import NUM_AB_BINS, UNIFORM_SHARE, ab_bins, prior_from
from colorkeras.evaluation.metrics import METRICS

RED, GREEN, BLUE, GRAY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (100, 100, 100)


def row(*colors):
    """A picture of one row of pixels: float32 `[1, 1, n, 3]`."""
    return tf.constant([[colors]], tf.float32)


def figure(name, *given):
    metric = METRICS[name]
    return float(metric.finalize(tf.reduce_mean(metric.per_image(*given), axis=0)))


def balanced(prior, truth, output):
    return figure("auc_balanced", truth, output, prior)


# Red has a*b* of 80.0925, 67.2032, 104.551 from gray: of the 151 thresholds 105 to 150 are hit.
# Red and green are 167.04 apart, farther than the last threshold.
@pytest.mark.parametrize(
    "truth, output, hits", [(GRAY, GRAY, 151), (RED, GRAY, 46), (GRAY, RED, 46), (RED, GREEN, 0)]
)
def test_auc_by_hand(truth, output, hits):
    assert figure("auc", row(truth), row(output)) == pytest.approx(100 * hits / 151)


def test_auc_is_the_mean_over_thresholds():
    generator = np.random.default_rng(0)
    truth, output = (generator.integers(0, 256, (3, 8, 8, 3)).astype(np.float32) for _ in range(2))
    difference = (np.asarray(rgb_to_lab(truth / 255)) - rgb_to_lab(output / 255))[..., 1:]
    distance = np.linalg.norm(difference, axis=-1)
    shares = [(distance <= threshold).mean() for threshold in range(151)]
    assert figure("auc", truth, output) == pytest.approx(100 * np.mean(shares), rel=1e-4)


def test_bins_are_centered_at_multiples_of_ten():
    # Of red a*b* is 80.09, 67.20, so the bin is that of 80, 70; of blue it is 79.19, -107.86.
    red, green, blue, gray, dark = ab_bins(row(RED, GREEN, BLUE, GRAY, (0, 0, 0))).numpy()[0, 0]
    assert gray == dark == NUM_AB_BINS // 2
    side = round(NUM_AB_BINS**0.5)
    assert [divmod(number - gray + side * 100 + 11, side) for number in (red, green, blue)] == [
        (100 + 8, 11 + 7), (100 - 9, 11 + 8), (100 + 8, 11 - 11),
    ]  # fmt: skip


def test_every_color_has_a_bin():
    levels = tf.range(0, 256, 15, dtype=tf.float32)
    colors = tf.stack(tf.meshgrid(levels, levels, levels), axis=-1)
    bins = ab_bins(colors).numpy()
    assert bins.min() >= 0 and bins.max() < NUM_AB_BINS
    # In all of the plane, so that the grid is not cut off on one side.
    assert len(np.unique(bins)) > 200


def test_prior_is_that_of_training_mixed_with_the_uniform_one():
    counts = np.zeros(NUM_AB_BINS, np.int64)
    counts[[3, 5]] = 99, 1
    prior = prior_from(counts)
    floor = UNIFORM_SHARE / 2
    rest = 1 - UNIFORM_SHARE
    np.testing.assert_allclose(prior[[3, 5, 0]], [0.99 * rest + floor, 0.01 * rest + floor, floor])
    assert prior.dtype == np.float32


def test_balanced_auc_weighs_by_the_true_bin():
    prior = np.full(NUM_AB_BINS, 0.1, np.float32)
    red, gray = ab_bins(row(RED, GRAY)).numpy()[0, 0]
    prior[red], prior[gray] = 0.2, 0.8
    # Three gray pixels that are right, one red one that is taken for gray.
    truth, output = row(GRAY, GRAY, GRAY, RED), row(GRAY, GRAY, GRAY, GRAY)
    weights, areas = [3 / 0.8, 1 / 0.2], [1, 46 / 151]
    expected = 100 * np.dot(weights, areas) / sum(weights)
    assert balanced(prior, truth, output) == pytest.approx(expected, rel=1e-5)
    # The other way round, the weight is that of gray for all.
    expected = 100 * (3 + 46 / 151) / 4
    assert balanced(prior, output, truth) == pytest.approx(expected, rel=1e-5)


def test_balanced_auc_without_imbalance_is_auc():
    generator = np.random.default_rng(0)
    truth, output = (generator.integers(0, 256, (3, 8, 8, 3)).astype(np.float32) for _ in range(2))
    prior = np.full(NUM_AB_BINS, 1 / NUM_AB_BINS, np.float32)
    expected = figure("auc", truth, output)
    assert balanced(prior, truth, output) == pytest.approx(expected, rel=1e-5)


def test_every_class_counts_alike_under_its_own_prior():
    # 90 pixels of gray that are right and 10 of red that are taken for gray: half and half, but
    # for what the uniform share changes.
    truth, output = row(*[GRAY] * 90, *[RED] * 10), row(*[GRAY] * 100)
    prior = prior_from(np.bincount(ab_bins(truth).numpy().ravel(), minlength=NUM_AB_BINS))
    expected = 100 * (1 + 46 / 151) / 2
    assert balanced(prior, truth, output) == pytest.approx(expected, abs=1.5)
