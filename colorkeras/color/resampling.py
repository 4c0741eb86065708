"""Resampling of chroma to half the resolution of luma and back."""

import functools

import numpy as np
import tensorflow as tf


def downsample_2x(images):
    """Halve the resolution such that `upsample_2x` is closest to the original.

    This is the least-squares solution. Averaging 2x2 pixels would blur more after interpolation.

    Args:
        images: float32 `[batch, height, width, channels]`, height and width static.

    Returns:
        float32 `[batch, ceil(height / 2), ceil(width / 2), channels]`; values may exceed the range
        of `images`.
    """
    rows, columns = (_inverse_interpolation(length) for length in images.shape[1:3])
    return tf.einsum("ay,nyxc,bx->nabc", rows, images, columns)


def upsample_2x(images, like):
    """Double the resolution by bilinear interpolation: the counterpart of `downsample_2x`.

    Args:
        images: float32 `[batch, ceil(height / 2), ceil(width / 2), channels]`.
        like: `[batch, height, width, k]`, whose height and width are used.

    Returns:
        float32 `[batch, height, width, channels]`.
    """
    size, target_size = tf.shape(images)[1:3], tf.shape(like)[1:3]
    return tf.image.resize(images, 2 * size)[:, : target_size[0], : target_size[1]]


def ceil_divide(length, divisor):
    """Divide non-negative integers and round up.

    Args:
        length: int or int32 tensor, at least 0.
        divisor: int, at least 1.

    Example:

    >>> ceil_divide(5, 2), ceil_divide(4, 2)
    (3, 2)
    """
    # Without negative numbers, whose quotients ONNX rounds towards zero.
    return (length + divisor - 1) // divisor


@functools.cache
def _inverse_interpolation(length):
    """Pseudoinverse of `upsample_2x` along one axis: float32 `[ceil(length / 2), length]`."""
    half = ceil_divide(length, 2)
    positions = (np.arange(length) + 0.5) / 2 - 0.5
    lower = np.floor(positions)
    matrix = np.zeros([length, half])
    for neighbor, weight in ((lower, 1 - (positions - lower)), (lower + 1, positions - lower)):
        column = np.clip(neighbor, 0, half - 1).astype(int)
        np.add.at(matrix, (np.arange(length), column), weight)
    return np.linalg.pinv(matrix).astype(np.float32)
