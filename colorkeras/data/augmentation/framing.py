"""Add neutral borders around training images.

Borders teach networks to keep paper and black frames gray, and to colorize small subjects.
"""

import tensorflow as tf

FRAMED_SHARE = 0.15
"""Fraction of images that get a border."""

SIZES = (0.4, 0.92)
"""Minimum and maximum side length of the image inside the border, as a fraction of the whole."""

PAPER, BLACK = (0.88, 1.0), (0.0, 0.1)
"""Gray value ranges for paper borders and black borders."""

PAPER_SHARE = 0.6
"""Fraction of borders that look like paper; the rest are black."""


def frame(rgb, randomness):
    """Downscale some images and place them at random positions on a gray background.

    Args:
        rgb: float32 `[batch, height, width, 3]` in `[0, 1]`.
        randomness: `Randomness`.

    Returns:
        Images with the same shape and range.
    """
    count = tf.shape(rgb)[0]
    draws = randomness.uniform(count, [2, 1, 1, 1])
    gray = tf.where(
        draws[:, 0] < PAPER_SHARE,
        randomness.uniform(count, [1, 1, 1], *PAPER),
        randomness.uniform(count, [1, 1, 1], *BLACK),
    )
    size = tf.where(
        draws[:, 1, 0] < FRAMED_SHARE, randomness.uniform(count, [1, 1], *SIZES), tf.ones([1, 1])
    )
    corner = (1 - size) * randomness.uniform(count, [2, 1])
    rows = _interpolation(tf.shape(rgb)[1], size, corner[:, :1])
    columns = _interpolation(tf.shape(rgb)[2], size, corner[:, 1:])
    # The interpolation is 0 outside the image.
    framed = gray + tf.einsum("nay,nyxc,nbx->nabc", rows, rgb - gray, columns)
    return tf.clip_by_value(tf.ensure_shape(framed, rgb.shape), 0.0, 1.0)


def _interpolation(length, size, corner):
    """Return matrices that downscale one axis by linear interpolation with antialiasing.

    Args:
        length: Length of the axis in pixels, int32 scalar.
        size: Downscaled length as a fraction of `length`, `[n, 1, 1]`; 1 leaves it unchanged.
        corner: Start of the downscaled image as a fraction of `length`, `[n, 1, 1]`.

    Returns:
        float32 `[n, length, length]`; rows outside the downscaled image are 0.
    """
    pixels = tf.range(length, dtype=tf.float32)
    # Start at a whole pixel so that the edge of the image is sharp.
    first = tf.round(corner * tf.cast(length, tf.float32))
    places = (pixels[:, tf.newaxis] + 0.5 - first) / size - 0.5
    weights = tf.nn.relu(1 - tf.abs(places - pixels) * size)
    is_inside = (places > -0.5) & (places < tf.cast(length, tf.float32) - 0.5)
    weights = tf.where(is_inside, weights, 0.0)
    return tf.math.divide_no_nan(weights, tf.reduce_sum(weights, axis=-1, keepdims=True))
