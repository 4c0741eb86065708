"""Images of a source as people see them: a fixed sample of ten, or any by index."""

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
"""Number of images that are checked for color; folders of large files are slow to read."""


def sample_indices(source):
    """Return the indices of ten random images, always the same, sorted: int64 `[10]`.

    A source of fewer images returns all.
    """
    generator = np.random.default_rng(_SAMPLE_SEED)
    count = min(NUM_SAMPLE_IMAGES, source.num_examples)
    return np.sort(generator.choice(source.num_examples, count, replace=False))


def sample_images(source):
    """Load the images of `sample_indices`: uint8 `[10, h, w, 3]`."""
    return load_images(source, sample_indices(source))


def load_images(source, indices):
    """Load images of a source by index, from 0: uint8 `[n, h, w, 3]`."""
    return source.load(tf.constant(indices, tf.int64), tf.constant(0, tf.int64)).numpy()


def load_all_images(source):
    """Load all images of a source: uint8 `[num_examples, h, w, 3]`."""
    return np.concatenate([images.numpy() for images in evaluation_batches(source)])


def check_colors(dataset, split):
    """Raise UserError if all images of a part of an `ImageDataset` are gray."""
    source = getattr(dataset, split)
    last = source.num_examples - 1
    # Evenly spaced, because a folder may begin with the gray half of a collection.
    indices = np.linspace(0, last, min(_NUM_CHECKED, last + 1)).round()
    if np.ptp(load_images(source, indices.astype("int64")), axis=-1).max() == 0:
        raise UserError(
            f"only gray images ({dataset.description}, {split})",
            "color images, from which the grayscale input is computed",
            "Pass another --dataset.",
        )


def color_images(colorize, truth, degradation="none", seeds=None):
    """Return the grayscale input and the colorized output of ground-truth images.

    Args:
        colorize: Colorizer, see `evaluator`; without seeds a function of grayscale alone.
        truth: uint8 `[n, h, w, 3]`.
        degradation: Key of `DEGRADATIONS`.
        seeds: int `[n]`, or None.

    Returns:
        `(grayscale, prediction)`, uint8 `[n, h, w, 3]` each.
    """
    grayscale = DEGRADATIONS[degradation](from_uint8(truth))
    arguments = [] if seeds is None else [tf.constant(seeds, tf.int32)]
    prediction = to_uint8(colorize(grayscale, *arguments)).numpy()
    return to_uint8(grayscale_baseline(grayscale)).numpy(), prediction
