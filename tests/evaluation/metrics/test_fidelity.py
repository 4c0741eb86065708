"""Tests that compare fidelity metrics with values computed by hand or by TensorFlow."""

import math

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color.spaces import rgb_to_lab
from colorkeras.evaluation.color_statistics import NUM_AB_BINS, ab_bins, prior_from
from colorkeras.evaluation.metrics import METRICS

RED, GREEN, GRAY = (255, 0, 0), (0, 255, 0), (100, 100, 100)


@pytest.fixture(scope="module")
def images():
    """Two batches of random images with integer values, each float32 `[7, 16, 16, 3]`."""
    generator = np.random.default_rng(0)
    return tuple(
        tf.constant(generator.integers(0, 256, (7, 16, 16, 3)), tf.float32) for _ in range(2)
    )


def value_of(name, *inputs):
    metric = METRICS[name]
    return float(metric.finalize(tf.reduce_mean(metric.per_image(*inputs), axis=0)))


def flat(*levels):
    """Return uniform gray images of 16x16 pixels, one per level."""
    return tf.ones([len(levels), 16, 16, 3]) * tf.reshape(tf.constant(levels), [-1, 1, 1, 1])


# An error of e levels everywhere has a PSNR of 20 log10(255 / e).
@pytest.mark.parametrize("error, decibels", [(1, 48.1308), (10, 28.1308), (255, 0.0), (0, 60.0)])
def test_psnr_by_hand(error, decibels):
    truth, output = flat(0.0), flat(float(error))
    for name in ("psnr_pooled", "psnr_mean"):
        assert value_of(name, truth, output) == pytest.approx(decibels, abs=1e-3)


def test_pooled_psnr_differs_from_the_mean_of_psnr():
    truth, output = flat(0.0, 0.0), flat(1.0, 10.0)
    # Pooled: 10 log10(255^2 / ((1 + 100) / 2)); mean: (48.1308 + 28.1308) / 2.
    assert value_of("psnr_pooled", truth, output) == pytest.approx(31.0977, abs=1e-3)
    assert value_of("psnr_mean", truth, output) == pytest.approx(38.1308, abs=1e-3)


def test_mean_psnr_caps_each_image():
    truth, output = flat(0.0, 0.0), flat(0.0, 10.0)
    assert value_of("psnr_mean", truth, output) == pytest.approx((60 + 28.1308) / 2, abs=1e-3)


def test_best_of_8_takes_the_nearest_sample_of_each_image():
    truth = flat(0.0, 0.0)
    # The nearest samples are off by 10 levels and 1 level, and have different indices.
    samples = tf.stack([flat(10.0, 90.0), flat(80.0, 1.0), *[flat(70.0, 70.0)] * 6])
    assert value_of("best_of_8", truth, samples) == pytest.approx(31.0977, abs=1e-3)


def test_ssim_of_uniform_images_by_hand():
    # Without structure, only the luminance term in equation 13 of Wang et al. 2004 remains.
    c1 = (0.01 * 255) ** 2
    expected = (2 * 50 * 200 + c1) / (50**2 + 200**2 + c1)
    assert value_of("ssim", flat(50.0), flat(200.0)) == pytest.approx(expected, abs=1e-3)


