"""Tests that compare the Frechet distance with closed-form solutions."""

import numpy as np
import pytest

from colorkeras.evaluation.learned_metrics.frechet import frechet_distance, gaussian_distance


def test_distance_of_equal_sets_is_zero():
    generator = np.random.default_rng(0)
    features = generator.normal(size=(300, 20))
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(features, features[::-1]) == pytest.approx(0, abs=1e-9)


def test_diagonal_covariances_by_hand():
    # Means: |(1, 2) - (4, 6)|^2 = 25. Standard deviations (1, 2) and (3, 5): 2^2 + 3^2 = 13.
    distance = gaussian_distance(
        np.array([1.0, 2.0]), np.diag([1.0, 4.0]), np.array([4.0, 6.0]), np.diag([9.0, 25.0])
    )
    assert distance == pytest.approx(38)


def test_covariances_that_do_not_commute():
    # For 2x2 matrices, trace((C1 C2)^(1/2)) is sqrt(trace(C1 C2) + 2 sqrt(det(C1 C2))). Here, C1 C2
    # is ((2, 1), (4, 8)), so the trace is sqrt(10 + 2 sqrt(12)) = 4.114391.
    first, second = np.diag([1.0, 4.0]), np.array([[2.0, 1.0], [1.0, 2.0]])
    expected = 5 + 4 - 2 * 4.114391
    zero = np.zeros(2)
    assert gaussian_distance(zero, first, zero, second) == pytest.approx(expected, abs=1e-5)
    assert gaussian_distance(zero, second, zero, first) == pytest.approx(expected, abs=1e-5)


def test_features_by_hand():
    # One feature with means 1 and 5 and sample variances 2 and 8: 16 + (sqrt 8 - sqrt 2)^2 = 18.
    assert frechet_distance([[0.0], [2.0]], [[3.0], [7.0]]) == pytest.approx(18)


def test_fewer_images_than_features():
    features = np.random.default_rng(0).normal(size=(10, 40))
    assert frechet_distance(features, features + 3) == pytest.approx(40 * 9)


def test_counts_are_repetitions():
    first, second = np.random.default_rng(0).normal(size=(2, 30, 4))
    counts = np.arange(30) % 3
    expected = frechet_distance(np.repeat(first, counts, 0), np.repeat(second, counts, 0))
    assert frechet_distance(first, second, counts) == pytest.approx(expected)


def test_precision_of_features_does_not_matter():
    generator = np.random.default_rng(0)
    first, second = generator.normal(size=(2, 300, 20)).astype(np.float32) + 50
    exact = frechet_distance(first.astype(np.float64), second.astype(np.float64))
    assert frechet_distance(first, second) == exact
