"""Color statistics of a training split: a prior over a*b* bins, and the mean chroma."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from colorkeras.color.spaces import rgb_to_chroma, rgb_to_lab
from colorkeras.data import evaluation_batches

BIN_SIZE = 10.0
"""Side length of a bin in the a*b* plane; bin centers are at multiples of this length."""

_REACH = 11  # Bins on either side of gray; in sRGB, a* is in -86..98 and b* in -108..94.
_SIDE = 2 * _REACH + 1
NUM_AB_BINS = _SIDE**2
"""Number of bins in the whole grid, most of which contain no sRGB color."""

UNIFORM_SHARE = 0.01
"""Weight of the uniform distribution in a prior; see `prior_from`."""


@dataclass(frozen=True)
class ColorStatistics:
    """Color statistics of all pixels in a split: prior (see `prior_from`) and mean Cb and Cr."""

    prior: np.ndarray
    mean_chroma: np.ndarray


def color_statistics(source):
    """Compute `ColorStatistics` from all images in a `Source`."""
    size = source.image_size

    @tf.function(input_signature=[tf.TensorSpec([None, size, size, 3], tf.uint8)], autograph=False)
    def count(images):
        rgb = tf.cast(images, tf.float32)
        bins = tf.math.bincount(tf.reshape(ab_bins(rgb), [-1]), minlength=NUM_AB_BINS)
        return bins, tf.reduce_mean(rgb_to_chroma(rgb / 255.0), axis=[1, 2])

    # A concrete function avoids TensorFlow's warnings about retracing when there are many sources.
    count = count.get_concrete_function()
    counts, chroma = zip(*map(count, evaluation_batches(source)), strict=True)
    # Sum over batches in a higher precision than within batches.
    counts = np.sum(counts, axis=0, dtype=np.int64)
    chroma = np.concatenate(chroma).mean(axis=0, dtype=np.float64)
    return ColorStatistics(prior_from(counts), chroma.astype(np.float32))


def ab_bins(rgb):
    """Return the index of each pixel's bin in the a*b* plane.

    Maps RGB, float32 `[..., 3]` in `[0, 255]`, to int32 `[...]` in `[0, NUM_AB_BINS - 1]`.
    """
    cells = tf.cast(tf.round(rgb_to_lab(rgb / 255.0)[..., 1:] / BIN_SIZE), tf.int32) + _REACH
    return cells[..., 0] * _SIDE + cells[..., 1]


def prior_from(counts):
    """Compute the color prior, float32 `[NUM_AB_BINS]`, from the number of pixels in each bin.

    In the balanced AuC of Zhang et al. 2016, pixels are weighted by the inverse of the prior
    (equation 4 with lambda 0). This weight is infinite for colors that do not occur in training,
    and so large for the rarest colors that a single test image can dominate the result. We
    therefore mix in a small amount of the uniform distribution over all bins that occur. This
    barely changes common bins and limits the weight of rare bins to that of a bin with
    `UNIFORM_SHARE` times the mean frequency.
    """
    counts = np.asarray(counts, np.float64)
    uniform = 1 / np.count_nonzero(counts)
    prior = (1 - UNIFORM_SHARE) * counts / counts.sum() + UNIFORM_SHARE * uniform
    return prior.astype(np.float32)
