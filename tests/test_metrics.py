"""Tests of the measures against values computed by hand, in NumPy or by TensorFlow."""

import math

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color import luma, rgb_to_lab
from colorkeras.metrics import (
    METRICS,
    MIN_SSIM_SIZE,
    PSNR_CAP,
    MeanOverImages,
    colorfulness,
    metrics_for,
    rounded,
)

BEST = {
    "psnr_pooled": PSNR_CAP,
    "psnr_mean": PSNR_CAP,
    "ssim": 1.0,
    "mae": 0.0,
    "ab_rmse": 0.0,
    "ciede2000": 0.0,
    "luma_gradients": 1.0,
}
TRUTHS_OWN = {
    "colorfulness": lambda truth: float(tf.reduce_mean(colorfulness(truth))),
    "chroma_variation": lambda truth: 1.0,
}
"""Figures of the truth itself, for metrics that have no best value but its own."""


@pytest.fixture(scope="module")
def pictures():
    """Truth and a noisy copy as the metrics see them, whole values: float32 `[7, 16, 16, 3]`."""
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 256, (7, 16, 16, 3))
    # More noise from picture to picture, so that they differ in every measure.
    noise = generator.normal(size=truth.shape) * np.arange(1, 8).reshape(7, 1, 1, 1) * 5
    output = np.clip(np.round(truth + noise), 0, 255)
    return tf.constant(truth, tf.float32), tf.constant(output, tf.float32)


def _figure(name, truth, output):
    metric = METRICS[name]
    return float(metric.finish(tf.reduce_mean(metric.per_image(truth, output), axis=0)))


def _flat(*levels):
    """Gray pictures of 16x16 pixels, one for each level."""
    return tf.ones([len(levels), 16, 16, 3]) * tf.reshape(tf.constant(levels), [-1, 1, 1, 1])


@pytest.mark.parametrize("name", METRICS)
def test_finite_numbers_for_each_picture(name, pictures):
    values = METRICS[name].per_image(*pictures)
    num_values = METRICS[name].num_values
    assert values.shape == ([7] if num_values is None else [7, num_values])
    assert values.dtype == tf.float32
    assert np.isfinite(values).all()
    assert math.isfinite(_figure(name, *pictures))


@pytest.mark.parametrize("name", METRICS)
def test_identical_pictures_have_the_best_value(name, pictures):
    truth, output = pictures
    if METRICS[name].higher_is_better is None:
        assert _figure(name, truth, truth) == pytest.approx(TRUTHS_OWN[name](truth))
        return
    best = _figure(name, truth, truth)
    assert best == pytest.approx(BEST[name], abs=1e-5)
    worse = _figure(name, truth, output)
    assert worse < best if METRICS[name].higher_is_better else worse > best


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_described(name):
    assert METRICS[name].title
    assert METRICS[name].description.endswith(".")


# An error of e levels everywhere has a PSNR of 20 log10(255 / e).
@pytest.mark.parametrize("error, decibels", [(1, 48.1308), (10, 28.1308), (255, 0.0), (0, 60.0)])
def test_psnr_by_hand(error, decibels):
    truth, output = _flat(0.0), _flat(float(error))
    for name in ("psnr_pooled", "psnr_mean"):
        assert _figure(name, truth, output) == pytest.approx(decibels, abs=1e-3)


def test_pooled_psnr_differs_from_the_mean_of_psnr():
    truth, output = _flat(0.0, 0.0), _flat(1.0, 10.0)
    # Pooled: 10 log10(255^2 / ((1 + 100) / 2)); mean: (48.1308 + 28.1308) / 2.
    assert _figure("psnr_pooled", truth, output) == pytest.approx(31.0977, abs=1e-3)
    assert _figure("psnr_mean", truth, output) == pytest.approx(38.1308, abs=1e-3)


def test_each_picture_is_capped_in_the_mean_of_psnr():
    truth, output = _flat(0.0, 0.0), _flat(0.0, 10.0)
    assert _figure("psnr_mean", truth, output) == pytest.approx((60 + 28.1308) / 2, abs=1e-3)


def test_ssim_is_that_of_tensorflow(pictures):
    expected = tf.image.ssim(*pictures, max_val=255)
    np.testing.assert_allclose(METRICS["ssim"].per_image(*pictures), expected, rtol=1e-6)


def test_mae_in_levels(pictures):
    truth, output = (np.asarray(images) for images in pictures)
    assert _figure("mae", truth, output) == pytest.approx(np.abs(truth - output).mean(), rel=1e-5)
    assert _figure("mae", _flat(5.0), _flat(12.0)) == pytest.approx(7.0)


def test_ab_rmse_is_pooled_and_ignores_lightness(pictures):
    truth, output = (np.asarray(rgb_to_lab(images / 255)) for images in pictures)
    squared = ((truth - output)[..., 1:] ** 2).sum(axis=-1)
    assert _figure("ab_rmse", *pictures) == pytest.approx(math.sqrt(squared.mean()), rel=1e-4)
    assert _figure("ab_rmse", _flat(50.0), _flat(200.0)) == pytest.approx(0.0, abs=1e-3)


