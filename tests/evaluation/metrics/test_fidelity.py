"""Tests of distances from the truth against values computed by hand or by TensorFlow."""

import math

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color.spaces import rgb_to_lab
from colorkeras.evaluation.metrics import METRICS


@pytest.fixture(scope="module")
def pictures():
    """Two sets of random pictures, whole values: float32 `[7, 16, 16, 3]`."""
    generator = np.random.default_rng(0)
    return tuple(
        tf.constant(generator.integers(0, 256, (7, 16, 16, 3)), tf.float32) for _ in range(2)
    )


def figure(name, truth, output):
    metric = METRICS[name]
    return float(metric.finalize(tf.reduce_mean(metric.per_image(truth, output), axis=0)))


def flat(*levels):
    """Gray pictures of 16x16 pixels, one for each level."""
    return tf.ones([len(levels), 16, 16, 3]) * tf.reshape(tf.constant(levels), [-1, 1, 1, 1])


# An error of e levels everywhere has a PSNR of 20 log10(255 / e).
@pytest.mark.parametrize("error, decibels", [(1, 48.1308), (10, 28.1308), (255, 0.0), (0, 60.0)])
def test_psnr_by_hand(error, decibels):
    truth, output = flat(0.0), flat(float(error))
    for name in ("psnr_pooled", "psnr_mean"):
        assert figure(name, truth, output) == pytest.approx(decibels, abs=1e-3)


def test_pooled_psnr_differs_from_the_mean_of_psnr():
    truth, output = flat(0.0, 0.0), flat(1.0, 10.0)
    # Pooled: 10 log10(255^2 / ((1 + 100) / 2)); mean: (48.1308 + 28.1308) / 2.
    assert figure("psnr_pooled", truth, output) == pytest.approx(31.0977, abs=1e-3)
    assert figure("psnr_mean", truth, output) == pytest.approx(38.1308, abs=1e-3)


def test_each_picture_is_capped_in_the_mean_of_psnr():
    truth, output = flat(0.0, 0.0), flat(0.0, 10.0)
    assert figure("psnr_mean", truth, output) == pytest.approx((60 + 28.1308) / 2, abs=1e-3)


def test_best_of_8_takes_the_nearest_sample_of_each_picture():
    truth = flat(0.0, 0.0)
    # The nearest are off by 10 and by 1 level, in different samples.
    samples = tf.stack([flat(10.0, 90.0), flat(80.0, 1.0), *[flat(70.0, 70.0)] * 6])
    assert figure("best_of_8", truth, samples) == pytest.approx(31.0977, abs=1e-3)


def test_ssim_of_plain_pictures_by_hand():
    # Without structure what is left of Wang et al. 2004, equation 13, is the term of luminance.
    c1 = (0.01 * 255) ** 2
    expected = (2 * 50 * 200 + c1) / (50**2 + 200**2 + c1)
    assert figure("ssim", flat(50.0), flat(200.0)) == pytest.approx(expected, abs=1e-3)


def test_ssim_of_negated_structure_by_hand():
    # Stripes of two pixels around the middle gray, and their negative: the means of windows are
    # nearly equal, so that structure alone, at its worst, tells.
    stripes = np.where(np.arange(16) // 2 % 2, 100.0, 155.0).astype(np.float32)
    pictures = np.tile(stripes[:, None], [1, 1, 16, 3]).reshape(1, 16, 16, 3)
    assert figure("ssim", pictures, 255 - pictures) < -0.9
    assert figure("ssim", pictures, pictures) == pytest.approx(1)


def test_mae_in_levels(pictures):
    truth, output = (np.asarray(images) for images in pictures)
    assert figure("mae", truth, output) == pytest.approx(np.abs(truth - output).mean(), rel=1e-5)
    assert figure("mae", flat(5.0), flat(12.0)) == pytest.approx(7.0)


def test_ab_rmse_is_pooled_and_ignores_lightness(pictures):
    truth, output = (np.asarray(rgb_to_lab(images / 255)) for images in pictures)
    squared = ((truth - output)[..., 1:] ** 2).sum(axis=-1)
    assert figure("ab_rmse", *pictures) == pytest.approx(math.sqrt(squared.mean()), rel=1e-4)
    assert figure("ab_rmse", flat(50.0), flat(200.0)) == pytest.approx(0.0, abs=1e-3)


def test_ciede2000_of_black_and_white():
    # Equal to the difference in L*, for which the weight is 1 at a mean of 50.
    assert figure("ciede2000", flat(0.0), flat(255.0)) == pytest.approx(100.0, abs=0.01)


# L* of gray by CIE 15: level 119 has 50.03, 124 has 52.02, 127 has 53.19, 132 has 55.12, 135 56.27.
@pytest.mark.parametrize(
    "level, within_2, within_5",
    [(119, 100, 100), (124, 100, 100), (127, 0, 100), (132, 0, 100), (135, 0, 0)],
)
def test_lab_accuracy_rounds_lightness(level, within_2, within_5):
    truth, output = flat(119.0), flat(float(level))
    assert figure("lab_accuracy_2", truth, output) == within_2
    assert figure("lab_accuracy_5", truth, output) == within_5


def test_lab_accuracy_allows_2_2_times_as_much_in_a_and_b(pictures):
    generator = np.random.default_rng(1)
    truth, _ = pictures
    output = tf.clip_by_value(truth + generator.integers(-25, 26, truth.shape), 0, 255)
    lab = [np.round(np.asarray(rgb_to_lab(images / 255), np.float64)) for images in (truth, output)]
    off = np.abs(lab[0] - lab[1])
    for tolerance, limit in ((2, 4), (5, 11)):
        # Differences are whole numbers, so 4.4 is as good as 4.
        hits = (off[..., 0] <= tolerance) & (off[..., 1] <= limit) & (off[..., 2] <= limit)
        assert 0.05 < hits.mean() < 0.95
        name = f"lab_accuracy_{tolerance}"
        assert figure(name, truth, output) == pytest.approx(100 * hits.mean(), abs=1e-3)
