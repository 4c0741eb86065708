"""Downsampling and upsampling of chroma."""

import functools

import numpy as np
import tensorflow as tf


def downsample_2x(images):
    """Halve the resolution so that `upsample_2x` reconstructs the original as well as possible.

    This is the least-squares solution; averaging 2x2 pixels would give a blurrier reconstruction.
    Maps float32 `[batch, height, width, channels]` with static height and width to
    `[batch, ceil(height / 2), ceil(width / 2), channels]`. Values may exceed the original range.
    """
    rows, columns = (_inverse_interpolation(length) for length in images.shape[1:3])
    return tf.einsum("ay,nyxc,bx->nabc", rows, images, columns)


def upsample(images, like, factor):
    """Increase the resolution by bilinear interpolation.

    Args:
        images: float32 `[batch, ceil(height / factor), ceil(width / factor), channels]`.
        like: Tensor `[batch, height, width, any]` with the height and width of the result.
        factor: int, at least 1.

    Returns:
        float32 `[batch, height, width, channels]`.
    """
    size, target_size = tf.shape(images)[1:3], tf.shape(like)[1:3]
    return tf.image.resize(images, factor * size)[:, : target_size[0], : target_size[1]]


def upsample_2x(images, like):
    """Double the resolution; see `upsample`."""
    return upsample(images, like, 2)


def ceil_divide(length, divisor):
    """Divide a non-negative int or int32 tensor by a positive int and round up.

    >>> ceil_divide(5, 2), ceil_divide(4, 2)
    (3, 2)
    """
    # Not `-(-length // divisor)`: ONNX rounds negative quotients toward zero.
    return (length + divisor - 1) // divisor


@functools.cache
def _inverse_interpolation(length):
    """Return the pseudoinverse of 1-D `upsample_2x`, float32 `[ceil(length / 2), length]`."""
    half = ceil_divide(length, 2)
    positions = (np.arange(length) + 0.5) / 2 - 0.5
    lower = np.floor(positions)
    matrix = np.zeros([length, half])
    for neighbor, weight in ((lower, 1 - (positions - lower)), (lower + 1, positions - lower)):
        column = np.clip(neighbor, 0, half - 1).astype(int)
        np.add.at(matrix, (np.arange(length), column), weight)
    return np.linalg.pinv(matrix).astype(np.float32)
