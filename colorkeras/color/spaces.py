"""Color conversions in TensorFlow: BT.601 luma and chroma, gamut mapping, CIE L*a*b*.

Images have shape `[..., height, width, channels]` with any leading dimensions. RGB is gamma-encoded
sRGB, float32 in `[0, 1]` unless noted otherwise.
"""

import numpy as np
import tensorflow as tf

from colorkeras.color.bt601 import BLUE_PER_CB, LUMA_WEIGHTS, RED_PER_CR

# Smaller than any color difference, but its inverse square, which occurs in gradients, is finite.
_TINY = 1e-12

# Linear sRGB to CIE XYZ with the D65 white point (IEC 61966-2-1).
_XYZ_FROM_RGB = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
_RGB_FROM_XYZ = np.linalg.inv(_XYZ_FROM_RGB)
_WHITE = tuple(sum(row) for row in _XYZ_FROM_RGB)
_LAB_EPSILON, _LAB_KAPPA = 216 / 24389, 24389 / 27


def from_uint8(image):
    """Convert uint8 `[0, 255]` of any shape to float32 `[0, 1]`."""
    return tf.cast(image, tf.float32) / 255.0


def to_uint8(image):
    """Clip floats of any shape to `[0, 1]` and round to uint8 `[0, 255]`.

    >>> to_uint8(tf.constant([-0.1, 0.5, 1.2])).numpy().tolist()
    [0, 128, 255]
    """
    return tf.cast(tf.round(tf.clip_by_value(image, 0.0, 1.0) * 255.0), tf.uint8)


def luma(rgb):
    """Compute BT.601 luma, `0.299 r + 0.587 g + 0.114 b`: float `[..., 3]` to `[..., 1]`.

    Reference: ITU-R BT.601-7, section 2.5.1.

    >>> round(float(luma(tf.constant([1.0, 0.0, 0.0]))[0]), 3)
    0.299
    """
    with tf.name_scope("luma"):
        return tf.reduce_sum(rgb * tf.constant(LUMA_WEIGHTS, rgb.dtype), axis=-1, keepdims=True)


def rgb_to_chroma(rgb):
    """Compute BT.601 chroma, Cb and Cr in `[-0.5, 0.5]`: float `[..., 3]` to `[..., 2]`.

    Reference: ITU-R BT.601-7, section 2.5.2.

    >>> rgb_to_chroma(tf.constant([0.0, 0.0, 1.0])).numpy().astype(float).round(4).tolist()
    [0.5, -0.0813]
    """
    y = luma(rgb)
    return tf.concat([(rgb[..., 2:3] - y) / BLUE_PER_CB, (rgb[..., 0:1] - y) / RED_PER_CR], axis=-1)


def luma_chroma_to_rgb(y, chroma):
    """Convert luma and chroma to RGB, preserving luma exactly.

    Chroma outside the gamut is scaled toward gray instead of being clipped, which preserves luma
    and hue. Rounding the result to 8 bits changes luma by at most 0.5/255 because the luma weights
    sum to 1.

    Args:
        y: Luma, float `[..., 1]` in `[0, 1]`.
        chroma: Cb and Cr, float `[..., 2]`, any finite values.

    Returns:
        float `[..., 3]` in `[0, 1]`.
    """
    return tf.stack(luma_chroma_to_planes(y[..., 0], chroma[..., 0], chroma[..., 1]), axis=-1)


def luma_chroma_to_planes(y, cb, cr):
    """Convert luma and chroma planes to RGB planes; faster than `luma_chroma_to_rgb`.

    All arguments and results are float `[...]`.
    """
    y = tf.clip_by_value(y, 0.0, 1.0)
    # Chroma above 1 is always out of gamut; huge values would overflow.
    largest = tf.maximum(tf.maximum(tf.abs(cb), tf.abs(cr)), 1.0)
    red, blue = RED_PER_CR * (cr / largest), BLUE_PER_CB * (cb / largest)
    # The luma of the three differences (red, green, blue) is 0.
    green = -(LUMA_WEIGHTS[0] * red + LUMA_WEIGHTS[2] * blue) / LUMA_WEIGHTS[1]
    highest = tf.maximum(tf.maximum(red, green), blue)
    lowest = tf.minimum(tf.minimum(red, green), blue)
    # Avoid 0 / 0 for gray.
    above, below = (tf.maximum(offset, _TINY) for offset in (highest, -lowest))
    scale = tf.minimum(tf.minimum((1 - y) / above, y / below), 1.0)
    # Clip rounding errors of about 1e-7.
    return [tf.clip_by_value(y + scale * offset, 0.0, 1.0) for offset in (red, green, blue)]


def saturate(rgb, factor):
    """Scale the BT.601 chroma of an RGB image, float32 `[..., 3]`, while preserving luma.

    A factor of 0 gives gray, and 1 is the identity. Chroma is limited to the gamut.

    >>> saturate(tf.constant([0.5, 0.4, 0.4]), 2.0).numpy().astype(float).round(4).tolist()
    [0.5701, 0.3701, 0.3701]
    """
    return luma_chroma_to_rgb(luma(rgb), factor * rgb_to_chroma(rgb))


def rgb_to_lab(rgb):
    """Convert sRGB, float32 `[..., 3]`, to CIE 1976 L*a*b* with white point D65.

    L* is in `[0, 100]`; a* and b* are roughly in `[-110, 110]`.

    Reference: IEC 61966-2-1 (sRGB); CIE 15:2004 (L*a*b*).

    >>> rgb_to_lab(tf.constant([1.0, 0.0, 0.0])).numpy().astype(float).round(1).tolist()
    [53.2, 80.1, 67.2]
    """
    linear = tf.where(
        rgb <= 0.04045, rgb / 12.92, tf.pow((tf.maximum(rgb, 0.04045) + 0.055) / 1.055, 2.4)
    )
    xyz = tf.linalg.matmul(
        tf.reshape(linear, [-1, 3]), tf.constant(_XYZ_FROM_RGB), transpose_b=True
    )
    ratio = tf.reshape(xyz, tf.shape(rgb)) / tf.constant(_WHITE)
    f = tf.where(
        ratio > _LAB_EPSILON,
        tf.pow(tf.maximum(ratio, _LAB_EPSILON), 1 / 3),
        (_LAB_KAPPA * ratio + 16) / 116,
    )
    x, y, z = tf.unstack(f, axis=-1)
    return tf.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def lab_to_rgb(lab):
    """Convert CIE 1976 L*a*b* to sRGB and clip to the gamut; inverse of `rgb_to_lab`.

    >>> lab_to_rgb(tf.constant([53.24, 80.09, 67.2])).numpy().astype(float).round(2).tolist()
    [1.0, 0.0, 0.0]
    """
    y = (lab[..., 0] + 16) / 116
    f = tf.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    ratio = tf.where(f**3 > _LAB_EPSILON, f**3, (116 * f - 16) / _LAB_KAPPA)
    xyz = tf.reshape(ratio * tf.constant(_WHITE), [-1, 3])
    linear = tf.linalg.matmul(xyz, tf.constant(_RGB_FROM_XYZ, tf.float32), transpose_b=True)
    linear = tf.clip_by_value(tf.reshape(linear, tf.shape(lab)), 0.0, 1.0)
    encoded = 1.055 * tf.pow(tf.maximum(linear, 0.0031308), 1 / 2.4) - 0.055
    return tf.where(linear <= 0.0031308, 12.92 * linear, encoded)
