"""Color spaces as TensorFlow functions: BT.601 luma and chroma, the sRGB gamut, CIE L*a*b*.

Pictures are `[..., height, width, channels]`; every function works on any leading shape. RGB is
gamma-encoded sRGB, float32 in 0..1 unless a docstring says uint8 in 0..255.
"""

import numpy as np
import tensorflow as tf

LUMA_WEIGHTS = (0.299, 0.587, 0.114)
"""BT.601 weights of red, green and blue in luma (ITU-R BT.601-7, section 2.5.1)."""

# Cb and Cr are the color differences B - Y and R - Y, scaled so that both span -0.5..0.5.
_RED_PER_CR = 2 * (1 - LUMA_WEIGHTS[0])
_BLUE_PER_CB = 2 * (1 - LUMA_WEIGHTS[2])

_TINY = 1e-12
"""Far below any color difference; one over its square, as in gradients, is still finite."""

# Linear sRGB to CIE XYZ with the D65 white point (IEC 61966-2-1).
_XYZ_FROM_RGB = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
_RGB_FROM_XYZ = np.linalg.inv(_XYZ_FROM_RGB)
_WHITE = tuple(sum(row) for row in _XYZ_FROM_RGB)


def from_uint8(image):
    """Scales uint8 0..255 to float32 0..1, keeping the shape."""
    return tf.cast(image, tf.float32) / 255.0


def to_uint8(image):
    """Clips float 0..1, rounds to the nearest of 256 levels and returns uint8, same shape.

    >>> to_uint8(tf.constant([-0.1, 0.5, 1.2])).numpy().tolist()
    [0, 128, 255]
    """
    return tf.cast(tf.round(tf.clip_by_value(image, 0.0, 1.0) * 255.0), tf.uint8)


def luma(rgb):
    """Converts RGB to grayscale by BT.601: `0.299 r + 0.587 g + 0.114 b`.

    Args:
        rgb: float `[..., 3]` in 0..1.

    Returns:
        float `[..., 1]` in 0..1.

    >>> round(float(luma(tf.constant([1.0, 0.0, 0.0]))[0]), 3)
    0.299
    """
    with tf.name_scope("luma"):
        return tf.reduce_sum(rgb * tf.constant(LUMA_WEIGHTS, rgb.dtype), axis=-1, keepdims=True)


def rgb_to_chroma(rgb):
    """BT.601 chroma of RGB.

    Args:
        rgb: float `[..., 3]` in 0..1.

    Returns:
        float `[..., 2]`: Cb and Cr, each in -0.5..0.5, 0 for gray.

    Reference: ITU-R BT.601-7, section 2.5.2.

    >>> rgb_to_chroma(tf.constant([0.0, 0.0, 1.0])).numpy().astype(float).round(4).tolist()
    [0.5, -0.0813]
    """
    y = luma(rgb)
    return tf.concat(
        [(rgb[..., 2:3] - y) / _BLUE_PER_CB, (rgb[..., 0:1] - y) / _RED_PER_CR], axis=-1
    )


def luma_chroma_to_rgb(y, chroma):
    """Combines luma and chroma to RGB inside the gamut, keeping luma exactly.

    A color outside 0..1 is brought in by scaling its chroma toward gray (which keeps luma and
    hue), never by clipping. Rounding each channel to 8 bits then moves luma by at most 0.5/255,
    because the luma weights sum to one.

    Args:
        y: float `[..., 1]` in 0..1.
        chroma: float `[..., 2]`, Cb and Cr, any finite value.

    Returns:
        float `[..., 3]` in 0..1.
    """
    return tf.stack(luma_chroma_to_planes(y[..., 0], chroma[..., 0], chroma[..., 1]), axis=-1)


