"""Chroma at half the resolution of luma, and back."""

import tensorflow as tf


def halve(images):
    """Means of 2x2 pixels; the last row or column of an odd size is averaged alone.

    Args:
        images: float32 `[n, h, w, c]`.

    Returns:
        float32 `[n, ceil(h / 2), ceil(w / 2), c]`.
    """
    return tf.nn.avg_pool2d(images, 2, 2, "SAME")


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