def test_ssim_of_negated_structure_by_hand():
    # Two-pixel stripes around medium gray, and their negative: the window means are nearly equal,
    # and the structure term is at its minimum.
    stripes = np.where(np.arange(16) // 2 % 2, 100.0, 155.0).astype(np.float32)
    images = np.tile(stripes[:, None], [1, 1, 16, 3]).reshape(1, 16, 16, 3)
    assert value_of("ssim", images, 255 - images) < -0.9
    assert value_of("ssim", images, images) == pytest.approx(1)


def test_mae_in_levels(images):
    truth, output = (np.asarray(batch) for batch in images)
    assert value_of("mae", truth, output) == pytest.approx(np.abs(truth - output).mean(), rel=1e-5)
    assert value_of("mae", flat(5.0), flat(12.0)) == pytest.approx(7.0)


def test_ab_rmse_is_pooled_and_ignores_lightness(images):
    truth, output = (np.asarray(rgb_to_lab(batch / 255)) for batch in images)
    squared = ((truth - output)[..., 1:] ** 2).sum(axis=-1)
    assert value_of("ab_rmse", *images) == pytest.approx(math.sqrt(squared.mean()), rel=1e-4)
    assert value_of("ab_rmse", flat(50.0), flat(200.0)) == pytest.approx(0.0, abs=1e-3)


def test_ciede2000_of_black_and_white():
    # Equal to the difference in L*, whose weight is 1 at a mean L* of 50.
    assert value_of("ciede2000", flat(0.0), flat(255.0)) == pytest.approx(100.0, abs=0.01)


# L* by gray level (CIE 15): 50.03 at 119, 52.02 at 124, 53.19 at 127, 55.12 at 132, 56.27 at 135.
@pytest.mark.parametrize(
    "level, within_2, within_5",
    [(119, 100, 100), (124, 100, 100), (127, 0, 100), (132, 0, 100), (135, 0, 0)],
)
def test_lab_accuracy_rounds_lightness(level, within_2, within_5):
    truth, output = flat(119.0), flat(float(level))
    assert value_of("lab_accuracy_2", truth, output) == within_2
    assert value_of("lab_accuracy_5", truth, output) == within_5


def test_lab_accuracy_tolerates_2_2_times_as_much_in_a_and_b(images):
    generator = np.random.default_rng(1)
    truth, _ = images
    output = tf.clip_by_value(truth + generator.integers(-25, 26, truth.shape), 0, 255)
    lab = [np.round(np.asarray(rgb_to_lab(images / 255), np.float64)) for images in (truth, output)]
    off = np.abs(lab[0] - lab[1])
    for tolerance, limit in ((2, 4), (5, 11)):
        # Differences are whole numbers, so 4.4 is equivalent to 4.
        hits = (off[..., 0] <= tolerance) & (off[..., 1] <= limit) & (off[..., 2] <= limit)
        assert 0.05 < hits.mean() < 0.95
        name = f"lab_accuracy_{tolerance}"
        assert value_of(name, truth, output) == pytest.approx(100 * hits.mean(), abs=1e-3)


def row(*colors):
    """Return an image with a single row of pixels: float32 `[1, 1, n, 3]`."""
    return tf.constant([[colors]], tf.float32)


def balanced(prior, truth, output):
    return value_of("auc_balanced", truth, output, prior)


# Red has an a*b* of (80.0925, 67.2032). Its distance from gray is 104.551, so it is within the
# thresholds from 105 to 150, which are 46 of 151. Red and green are 167.04 apart, which is beyond
# the last threshold.
@pytest.mark.parametrize(
    "truth, output, hits", [(GRAY, GRAY, 151), (RED, GRAY, 46), (GRAY, RED, 46), (RED, GREEN, 0)]
)
def test_auc_by_hand(truth, output, hits):
    assert value_of("auc", row(truth), row(output)) == pytest.approx(100 * hits / 151)


def test_auc_is_the_mean_over_thresholds():
    generator = np.random.default_rng(0)
    truth, output = (generator.integers(0, 256, (3, 8, 8, 3)).astype(np.float32) for _ in range(2))
    difference = (np.asarray(rgb_to_lab(truth / 255)) - rgb_to_lab(output / 255))[..., 1:]
    distance = np.linalg.norm(difference, axis=-1)
    shares = [(distance <= threshold).mean() for threshold in range(151)]
    assert value_of("auc", truth, output) == pytest.approx(100 * np.mean(shares), rel=1e-4)


def test_balanced_auc_weights_pixels_by_the_true_bin():
    prior = np.full(NUM_AB_BINS, 0.1, np.float32)
    red, gray = ab_bins(row(RED, GRAY)).numpy()[0, 0]
    prior[red], prior[gray] = 0.2, 0.8
    # Three correct gray pixels and a red pixel predicted as gray.
    truth, output = row(GRAY, GRAY, GRAY, RED), row(GRAY, GRAY, GRAY, GRAY)
    weights, areas = [3 / 0.8, 1 / 0.2], [1, 46 / 151]
    expected = 100 * np.dot(weights, areas) / sum(weights)
    assert balanced(prior, truth, output) == pytest.approx(expected, rel=1e-5)
    # With ground truth and prediction swapped, all pixels have the weight of gray.
    expected = 100 * (3 + 46 / 151) / 4
    assert balanced(prior, output, truth) == pytest.approx(expected, rel=1e-5)


def test_balanced_auc_without_imbalance_is_auc():
    generator = np.random.default_rng(0)
    truth, output = (generator.integers(0, 256, (3, 8, 8, 3)).astype(np.float32) for _ in range(2))
    prior = np.full(NUM_AB_BINS, 1 / NUM_AB_BINS, np.float32)
    expected = value_of("auc", truth, output)
    assert balanced(prior, truth, output) == pytest.approx(expected, rel=1e-5)


def test_all_colors_count_equally_under_their_own_prior():
    # 90 correct gray pixels and 10 red pixels predicted as gray contribute half each, apart from
    # the effect of the uniform distribution in the prior.
    truth, output = row(*[GRAY] * 90, *[RED] * 10), row(*[GRAY] * 100)
    prior = prior_from(np.bincount(ab_bins(truth).numpy().ravel(), minlength=NUM_AB_BINS))
    expected = 100 * (1 + 46 / 151) / 2
    assert balanced(prior, truth, output) == pytest.approx(expected, abs=1.5)