def test_ciede2000_of_black_and_white():
    # Equal to the difference in L*, for which the weight is 1 at a mean of 50.
    assert _figure("ciede2000", _flat(0.0), _flat(255.0)) == pytest.approx(100.0, abs=0.01)


def test_colorfulness_by_hand():
    # Two pixels, red and blue: rg = 255, 0; yb = 127.5, -255. Population deviations 127.5 and
    # 191.25, means 127.5 and -63.75: sqrt(127.5^2 + 191.25^2) + 0.3 sqrt(127.5^2 + 63.75^2).
    picture = tf.constant([[[[255.0, 0, 0], [0, 0, 255.0]]]])
    assert float(colorfulness(picture)[0]) == pytest.approx(272.6170, abs=1e-2)


def test_colorfulness_is_the_formula_of_hasler_and_suesstrunk(pictures):
    for picture, value in zip(pictures[0].numpy(), colorfulness(pictures[0]), strict=True):
        red, green, blue = np.moveaxis(picture.astype(np.float64), -1, 0)
        rg, yb = red - green, 0.5 * (red + green) - blue
        deviation = math.hypot(rg.std(), yb.std())
        expected = deviation + 0.3 * math.hypot(rg.mean(), yb.mean())
        assert float(value) == pytest.approx(expected, rel=1e-4)


def test_colorfulness_of_gray_is_zero(pictures):
    gray = tf.repeat(pictures[0][..., :1], 3, axis=-1)
    np.testing.assert_array_equal(colorfulness(gray), np.zeros(7))


def test_colorfulness_is_of_the_output(pictures):
    truth, _ = pictures
    assert _figure("colorfulness", truth, _flat(*[9.0] * 7)) == 0.0


@pytest.mark.parametrize("name", METRICS)
def test_mean_over_images_does_not_depend_on_batches(name, pictures):
    truth, output = pictures
    for cuts in ([7], [1, 6], [3, 2, 2], [1] * 7):
        metric = MeanOverImages(METRICS[name], name)
        for truths, outputs in zip(tf.split(truth, cuts), tf.split(output, cuts), strict=True):
            metric.update_state(truths, outputs)
        assert float(metric.result()) == pytest.approx(_figure(name, truth, output), rel=1e-4)


def test_mean_over_images_starts_anew_after_a_reset(pictures):
    truth, output = pictures
    metric = MeanOverImages(METRICS["mae"], "mae")
    metric.update_state(truth, output)
    metric.reset_state()
    metric.update_state(truth, truth)
    assert float(metric.result()) == 0.0


@pytest.mark.parametrize("size", [8, MIN_SSIM_SIZE - 1, MIN_SSIM_SIZE, 32])
def test_metrics_for_a_size_can_be_computed_there(size):
    metrics = metrics_for(size)
    assert ("ssim" in metrics) == (size >= MIN_SSIM_SIZE)
    assert set(METRICS) - set(metrics) <= {"ssim"}
    picture = tf.ones([2, size, size, 3])
    for metric in metrics.values():
        assert metric.per_image(picture, picture).shape[0] == 2


def test_rounded_gives_whole_values_of_8_bits():
    result = rounded(tf.constant([-1.0, 0.0, 0.3, 0.5, 1.0, 2.0]))
    assert result.dtype == tf.float32
    assert result.numpy().tolist() == [0, 0, 76, 128, 255, 255]


def test_chroma_variation_by_hand(pictures):
    truth, _ = pictures
    # Half the chroma, with luma as it was, has half the variation.
    gray = luma(truth)
    assert _figure("chroma_variation", truth, (truth + gray) / 2) == pytest.approx(0.5, rel=1e-5)
    assert _figure("chroma_variation", truth, tf.repeat(gray, 3, -1)) == pytest.approx(0, abs=1e-5)
    # Cb of blue b over gray is b / 2, Cr is -0.114 b / 1.402: steps of one pixel's row and column.
    spot = np.zeros([1, 4, 4, 3], np.float32)
    spot[0, 1, 1, 2] = 100
    metric = METRICS["chroma_variation"].per_image(tf.constant(spot), tf.constant(spot))
    expected = 4 * (50 + 100 * 0.114 / 1.402) / 32
    np.testing.assert_allclose(metric, [[expected, expected]], rtol=1e-5)
    # All gray, where there is nothing to relate to.
    assert _figure("chroma_variation", _flat(7.0), _flat(9.0)) == 0


def test_correlation_of_luma_gradients_is_numpys(pictures):
    def steps(rgb):
        y = rgb.numpy() @ [0.299, 0.587, 0.114]
        return np.concatenate([np.diff(y, axis=1).ravel(), np.diff(y, axis=2).ravel()])

    expected = np.corrcoef(steps(pictures[0]), steps(pictures[1]))[0, 1]
    assert _figure("luma_gradients", *pictures) == pytest.approx(expected, rel=1e-4)
    # Neither brightness nor contrast counts, the sign does.
    truth, _ = pictures
    assert _figure("luma_gradients", truth, truth * 0.5 + 20) == pytest.approx(1, abs=1e-4)
    assert _figure("luma_gradients", truth, 255 - truth) == pytest.approx(-1, abs=1e-4)
    assert _figure("luma_gradients", truth, _flat(*[9.0] * 7)) == 0
