"""Correct predicted chroma to match color hints exactly."""

import numpy as np
import tensorflow as tf

MIN_MASK = 0.5
"""Mask value above which hints must be matched exactly; other hints are only approximate."""

_SIGMAS = (3.0, 1.5, 0.7, 0.7)
"""Standard deviations of successive corrections, in pixels. The last ones are narrow, to separate
neighboring hints with different colors."""


def honor_hints(chroma, hints):
    """Shift chroma at and near each hint until its mean over the hint equals the hint's color.

    Only the mean error is corrected, which preserves texture within a hint.

    Args:
        chroma: Cb and Cr, float32 `[batch, h, w, 2]`.
        hints: float32 `[batch, h, w, 3]`: Cb and Cr in `[-0.5, 0.5]` and a mask in `[0, 1]`.

    Returns:
        float32 `[batch, h, w, 2]`.

    Example:

    >>> hints = tf.pad(tf.constant([[[[0.2, -0.1, 1.0]]]]), [[0, 0], [4, 4], [4, 4], [0, 0]])
    >>> honor_hints(tf.zeros([1, 9, 9, 2]), hints).numpy()[0, 4, 4].astype(float).round(2).tolist()
    [0.2, -0.1]
    """
    mask = hints[..., 2:] * tf.cast(hints[..., 2:] > MIN_MASK, tf.float32)
    for sigma in _SIGMAS:
        weight = _blur(mask, sigma)
        error = tf.math.divide_no_nan(_blur(mask * (hints[..., :2] - chroma), sigma), weight)
        correction = tf.math.divide_no_nan(_blur(mask * error, sigma), weight)
        chroma += correction * tf.minimum(1.0, weight / _gaussian(sigma).max() ** 2)
    return chroma


def _blur(images, sigma):
    """Blur with a separable Gaussian filter and zero padding."""
    column = _gaussian(sigma)[:, np.newaxis, np.newaxis, np.newaxis]
    column = np.tile(column, [images.shape[-1], 1])
    for kernel in (column, np.swapaxes(column, 0, 1)):
        images = tf.nn.depthwise_conv2d(images, kernel, [1, 1, 1, 1], "SAME")
    return images


def _gaussian(sigma):
    """Return Gaussian filter weights, float32 `[k]`, that sum to 1."""
    steps = np.arange(-int(3 * sigma), int(3 * sigma) + 1)
    kernel = np.exp(-np.square(steps) / (2 * sigma**2))
    return (kernel / kernel.sum()).astype(np.float32)
