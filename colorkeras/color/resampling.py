"""Chroma at half the resolution of luma, and back."""

import functools

import numpy as np
import tensorflow as tf


def halve(images):
    """Pictures at half resolution, of which `double` makes those that are nearest to the originals.

    Nearest in the sense of least squares. Means of 2x2 pixels would be blurred once more by the
    interpolation.

    Args:
        images: float32 `[n, h, w, c]`, h and w known while a graph is built.

    Returns:
        float32 `[n, ceil(h / 2), ceil(w / 2), c]`, whose range may exceed that of `images`.
    """
    rows, columns = (_inverse(length) for length in images.shape[1:3])
    return tf.einsum("ay,nyxc,bx->nabc", rows, images, columns)


def double(images, like):
    """Bilinear interpolation to the size of other pictures: the counterpart of `halve`.

    Args:
        images: float32 `[n, ceil(h / 2), ceil(w / 2), c]`.
        like: `[n, h, w, k]`, of which only the size counts.

    Returns:
        float32 `[n, h, w, c]`.
    """
    size, wanted = tf.shape(images)[1:3], tf.shape(like)[1:3]
    return tf.image.resize(images, 2 * size)[:, : wanted[0], : wanted[1]]


def divide_up(length, divisor):
    """The smallest whole number of parts of a length that cover all of it.

    Args:
        length: int, or int32 tensor, at least 0.
        divisor: Length of a part, at least 1.

    >>> divide_up(5, 2), divide_up(4, 2)
    (3, 2)
    """
    # Without negative numbers, whose quotients ONNX rounds towards zero.
    return (length + divisor - 1) // divisor


@functools.cache
def _inverse(length):
    """Pseudoinverse of what `double` does along one axis: float32 `[ceil(length / 2), length]`."""
    half = -(-length // 2)
    places = (np.arange(length) + 0.5) / 2 - 0.5
    lower = np.floor(places)
    doubling = np.zeros([length, half])
    for neighbor, weight in ((lower, 1 - (places - lower)), (lower + 1, places - lower)):
        column = np.clip(neighbor, 0, half - 1).astype(int)
        np.add.at(doubling, (np.arange(length), column), weight)
    return np.linalg.pinv(doubling).astype(np.float32)