def luma_chroma_to_planes(y, cb, cr):
    """What `luma_chroma_to_rgb` does, with each channel by itself, which is several times faster.

    Args:
        y: float `[...]` in 0..1.
        cb: float `[...]`, any finite value.
        cr: Likewise.

    Returns:
        List of red, green and blue: float `[...]` in 0..1.
    """
    y = tf.clip_by_value(y, 0.0, 1.0)
    # Chroma over 1 is out of gamut at any size; huge values would overflow to infinity.
    largest = tf.maximum(tf.maximum(tf.abs(cb), tf.abs(cr)), 1.0)
    red, blue = _RED_PER_CR * (cr / largest), _BLUE_PER_CB * (cb / largest)
    # What chroma adds to red, green and blue has itself a luma of 0.
    green = -(LUMA_WEIGHTS[0] * red + LUMA_WEIGHTS[2] * blue) / LUMA_WEIGHTS[1]
    highest = tf.maximum(tf.maximum(red, green), blue)
    lowest = tf.minimum(tf.minimum(red, green), blue)
    # Gray adds nothing, which fits whatever the room: its share must not become 0 / 0.
    above, below = (tf.maximum(offset, _TINY) for offset in (highest, -lowest))
    share = tf.minimum(tf.minimum((1 - y) / above, y / below), 1.0)
    # Only rounding errors of 1e-7 are left to be clipped.
    return [tf.clip_by_value(y + share * offset, 0.0, 1.0) for offset in (red, green, blue)]


def saturate(rgb, factor):
    """Scales the BT.601 chroma of pictures around their luma, which is kept.

    Args:
        rgb: float32 `[..., 3]` in 0..1.
        factor: float, at least 0: 0 makes gray, 1 changes nothing, more makes more colorful, as
            far as the gamut goes (see `luma_chroma_to_rgb`).

    Returns:
        float32 `[..., 3]` in 0..1.

    >>> saturate(tf.constant([0.5, 0.4, 0.4]), 2.0).numpy().astype(float).round(4).tolist()
    [0.5701, 0.3701, 0.3701]
    """
    return luma_chroma_to_rgb(luma(rgb), factor * rgb_to_chroma(rgb))


def rgb_to_lab(rgb):
    """CIE 1976 L*a*b* of sRGB, white point D65.

    Args:
        rgb: float32 `[..., 3]` in 0..1.

    Returns:
        float32 `[..., 3]`: L* in 0..100, a* and b* about -110..110.

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
    epsilon, kappa = 216 / 24389, 24389 / 27
    f = tf.where(
        ratio > epsilon, tf.pow(tf.maximum(ratio, epsilon), 1 / 3), (kappa * ratio + 16) / 116
    )
    return tf.stack(
        [
            116 * f[..., 1] - 16,
            500 * (f[..., 0] - f[..., 1]),
            200 * (f[..., 1] - f[..., 2]),
        ],
        axis=-1,
    )


def lab_to_rgb(lab):
    """sRGB of CIE 1976 L*a*b*, white point D65: the inverse of `rgb_to_lab`, clipped to the gamut.

    Args:
        lab: float32 `[..., 3]`: L* in 0..100, a* and b* about -110..110.

    Returns:
        float32 `[..., 3]` in 0..1.

    >>> lab_to_rgb(tf.constant([53.24, 80.09, 67.2])).numpy().astype(float).round(2).tolist()
    [1.0, 0.0, 0.0]
    """
    middle = (lab[..., 0] + 16) / 116
    f = tf.stack([middle + lab[..., 1] / 500, middle, middle - lab[..., 2] / 200], axis=-1)
    epsilon, kappa = 216 / 24389, 24389 / 27
    ratio = tf.where(f**3 > epsilon, f**3, (116 * f - 16) / kappa)
    xyz = tf.reshape(ratio * tf.constant(_WHITE), [-1, 3])
    linear = tf.linalg.matmul(xyz, tf.constant(_RGB_FROM_XYZ, tf.float32), transpose_b=True)
    linear = tf.clip_by_value(tf.reshape(linear, tf.shape(lab)), 0.0, 1.0)
    bright = 1.055 * tf.pow(tf.maximum(linear, 0.0031308), 1 / 2.4) - 0.055
    return tf.where(linear <= 0.0031308, 12.92 * linear, bright)
