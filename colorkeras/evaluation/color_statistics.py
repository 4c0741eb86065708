"""Color statistics of a training part: prior over a*b* bins and mean chroma."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from colorkeras.color.spaces import rgb_to_chroma, rgb_to_lab
from colorkeras.data import evaluation_batches

BIN_SIZE = 10.0
"""Side of a bin in the a*b* plane. Bins are centered at multiples of it."""

_REACH = 11  # Bins on either side of gray: sRGB has a* in -86..98 and b* in -108..94.
_SIDE = 2 * _REACH + 1
NUM_AB_BINS = _SIDE**2
"""Number of bins of the whole square; most of them contain no sRGB color."""

UNIFORM_SHARE = 0.01
"""Share of the uniform distribution in a prior; see `prior_from`."""


@dataclass(frozen=True)
class ColorStatistics:
    """Color statistics of a training part.

    Attributes:
        prior: float32 `[NUM_AB_BINS]`; see `prior_from`.
        mean_chroma: float32 `[2]`, Cb and Cr, mean over all pixels.
    """

    prior: np.ndarray
    mean_chroma: np.ndarray


def color_statistics(source):
    """Compute `ColorStatistics` from all images of a `Source`."""
    size = source.image_size

    @tf.function(input_signature=[tf.TensorSpec([None, size, size, 3], tf.uint8)])
    def count(images):
        rgb = tf.cast(images, tf.float32)
        bins = tf.math.bincount(tf.reshape(ab_bins(rgb), [-1]), minlength=NUM_AB_BINS)
        return bins, tf.reduce_mean(rgb_to_chroma(rgb / 255.0), axis=[1, 2])

    # A concrete function avoids TensorFlow's warning about retracing for many sources.
    count = count.get_concrete_function()
    counts, chroma = zip(*map(count, evaluation_batches(source)), strict=True)
    # Both sums are too long for the precision of their element types.
    counts = np.sum(counts, axis=0, dtype=np.int64)
    chroma = np.concatenate(chroma).mean(axis=0, dtype=np.float64)
    return ColorStatistics(prior_from(counts), chroma.astype(np.float32))


def ab_bins(rgb):
    """Return the bin of each pixel in the a*b* plane.

    Args:
        rgb: float32 `[..., 3]` in `[0, 255]`.

    Returns:
        int32 `[...]` in `[0, NUM_AB_BINS - 1]`.
    """
    cells = tf.cast(tf.round(rgb_to_lab(rgb / 255.0)[..., 1:] / BIN_SIZE), tf.int32) + _REACH
    return cells[..., 0] * _SIDE + cells[..., 1]


def prior_from(counts):
    """Return the color prior of training images.

    Zhang et al. 2016 weight pixels by the plain inverse of the prior in the balanced AuC (equation
    4 with lambda 0). The weight is infinite for colors without training pixels, and for the rarest
    colors so large that a single test image decides the result. Therefore, a small share of the
    uniform distribution over all occurring bins is mixed in. It hardly changes common bins and
    limits all weights to that of a bin with `UNIFORM_SHARE` of an equal share.

    Args:
        counts: int `[NUM_AB_BINS]`, number of pixels in each bin, at least one in total.

    Returns:
        float32 `[NUM_AB_BINS]`, all positive.
    """
    counts = np.asarray(counts, np.float64)
    uniform = 1 / np.count_nonzero(counts)
    prior = (1 - UNIFORM_SHARE) * counts / counts.sum() + UNIFORM_SHARE * uniform
    return prior.astype(np.float32)
