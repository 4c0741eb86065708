"""Tests for metrics over a source: hand-computed values, seeds, and batch size invariance."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras import evaluation
from colorkeras.data import ArraySource, pipeline
from colorkeras.evaluation.color_statistics import color_statistics
from colorkeras.evaluation.degradations import DEGRADATIONS
from colorkeras.evaluation.metrics import NUM_SAMPLES_PER_IMAGE, metrics_for

RED, GRAY = (255, 0, 0), (100, 100, 100)
NEED_NOTHING = set(metrics_for(32))


def plain(*colors, size=16):
    """Return a source of uniform images."""
    return ArraySource(np.stack([np.full((size, size, 3), color, np.uint8) for color in colors]))


def noisy(grayscale, seeds):
    """Return random colors that depend only on the seed of each image."""
    shape = tf.shape(grayscale)[1:]

    def draw(seed):
        return tf.random.stateless_uniform([shape[0], shape[1], 3], tf.stack([seed, 0]))

    return tf.map_fn(draw, seeds, fn_output_signature=tf.float32)


def test_grayscale_baseline_of_red_and_gray_by_hand():
    metrics = evaluation.evaluate(evaluation.grayscale_baseline, plain(RED, GRAY))
    # Red with luma 76.2 becomes (76, 76, 76); gray is unchanged.
    squared_error = (179**2 + 76**2 + 76**2) / 3
    psnr = 10 * np.log10(255**2 / squared_error)
    assert metrics["psnr_pooled"] == pytest.approx(psnr + 10 * np.log10(2), abs=1e-3)
    assert metrics["psnr_mean"] == pytest.approx((psnr + 60) / 2, abs=1e-3)
    assert metrics["mae"] == pytest.approx((179 + 76 + 76) / 3 / 2, abs=1e-3)
    # sRGB red has a* = 80.1 and b* = 67.2; for gray, both are 0.
    assert metrics["ab_rmse"] == pytest.approx(np.sqrt((80.1**2 + 67.2**2) / 2), abs=0.1)
    assert metrics["colorfulness"] == 0


@pytest.mark.parametrize(("trained_on", "red", "gray"), [(RED, 1, 100), (GRAY, 100, 1)])
def test_balanced_auc_weights_pixels_by_the_prior(trained_on, red, gray):
    # The grayscale baseline is within 46 of the 151 thresholds for red, and within all for gray.
    prior = color_statistics(plain(trained_on)).prior
    metrics = evaluation.evaluate(evaluation.grayscale_baseline, plain(RED, GRAY), prior=prior)
    expected = 100 * (red * 46 / 151 + gray) / (red + gray)
    assert metrics["auc_balanced"] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("degradation", DEGRADATIONS)
def test_metrics_do_not_depend_on_batches(degradation, crops, monkeypatch):
    whole = evaluation.evaluate(evaluation.grayscale_baseline, ArraySource(crops), degradation)
    monkeypatch.setattr(pipeline, "PIXELS_PER_BATCH", 5 * 32 * 32)
    parts = evaluation.evaluate(evaluation.grayscale_baseline, ArraySource(crops), degradation)
    assert parts == pytest.approx(whole, rel=1e-5)
    assert set(whole) == NEED_NOTHING


def test_values_per_image_by_hand():
    values = evaluation.evaluate_per_image(evaluation.grayscale_baseline, plain(GRAY, RED, GRAY))
    np.testing.assert_allclose(values["mae"], [0, (179 + 76 + 76) / 3, 0], atol=1e-3)
    assert set(values) == NEED_NOTHING


def test_images_smaller_than_its_window_have_no_ssim():
    assert "ssim" in evaluation.evaluate(evaluation.grayscale_baseline, plain(RED, size=11))
    assert NEED_NOTHING - set(
        evaluation.evaluate(evaluation.grayscale_baseline, plain(RED, size=10))
    ) == {"ssim"}


def test_every_sample_of_every_image_has_its_own_seed(crops, monkeypatch):
    seen = []

    def color(grayscale, seeds):
        tf.py_function(lambda values: seen.append(values.numpy().tolist()), [seeds], [])
        return evaluation.grayscale_baseline(grayscale)

    monkeypatch.setattr(pipeline, "PIXELS_PER_BATCH", 10 * 32 * 32)
    evaluation.evaluate_per_image(color, ArraySource(crops), samples=True)
    expected = [
        [number + 16 * sample for number in numbers]
        for numbers in (range(10), range(10, 16))
        for sample in range(NUM_SAMPLES_PER_IMAGE)
    ]
    assert seen == expected
    seen.clear()
    evaluation.evaluate(color, ArraySource(crops))
    assert seen == [list(range(10)), list(range(10, 16))]


def test_metrics_of_samples_do_not_depend_on_batches(crops, monkeypatch):
    whole = evaluation.evaluate_per_image(noisy, ArraySource(crops), samples=True)
    monkeypatch.setattr(pipeline, "PIXELS_PER_BATCH", 5 * 32 * 32)
    parts = evaluation.evaluate_per_image(noisy, ArraySource(crops), samples=True)
    for name in whole:
        np.testing.assert_allclose(whole[name], parts[name], rtol=1e-4, err_msg=name)
