"""What colors a training part has: what reference figures and balanced measures go by."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from colorkeras.color.spaces import rgb_to_chroma
from colorkeras.data import evaluation_batches
from colorkeras.evaluation.metrics.balance import NUM_BINS, ab_bins, prior_from


@dataclass(frozen=True)
class TrainingColors:
    """Colors of a training part.

    Attributes:
        prior: float32 `[NUM_BINS]`: see `prior_from`.
        mean_chroma: float32 `[2]`, Cb and Cr, mean over all pixels.
    """

    prior: np.ndarray
    mean_chroma: np.ndarray


def training_colors(source):
    """Reads all pictures of a source once.

    Args:
        source: A `Source`, the training part of a data set.

    Returns:
        `TrainingColors`.
    """
    size = source.image_size

    @tf.function(input_signature=[tf.TensorSpec([None, size, size, 3], tf.uint8)])
    def count(images):
        rgb = tf.cast(images, tf.float32)
        bins = tf.math.bincount(tf.reshape(ab_bins(rgb), [-1]), minlength=NUM_BINS)
        return bins, tf.reduce_mean(rgb_to_chroma(rgb / 255.0), axis=[1, 2])

    # Concrete, because TensorFlow warns where many sources make it trace the same lines.
    count = count.get_concrete_function()
    counts, chroma = zip(*map(count, evaluation_batches(source)), strict=True)
    # Two sums that are long for their types: of pixels in a bin, and of pictures.
    counts = np.sum(counts, axis=0, dtype=np.int64)
    chroma = np.concatenate(chroma).mean(axis=0, dtype=np.float64)
    return TrainingColors(prior_from(counts), chroma.astype(np.float32))
