"""Frechet distance between two sets of features, each modeled as a Gaussian."""

import numpy as np


def frechet_distance(first, second, counts=None):
    """Return the Frechet distance between two sets of features.

    With features of an Inception network it is known as FID. Values with other features are not
    comparable to FID.

    Args:
        first: float `[n, k]`, n at least 2.
        second: float `[m, k]`, m at least 2.
        counts: Number of times each row of both counts, int `[n]`, or None for once each.

    Returns:
        Non-negative float; 0 if means and covariances agree.

    Reference: Dowson and Landau, "The Frechet distance between multivariate normal
    distributions", Journal of Multivariate Analysis 12, 1982, the formula of the abstract; Heusel
    et al., "GANs trained by a two time-scale update rule", NeurIPS 2017, equation 6, on features.

    >>> round(frechet_distance([[0.0], [2.0]], [[3.0], [5.0]]), 6)
    9.0
    """
    return gaussian_distance(*_moments(first, counts), *_moments(second, counts))


def gaussian_distance(mean_1, covariance_1, mean_2, covariance_2):
    """Return the Frechet distance of two Gaussians.

    It is `|m1 - m2|^2 + trace(C1 + C2 - 2 (C1 C2)^(1/2))`.

    Args:
        mean_1: float `[k]`.
        covariance_1: float `[k, k]`, symmetric and positive semidefinite, possibly singular.
        mean_2: float `[k]`.
        covariance_2: float `[k, k]`, as `covariance_1`.

    Returns:
        Non-negative float.
    """
    root = _symmetric_root(covariance_1)
    # C1 C2 is not symmetric; C1^(1/2) C2 C1^(1/2) is, and has the same eigenvalues.
    eigenvalues = np.linalg.eigvalsh(root @ covariance_2 @ root)
    overlap = np.sqrt(np.maximum(eigenvalues, 0.0)).sum()
    spread = np.trace(covariance_1) + np.trace(covariance_2) - 2 * overlap
    return max(0.0, float(np.sum((mean_1 - mean_2) ** 2) + spread))


def _moments(features, counts):
    features = np.asarray(features, np.float64)
    covariance = np.cov(features, rowvar=False, fweights=counts)
    return np.average(features, axis=0, weights=counts), np.atleast_2d(covariance)


def _symmetric_root(matrix):
    eigenvalues, vectors = np.linalg.eigh(matrix)
    # Rounding can make the zero eigenvalues of singular matrices negative.
    return (vectors * np.sqrt(np.maximum(eigenvalues, 0.0))) @ vectors.T
