"""Tests that every metric passes, and of summing them up."""

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
TRUTHS_OWN = {
    "colorfulness": lambda truth: float(tf.reduce_mean(colorfulness(truth))),
    "colorfulness_ratio": lambda truth: 100.0,
    "mean_chroma": lambda truth: float(tf.reduce_mean(ab_chroma(truth))),
    # Of samples that are all alike.
    "diversity": lambda truth: 0.0,
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


def values_of(name, truth, output):
    """Values of each picture, where samples are needed of eight samples that are all alike."""
    metric = METRICS[name]
    given = {None: [output], PRIOR: [output, PRIOR_OF_NOISE], SAMPLES: [tf.stack([output] * 8)]}
    return metric.per_image(truth, *given[metric.needs])


def figure(name, truth, output):
    values = values_of(name, truth, output)
    return float(METRICS[name].finalize(tf.reduce_mean(values, axis=0)))


@pytest.mark.parametrize("name", METRICS)
def test_finite_numbers_for_each_picture(name, pictures):
    values = values_of(name, *pictures)
    num_values = METRICS[name].num_values
    assert values.shape == ([7] if num_values is None else [7, num_values])
    assert values.dtype == tf.float32
    assert np.isfinite(values).all()
    assert math.isfinite(figure(name, *pictures))


@pytest.mark.parametrize("name", METRICS)
def test_identical_pictures_have_the_best_value(name, pictures):
    truth, output = pictures
    if METRICS[name].higher_is_better is None:
        assert figure(name, truth, truth) == pytest.approx(TRUTHS_OWN[name](truth))
        return
    best = figure(name, truth, truth)
    assert best == pytest.approx(BEST[name], abs=1e-4)
    worse = figure(name, truth, output)
    assert worse < best if METRICS[name].higher_is_better else worse > best


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_described(name):
    assert METRICS[name].title
    assert METRICS[name].description.endswith(".")
    assert METRICS[name].group in GROUPS


@pytest.mark.parametrize("name", METRICS)
def test_finish_takes_many_means_at_once(name, pictures):
    values = values_of(name, *pictures)
    together = METRICS[name].finalize(values)
    assert together.shape == [7]
    np.testing.assert_allclose(together, [METRICS[name].finalize(v) for v in values], rtol=1e-5)


@pytest.mark.parametrize("name", [name for name in METRICS if METRICS[name].needs is None])
def test_mean_over_images_does_not_depend_on_batches(name, pictures):
    truth, output = pictures
    for cuts in ([7], [1, 6], [3, 2, 2], [1] * 7):
        metric = MeanOverImages(METRICS[name], name)
        for truths, outputs in zip(tf.split(truth, cuts), tf.split(output, cuts), strict=True):
            metric.update_state(truths, outputs)
        assert float(metric.result()) == pytest.approx(figure(name, truth, output), rel=1e-4)


@pytest.mark.parametrize("name", [name for name in METRICS if METRICS[name].needs is None])
def test_mean_over_images_is_computed_in_graphs_of_any_batch(name, pictures):
    metric = MeanOverImages(METRICS[name], name)
    specification = tf.TensorSpec([None, 16, 16, 3])

    @tf.function(input_signature=[specification] * 2)
    def update(truth, output):
        metric.update_state(truth, output)

    update(*pictures)
    assert float(metric.result()) == pytest.approx(figure(name, *pictures), rel=1e-4)


def test_training_computes_only_what_needs_nothing_else():
    assert all(METRICS[name].needs is None for name in VALIDATION_METRICS)


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
    picture = tf.ones([2, size, size, 3])
    for metric in metrics.values():
        assert metric.per_image(picture, picture).shape[0] == 2


def test_metrics_for_what_is_known():
    assert set(METRICS) - set(metrics_for(32)) == {"auc_balanced", "best_of_8", "diversity"}
    assert set(METRICS) - set(metrics_for(32, prior=True)) == {"best_of_8", "diversity"}
    assert list(metrics_for(32, prior=True, samples=True)) == list(METRICS)


def test_rounded_gives_whole_values_of_8_bits():
    result = rounded(tf.constant([-1.0, 0.0, 0.3, 0.5, 1.0, 2.0]))
    assert result.dtype == tf.float32
    assert result.numpy().tolist() == [0, 0, 76, 128, 255, 255]
