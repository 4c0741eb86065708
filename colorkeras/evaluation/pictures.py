"""Pictures of a source as people see them: the same ten of each, or any by number."""

import numpy as np
import tensorflow as tf

from colorkeras.color.spaces import from_uint8, to_uint8
from colorkeras.data import evaluation_batches
from colorkeras.data.degradations import DEGRADATIONS
from colorkeras.evaluation.measure import grayscale_baseline
from colorkeras.utils.errors import UserError

NUM_SAMPLES = 10
"""How many pictures figures show."""
_SAMPLE_SEED = 0

_NUM_CHECKED = 256
"""So many pictures are looked at for color: folders of large files are slow to read."""


def sample_numbers(source):
    """Numbers of ten pictures of a source, random but always the same: int64 `[10]`, rising.

    A source of fewer pictures gives them all.
    """
    generator = np.random.default_rng(_SAMPLE_SEED)
    count = min(NUM_SAMPLES, source.num_examples)
    return np.sort(generator.choice(source.num_examples, count, replace=False))


def sample_pictures(source):
    """The pictures that `sample_numbers` gives: uint8 `[10, h, w, 3]`."""
    return load_pictures(source, sample_numbers(source))


def load_pictures(source, indices):
    """Pictures of a source by number, 0 for the first: uint8 `[n, h, w, 3]`."""
    return source.load(tf.constant(indices, tf.int64), tf.constant(0, tf.int64)).numpy()


def all_pictures(source):
    """Every picture of a source: uint8 `[num_examples, h, w, 3]`."""
    return np.concatenate([images.numpy() for images in evaluation_batches(source)])


def check_colors(dataset, split):
    """Raises UserError for pictures that are all gray.

    Args:
        dataset: `ImageDataset`.
        split: "train", "validation" or "test".
    """
    source = getattr(dataset, split)
    last = source.num_examples - 1
    # Not the first ones: those of a folder may be the gray half of a collection.
    numbers = np.linspace(0, last, min(_NUM_CHECKED, last + 1)).round()
    if np.ptp(load_pictures(source, numbers.astype("int64")), axis=-1).max() == 0:
        raise UserError(
            f"pictures that are all gray ({dataset.description}, {split})",
            "pictures in color, which are made gray by the program itself",
            "Pass another --dataset.",
        )


def color_images(color, truth, degradation="none", seeds=None):
    """Grayscale input and colored output of true pictures, as a person sees them.

    Args:
        color: As for `evaluate`; without seeds a function of grayscale alone.
        truth: uint8 `[n, h, w, 3]`.
        degradation: As for `evaluate`.
        seeds: Whole numbers `[n]`: those of the pictures, where figures are to be seen.

    Returns:
        `(grayscale, prediction)`, uint8 `[n, h, w, 3]` each.
    """
    grayscale = DEGRADATIONS[degradation](from_uint8(truth))
    arguments = [] if seeds is None else [tf.constant(seeds, tf.int32)]
    return to_uint8(grayscale_baseline(grayscale)).numpy(), to_uint8(
        color(grayscale, *arguments)
    ).numpy()
