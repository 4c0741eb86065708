"""Load example images from a source: a fixed sample of ten, or images by index."""

import numpy as np
import tensorflow as tf

from colorkeras.color.spaces import from_uint8, to_uint8
from colorkeras.data import evaluation_batches
from colorkeras.evaluation.degradations import DEGRADATIONS
from colorkeras.evaluation.evaluator import grayscale_baseline
from colorkeras.utils.errors import UserError

NUM_SAMPLE_IMAGES = 10
"""Number of images in contact sheets."""

_SAMPLE_SEED = 0

_NUM_CHECKED = 256
"""Maximum number of images to check for color; limited because reading large files is slow."""


def sample_indices(source):
    """Return the indices of ten random images, int64 `[10]`, in ascending order.

    If there are fewer than ten images, the indices of all images are returned. The indices depend
    only on the number of images.
    """
    generator = np.random.default_rng(_SAMPLE_SEED)
    count = min(NUM_SAMPLE_IMAGES, source.num_examples)
    return np.sort(generator.choice(source.num_examples, count, replace=False))


def sample_images(source):
    """Load the images selected by `sample_indices` as uint8 `[10, h, w, 3]`."""
    return load_images(source, sample_indices(source))


def load_images(source, indices):
    """Load images from a source by zero-based index as uint8 `[n, h, w, 3]`."""
    return source.load(tf.constant(indices, tf.int64), tf.constant(0, tf.int64)).numpy()


def load_all_images(source):
    """Load all images from a source as uint8 `[num_examples, h, w, 3]`."""
    return np.concatenate([images.numpy() for images in evaluation_batches(source)])


def check_colors(dataset, split):
    """Raise UserError if all images in a split of an `ImageDataset` are gray."""
    source = getattr(dataset, split)
    last = source.num_examples - 1
    # Check evenly spaced images because a folder may start with many gray images.
    indices = np.linspace(0, last, min(_NUM_CHECKED, last + 1)).round()
    if np.ptp(load_images(source, indices.astype("int64")), axis=-1).max() == 0:
        raise UserError(
            f"only gray images ({dataset.description}, {split})",
            "color images, from which the grayscale input is computed",
            "Pass a different --dataset.",
        )


def color_images(colorize, truth, degradation="none", seeds=None):
    """Convert ground-truth images to grayscale and colorize them; return inputs and outputs.

    Args:
        colorize: Colorizer (see `evaluator`). If `seeds` is None, it is called without seeds.
        truth: Ground truth, uint8 `[n, h, w, 3]`; both results have the same dtype and shape.
        degradation: Key in `DEGRADATIONS`.
        seeds: int `[n]`, or None.
    """
    grayscale = DEGRADATIONS[degradation](from_uint8(truth))
    arguments = [] if seeds is None else [tf.constant(seeds, tf.int32)]
    prediction = to_uint8(colorize(grayscale, *arguments)).numpy()
    return to_uint8(grayscale_baseline(grayscale)).numpy(), prediction
