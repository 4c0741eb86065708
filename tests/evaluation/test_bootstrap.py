"""Tests that compare bootstrap intervals with theory and NumPy."""

import math

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.evaluation import bootstrap
from colorkeras.evaluation.metrics import METRICS


def interval(values, finalize=tf.identity):
    return bootstrap.intervals({"metric": values}, {"metric": finalize})["metric"]


def test_interval_of_a_mean_agrees_with_the_central_limit_theorem():
    values = np.random.default_rng(0).exponential(3.0, 5000)
    low, high = interval(values)
    error = values.std() / math.sqrt(len(values))
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.2 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.2 * error)


def test_interval_agrees_with_naive_resampling():
    values = np.random.default_rng(0).normal([3.0, 7.0], size=(40, 2))
    generator = np.random.default_rng(1)
    means = values[generator.integers(40, size=(20_000, 40))].mean(axis=1)
    expected = np.quantile(means[:, 1] / means[:, 0], [0.025, 0.975])
    low, high = interval(values, lambda means: means[..., 1] / means[..., 0])
    width = expected[1] - expected[0]
    np.testing.assert_allclose([low, high], expected, atol=0.1 * width)


def test_intervals_have_about_the_nominal_coverage():
    generator = np.random.default_rng(0)
    covered = [
        low <= 3.0 <= high
        for low, high in (interval(generator.exponential(3.0, 200)) for _ in range(200))
    ]
    assert 0.89 <= np.mean(covered) <= 0.99


def test_metrics_that_are_functions_of_several_means():
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 256, (30, 16, 16, 3)).astype(np.float32)
    output = np.clip(truth + generator.normal(size=truth.shape) * 20, 0, 255).astype(np.float32)
    names = ["psnr_pooled", "ab_rmse", "hue_distance", "luma_gradients"]
    values = {name: METRICS[name].per_image(truth, output).numpy() for name in names}
    intervals = bootstrap.intervals(values, {name: METRICS[name].finalize for name in names})
    assert list(intervals) == names
    for name in names:
        value = float(METRICS[name].finalize(tf.constant(values[name].mean(axis=0))))
        low, high = intervals[name]
        # Resampling increases the distance between histograms; other metrics are nearly unbiased.
        assert low < high and low <= value < high, name
        assert low < value or name == "hue_distance", name


def test_interval_of_a_biased_metric_is_centered():
    """Resampling a small sample reduces its standard deviation, which is therefore biased."""
    values = np.random.default_rng(0).normal(size=8)

    def deviation(counts):
        mean = np.average(values, weights=counts)
        return float(np.sqrt(np.average((values - mean) ** 2, weights=counts)))

    low, high = bootstrap.interval(deviation, 8)
    generator = np.random.default_rng(bootstrap._SEED)
    drawn = [
        deviation(np.bincount(generator.integers(8, size=8), minlength=8)) for _ in range(1000)
    ]
    assert np.mean(drawn) < 0.95 * values.std()
    expected = np.quantile(drawn, [0.025, 0.975]) + values.std() - np.mean(drawn)
    np.testing.assert_allclose([low, high], expected)


def test_all_metrics_share_the_same_draws():
    values = np.random.default_rng(0).normal(size=50)
    several = {"other": np.random.default_rng(1).normal(size=(50, 3)), "metric": values}
    finalize = {"other": lambda means: means[..., 0], "metric": tf.identity}
    assert bootstrap.intervals(several, finalize)["metric"] == interval(values) == interval(values)


def test_interval_of_one_image_has_no_width():
    assert interval(np.array([4.0])) == [4.0, 4.0]


def test_interval_of_constant_values_has_no_width():
    low, high = interval(np.full(100, 0.1, np.float32))
    assert low == pytest.approx(0.1) and high == pytest.approx(0.1)
