"""Tests that every metric must pass, and tests for accumulating metrics over batches."""

import math

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.evaluation.color_statistics import NUM_AB_BINS
from colorkeras.evaluation.metrics import (
    GROUPS,
    METRICS,
    MIN_SSIM_SIZE,
    PRIOR,
    PSNR_CAP,
    SAMPLES,
    VALIDATION_METRICS,
    MeanOverImages,
    colorfulness,
    metrics_for,
    rounded,
)
from colorkeras.evaluation.metrics.colorfulness import ab_chroma

PRIOR_OF_NOISE = np.random.default_rng(0).dirichlet(np.ones(NUM_AB_BINS)).astype(np.float32)

BEST = {
    "psnr_pooled": PSNR_CAP,
    "psnr_mean": PSNR_CAP,
    "ssim": 1.0,
    "mae": 0.0,
    "ab_rmse": 0.0,
    "ciede2000": 0.0,
    "lab_accuracy_2": 100.0,
    "lab_accuracy_5": 100.0,
    "best_of_8": PSNR_CAP,
    "auc": 100.0,
    "auc_balanced": 100.0,
    "hue_distance": 0.0,
    "luma_gradients": 1.0,
}
OF_TRUTH = {
    "colorfulness": lambda truth: float(tf.reduce_mean(colorfulness(truth))),
    "colorfulness_ratio": lambda truth: 100.0,
    "mean_chroma": lambda truth: float(tf.reduce_mean(ab_chroma(truth))),
    # The eight samples are identical.
    "diversity": lambda truth: 0.0,
    "chroma_variation": lambda truth: 1.0,
}
"""Ground-truth values of metrics that have no best value."""


@pytest.fixture(scope="module")
def images():
    """Ground truth and a noisy copy with integer values, each float32 `[7, 16, 16, 3]`."""
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 256, (7, 16, 16, 3))
    # The noise increases from image to image, so all of them differ in every metric.
    noise = generator.normal(size=truth.shape) * np.arange(1, 8).reshape(7, 1, 1, 1) * 5
    output = np.clip(np.round(truth + noise), 0, 255)
    return tf.constant(truth, tf.float32), tf.constant(output, tf.float32)


def values_of(name, truth, output):
    """Return the per-image values; metrics over samples are given eight identical samples."""
    metric = METRICS[name]
    given = {None: [output], PRIOR: [output, PRIOR_OF_NOISE], SAMPLES: [tf.stack([output] * 8)]}
    return metric.per_image(truth, *given[metric.needs])


def value_of(name, truth, output):
    values = values_of(name, truth, output)
    return float(METRICS[name].finalize(tf.reduce_mean(values, axis=0)))


@pytest.mark.parametrize("name", METRICS)
def test_values_per_image_are_finite(name, images):
    values = values_of(name, *images)
    num_values = METRICS[name].num_values
    assert values.shape == ([7] if num_values is None else [7, num_values])
    assert values.dtype == tf.float32
    assert np.isfinite(values).all()
    assert math.isfinite(value_of(name, *images))


@pytest.mark.parametrize("name", METRICS)
def test_identical_images_have_the_best_value(name, images):
    truth, output = images
    if METRICS[name].higher_is_better is None:
        assert value_of(name, truth, truth) == pytest.approx(OF_TRUTH[name](truth))
        return
    best = value_of(name, truth, truth)
    assert best == pytest.approx(BEST[name], abs=1e-4)
    worse = value_of(name, truth, output)
    assert worse < best if METRICS[name].higher_is_better else worse > best


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_described(name):
    assert METRICS[name].title
    assert METRICS[name].description.endswith(".")
    assert sum(name in group for group in GROUPS.values()) == 1


@pytest.mark.parametrize("name", METRICS)
def test_finalize_accepts_batches(name, images):
    values = values_of(name, *images)
    together = METRICS[name].finalize(values)
    assert together.shape == [7]
    np.testing.assert_allclose(together, [METRICS[name].finalize(v) for v in values], rtol=1e-5)


@pytest.mark.parametrize("name", [name for name in METRICS if METRICS[name].needs is None])
def test_mean_over_images_does_not_depend_on_batches(name, images):
    truth, output = images
    for cuts in ([7], [1, 6], [3, 2, 2], [1] * 7):
        metric = MeanOverImages(METRICS[name], name)
        for truths, outputs in zip(tf.split(truth, cuts), tf.split(output, cuts), strict=True):
            metric.update_state(truths, outputs)
        assert float(metric.result()) == pytest.approx(value_of(name, truth, output), rel=1e-4)


@pytest.mark.parametrize("name", [name for name in METRICS if METRICS[name].needs is None])
def test_mean_over_images_works_in_graphs_of_any_batch_size(name, images):
    metric = MeanOverImages(METRICS[name], name)
    specification = tf.TensorSpec([None, 16, 16, 3])

    @tf.function(input_signature=[specification] * 2, autograph=False)
    def update(truth, output):
        metric.update_state(truth, output)

    update(*images)
    assert float(metric.result()) == pytest.approx(value_of(name, *images), rel=1e-4)


def test_validation_metrics_need_truth_and_prediction_only():
    assert all(METRICS[name].needs is None for name in VALIDATION_METRICS)


def test_mean_over_images_can_be_reset(images):
    truth, output = images
    metric = MeanOverImages(METRICS["mae"], "mae")
    metric.update_state(truth, output)
    metric.reset_state()
    metric.update_state(truth, truth)
    assert float(metric.result()) == 0.0


@pytest.mark.parametrize("size", [8, MIN_SSIM_SIZE - 1, MIN_SSIM_SIZE, 32])
def test_metrics_for_a_size_are_defined(size):
    metrics = metrics_for(size)
    assert ("ssim" in metrics) == (size >= MIN_SSIM_SIZE)
    image = tf.ones([2, size, size, 3])
    for metric in metrics.values():
        assert metric.per_image(image, image).shape[0] == 2


def test_metrics_for_available_inputs():
    assert set(METRICS) - set(metrics_for(32)) == {"auc_balanced", "best_of_8", "diversity"}
    assert set(METRICS) - set(metrics_for(32, prior=True)) == {"best_of_8", "diversity"}
    assert list(metrics_for(32, prior=True, samples=True)) == list(METRICS)


def test_rounded_returns_whole_8_bit_values():
    result = rounded(tf.constant([-1.0, 0.0, 0.3, 0.5, 1.0, 2.0]))
    assert result.dtype == tf.float32
    assert result.numpy().tolist() == [0, 0, 76, 128, 255, 255]
