"""Quantized BT.601 chroma: a grid of bins, soft encoding, rebalancing, annealed mean.

Reference: Zhang, Isola, Efros, "Colorful image colorization", ECCV 2016. They cut the a*b* plane
into 313 bins; here it is the plane of Cb and Cr, in which luma is kept without a conversion.
"""

import itertools
import math

import numpy as np
import tensorflow as tf

from colorkeras.utils.errors import UserError

BIN_SIZE = 1 / 16
"""Distance of neighboring bins along Cb and Cr."""

NUM_NEIGHBORS = 5
"""How many bins share a color in `soft_encode`, as in the paper."""

_SIGMA = BIN_SIZE / 2  # The paper's 5 for bins of 10.


def _centers():
    steps = range(-math.ceil(0.5 / BIN_SIZE), math.ceil(0.5 / BIN_SIZE) + 1)
    grid = [(i * BIN_SIZE, j * BIN_SIZE) for i, j in itertools.product(steps, steps)]
    return np.array([chroma for chroma in grid if _has_color(*chroma)], np.float32)


def _has_color(cb, cr):
    """Whether some luma gives the chroma a color inside the gamut."""
    blue, red = 1.772 * cb, 1.402 * cr
    green = -(0.299 * red + 0.114 * blue) / 0.587
    return max(red, green, blue) - min(red, green, blue) <= 1 + 1e-6


CENTERS = _centers()
"""Cb and Cr of every bin: float32 `[NUM_BINS, 2]`."""

NUM_BINS = len(CENTERS)
"""Bins whose color some luma shows."""


def soft_encode(chroma):
    """Spreads each color over its nearest bins, by a Gaussian of its distance to them.

    Args:
        chroma: float32 `[..., 2]`, Cb and Cr in -0.5..0.5.

    Returns:
        float32 `[..., NUM_BINS]`, at least 0, sum 1, `NUM_NEIGHBORS` of them above 0.

    >>> soft_encode(tf.zeros([1, 2])).shape
    TensorShape([1, 179])
    """
    squared = tf.reduce_sum(tf.square(chroma[..., tf.newaxis, :] - CENTERS), axis=-1)
    nearest, indices = tf.math.top_k(-squared, NUM_NEIGHBORS)
    # Relative to the nearest one, which keeps the exponentials of far colors above zero.
    weights = tf.exp((nearest - nearest[..., :1]) / (2 * _SIGMA**2))
    weights /= tf.reduce_sum(weights, axis=-1, keepdims=True)
    return tf.reduce_sum(tf.one_hot(indices, NUM_BINS) * weights[..., tf.newaxis], axis=-2)


def rebalancing(priors, share):
    """Weights that let rare colors count more: `1 / ((1 - share) prior + share / NUM_BINS)`.

    Args:
        priors: float `[NUM_BINS]`, the share of each bin in the training pictures, sum 1.
        share: Of the uniform distribution that is mixed in, above 0 to 1; 1 rebalances nothing.

    Returns:
        float32 NumPy `[NUM_BINS]`, scaled so that their mean under the priors is 1.

    Raises:
        UserError: The priors belong to another grid of bins, or are none.

    Reference: Zhang et al. 2016, equation 4.
    """
    priors = check_priors(priors)
    weights = 1 / ((1 - share) * priors + share / NUM_BINS)
    return (weights / (priors * weights).sum()).astype("float32")


def check_priors(priors):
    """Priors as float64 NumPy `[NUM_BINS]`; raises UserError if they are of another grid."""
    priors = np.asarray(priors, np.float64)
    if priors.shape != (NUM_BINS,) or not np.isclose(priors.sum(), 1, atol=1e-3):
        raise UserError(
            f"priors of {priors.size} bins with sum {priors.sum():.3g}",
            f"those of the {NUM_BINS} bins of this version, with sum 1",
            "Train anew, so that they are counted on the training pictures.",
        )
    return priors


def annealed_mean(logits, temperature):
    """The mean color of a distribution sharpened by a temperature.

    Args:
        logits: float32 `[..., NUM_BINS]`.
        temperature: float scalar, or of a shape that fits `[..., NUM_BINS]`; 1 gives the mean, 0
            the most likely bin.

    Returns:
        float32 `[..., 2]`, Cb and Cr.

    Reference: Zhang et al. 2016, equation 5.
    """
    # Relative to the largest logit, or a small temperature would overflow.
    logits -= tf.reduce_max(logits, axis=-1, keepdims=True)
    return tf.matmul(_probabilities(logits / tf.maximum(temperature, 1e-3)), CENTERS)


def standard_deviation(logits):
    """Standard deviation of the predicted color about its mean, Cb and Cr together.

    Args:
        logits: float32 `[..., NUM_BINS]`.

    Returns:
        float32 `[..., 1]`, at least 0, in units of chroma (-0.5..0.5).
    """
    moments = tf.concat([CENTERS, tf.reduce_sum(tf.square(CENTERS), axis=-1, keepdims=True)], -1)
    means = tf.matmul(_probabilities(logits), moments)
    variance = means[..., 2:] - tf.reduce_sum(tf.square(means[..., :2]), axis=-1, keepdims=True)
    return tf.sqrt(tf.maximum(variance, 0.0))


def _probabilities(logits):
    return tf.nn.softmax(logits, axis=-1)
