"""Quantized BT.601 chroma: bins, soft encoding, class rebalancing, annealed mean.

Reference: Zhang, Isola, Efros, "Colorful image colorization", ECCV 2016. The paper quantizes the
a*b* plane into 313 bins. We quantize the CbCr plane, so luma needs no conversion.
"""

import numpy as np
import tensorflow as tf

from colorkeras.color.bt601 import BLUE_PER_CB, LUMA_WEIGHTS, RED_PER_CR
from colorkeras.utils.errors import UserError

BIN_SIZE = 1 / 16
"""Distance between neighboring bins along Cb and Cr."""

NUM_NEIGHBORS = 5
"""Number of bins that `soft_encode` uses per color, as in the paper."""

_SIGMA = BIN_SIZE / 2  # The paper uses 5 for bins of size 10.


def _bin_centers():
    """Return the points of a regular grid that are in the RGB gamut for at least one luma value."""
    steps = np.arange(-8, 9) * BIN_SIZE
    cb, cr = (grid.ravel() for grid in np.meshgrid(steps, steps, indexing="ij"))
    red, blue = RED_PER_CR * cr, BLUE_PER_CB * cb
    green = -(LUMA_WEIGHTS[0] * red + LUMA_WEIGHTS[2] * blue) / LUMA_WEIGHTS[1]
    is_in_gamut = np.ptp([red, green, blue], axis=0) <= 1 + 1e-6
    return np.stack([cb, cr], axis=-1)[is_in_gamut].astype(np.float32)


BIN_CENTERS = _bin_centers()
"""Cb and Cr at each bin's center: float32 `[NUM_CHROMA_BINS, 2]`."""

NUM_CHROMA_BINS = len(BIN_CENTERS)
"""Number of chroma bins inside the RGB gamut."""


def soft_encode(chroma):
    """Encode each color as Gaussian weights over its nearest bins.

    Maps Cb and Cr in `[-0.5, 0.5]`, float32 `[..., 2]`, to float32 `[..., NUM_CHROMA_BINS]`.
    `NUM_NEIGHBORS` weights per color are positive and sum to 1; the others are 0.

    >>> soft_encode(tf.zeros([1, 2])).shape
    TensorShape([1, 179])
    """
    squared = tf.reduce_sum(tf.square(chroma[..., tf.newaxis, :] - BIN_CENTERS), axis=-1)
    nearest, indices = tf.math.top_k(-squared, NUM_NEIGHBORS)
    # Subtract the smallest distance to avoid underflow for colors far from all bins.
    weights = tf.exp((nearest - nearest[..., :1]) / (2 * _SIGMA**2))
    weights /= tf.reduce_sum(weights, axis=-1, keepdims=True)
    return tf.reduce_sum(tf.one_hot(indices, NUM_CHROMA_BINS) * weights[..., tf.newaxis], axis=-2)


def rebalancing_weights(priors, uniform_share):
    """Compute loss weights that emphasize rare colors.

    The weights are proportional to `1 / ((1 - s) prior + s / NUM_CHROMA_BINS)`.

    Args:
        priors: See `check_priors`.
        uniform_share: Weight s of the uniform prior, in `(0, 1]`; 1 disables rebalancing.

    Returns:
        float32 NumPy array `[NUM_CHROMA_BINS]`; the expected weight under the priors is 1.

    Reference: Zhang et al. 2016, equation 4.
    """
    priors = check_priors(priors)
    weights = 1 / ((1 - uniform_share) * priors + uniform_share / NUM_CHROMA_BINS)
    return (weights / (priors * weights).sum()).astype("float32")


def check_priors(priors):
    """Return bin frequencies as a float64 NumPy array `[NUM_CHROMA_BINS]`.

    Raises `UserError` if the number of bins is wrong or the frequencies do not sum to 1.
    """
    priors = np.asarray(priors, np.float64)
    if priors.shape != (NUM_CHROMA_BINS,) or not np.isclose(priors.sum(), 1, atol=1e-3):
        raise UserError(
            f"priors for {priors.size} bins that sum to {priors.sum():.3g}",
            f"priors for {NUM_CHROMA_BINS} bins that sum to 1",
            "Train again to recompute the priors from the training images.",
        )
    return priors


def annealed_mean(logits, temperature):
    """Compute the temperature-scaled mean of the predicted distribution.

    Args:
        logits: float32 `[..., NUM_CHROMA_BINS]`.
        temperature: float, scalar or broadcastable to `logits`; 1 gives the mean, 0 the mode.

    Returns Cb and Cr, float32 `[..., 2]`. Reference: Zhang et al. 2016, equation 5.
    """
    # Subtract the largest logit to avoid overflow at low temperatures.
    logits -= tf.reduce_max(logits, axis=-1, keepdims=True)
    probabilities = tf.nn.softmax(logits / tf.maximum(temperature, 1e-3), axis=-1)
    # With oneDNN, tf.matmul of small batches by a single matrix crashes (TensorFlow 2.21).
    return tf.tensordot(probabilities, BIN_CENTERS, 1)


def standard_deviation(logits):
    """Compute the joint standard deviation of Cb and Cr in the predicted distribution.

    Maps logits, float32 `[..., NUM_CHROMA_BINS]`, to float32 `[..., 1]` in chroma units.
    """
    norms = tf.reduce_sum(tf.square(BIN_CENTERS), axis=-1, keepdims=True)
    moments = tf.concat([BIN_CENTERS, norms], -1)
    means = tf.tensordot(tf.nn.softmax(logits, axis=-1), moments, 1)
    variance = means[..., 2:] - tf.reduce_sum(tf.square(means[..., :2]), axis=-1, keepdims=True)
    return tf.sqrt(tf.maximum(variance, 0.0))
