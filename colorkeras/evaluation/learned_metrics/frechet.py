"""The Frechet distance between two sets of features, each modeled as a Gaussian."""

import numpy as np


def frechet_distance(first, second, counts=None):
    """Compute the Frechet distance between two sets of features, float `[n, k]` and `[m, k]`.

    For features from an Inception network, this distance is known as FID. Distances for other
    features are not comparable to FID. `counts`, int `[n]`, gives the multiplicity of each row and
    applies to both sets, which must then have the same number of rows; None counts each row once.

    References:
        Dowson and Landau, "The Frechet distance between multivariate normal distributions", Journal
        of Multivariate Analysis 12, 1982.
        Heusel et al., "GANs trained by a two time-scale update rule", NeurIPS 2017, equation 6.

    >>> round(frechet_distance([[0.0], [2.0]], [[3.0], [5.0]]), 6)
    9.0
    """
    return gaussian_distance(*_moments(first, counts), *_moments(second, counts))


def gaussian_distance(mean_1, covariance_1, mean_2, covariance_2):
    """Compute the Frechet distance between Gaussians with means `[k]` and covariances `[k, k]`.

    The distance is `|m1 - m2|^2 + trace(C1 + C2 - 2 (C1 C2)^(1/2))`. Covariances are symmetric and
    positive semidefinite, possibly singular.
    """
    root = _symmetric_root(covariance_1)
    # C1 C2 is not symmetric, but C1^(1/2) C2 C1^(1/2) is and has the same eigenvalues.
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
    # Due to rounding, the zero eigenvalues of singular matrices may become negative.
    return (vectors * np.sqrt(np.maximum(eigenvalues, 0.0))) @ vectors.T
