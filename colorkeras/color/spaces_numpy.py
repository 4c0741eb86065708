"""BT.601 luma and chroma for NumPy arrays, without TensorFlow.

The results match those of `colorkeras.color.spaces`, where the method is explained.
"""

import numpy as np

from colorkeras.color.bt601 import BLUE_PER_CB, LUMA_WEIGHTS, RED_PER_CR

_TINY = np.finfo(np.float32).tiny


def to_uint8(image):
    """Clip floats of any shape to [0, 1] and round to uint8 [0, 255]."""
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)


def luma(rgb):
    """Compute the luma of RGB `[..., 3]` in any range, as float32 `[..., 1]` in the same range.

    >>> luma(np.array([1.0, 0.0, 0.0])).astype(float).round(3).tolist()
    [0.299]
    """
    # A matrix product would start additional threads.
    total = np.multiply(rgb[..., :1], LUMA_WEIGHTS[0], dtype=np.float32)
    for channel in (1, 2):
        values = rgb[..., channel : channel + 1]
        total += np.multiply(values, LUMA_WEIGHTS[channel], dtype=np.float32)
    return total


def luma_of_pixels(pixels):
    """Compute the luma of an image, float32 `[h, w]` in [0, 1].

    Args:
        pixels: uint8, uint16 or floating point in [0, 1], `[h, w]` or `[h, w, 3]`.
    """
    levels = pixels.astype(np.float32) if pixels.ndim == 2 else luma(pixels)[..., 0]
    if pixels.dtype.kind == "u":
        levels /= np.iinfo(pixels.dtype).max
    return levels


def rgb_to_chroma(rgb):
    """Convert RGB `[..., 3]` in [0, 1] to Cb and Cr, float32 `[..., 2]` in [-0.5, 0.5].

    >>> rgb_to_chroma(np.array([0.0, 0.0, 1.0])).astype(float).round(4).tolist()
    [0.5, -0.0813]
    """
    y = luma(rgb)
    chroma = [(rgb[..., 2:] - y) / BLUE_PER_CB, (rgb[..., :1] - y) / RED_PER_CR]
    return np.concatenate(chroma, axis=-1, dtype=np.float32)


def luma_chroma_to_rgb(y, chroma):
    """Convert luma `[..., 1]` and chroma `[..., 2]` to RGB, float32 `[..., 3]` in [0, 1].

    Chroma outside the gamut is scaled toward gray; luma does not change.
    """
    shape = np.broadcast_shapes(y.shape[:-1], chroma.shape[:-1])
    planes = (y[..., 0], chroma[..., 0], chroma[..., 1])
    flat = (np.array(np.broadcast_to(plane, shape), np.float32).reshape(-1) for plane in planes)
    return np.stack(luma_chroma_to_planes(*flat), axis=-1).reshape(*shape, 3)


def luma_chroma_to_planes(y, cb, cr):
    """Convert luma and chroma planes to red, green and blue planes in place.

    The arguments are float32 arrays of the same shape with at least one axis. They are overwritten.
    """
    np.clip(y, 0, 1, out=y)
    red = np.multiply(cr, RED_PER_CR, out=cr)
    blue = np.multiply(cb, BLUE_PER_CB, out=cb)
    green = red * (-LUMA_WEIGHTS[0] / LUMA_WEIGHTS[1])
    green -= blue * (LUMA_WEIGHTS[2] / LUMA_WEIGHTS[1])
    above = np.maximum(np.maximum(red, green), blue)
    below = np.minimum(np.minimum(red, green), blue)
    # The tiny number avoids 0 / 0 for gray.
    scale = np.divide(1 - y, np.maximum(above, _TINY, out=above), out=above)
    limit = np.divide(y, np.maximum(np.negative(below, out=below), _TINY, out=below), out=below)
    scale = np.minimum(np.minimum(scale, limit, out=scale), 1, out=scale)
    planes = red, green, blue
    for plane in planes:
        plane *= scale
        plane += y
        np.clip(plane, 0, 1, out=plane)
    return planes
