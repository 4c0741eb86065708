"""Process an image in horizontal strips to bound memory.

Shares its computations with `colorkeras.color.guided_upsampling`, which works in graphs.
"""

import functools
import threading

import numpy as np
import tensorflow as tf

from colorkeras.color.guided_upsampling import (
    as_network_input,
    chroma_coefficients,
    downscale_luma_rows,
    rows_per_strip,
    scaled_size,
    upsample_color_rows,
)
from colorkeras.utils.errors import UserError

MAX_SIDE = 2**18
"""Largest width and height in pixels. Some hundred MB are needed for that many rows and
columns."""


def downscale_luma(pixels, render_size, image_size=None):
    """Shrink a large image to the small one that the network sees.

    Args:
        pixels: NumPy array, uint8, uint16 or floating-point in [0, 1], `[h, w]` or `[h, w, 3]`.
        render_size: Longer side of the small image in pixels.
        image_size: The only height and width in pixels that the network takes; None if it takes
            any.

    Returns:
        Luma, float32 tensor `[1, small height, small width, 1]` in [0, 1].

    Raises:
        UserError: The image is too high or too wide.
    """
    if max(pixels.shape[:2]) > MAX_SIDE:
        raise UserError(
            f"an image of {pixels.shape[1]}x{pixels.shape[0]} pixels",
            f"at most {MAX_SIDE} pixels on either side",
            "Cut it into parts.",
        )
    size = tf.constant(pixels.shape[:2])
    small = scaled_size(size, render_size) if image_size is None else tf.constant([image_size] * 2)
    total = tf.zeros(small)
    for start, rows in _strips(pixels):
        total += _graphs_of(rows).downscale_luma(rows, start, size, small)
    return as_network_input(total)


def upsample_color(pixels, grayscale, rgb, saturation=1.0):
    """Transfer the colors of the small image to the large one.

    Args:
        pixels: As for `downscale_luma`.
        grayscale: Result of `downscale_luma`.
        rgb: The same in color, float32 `[1, small height, small width, 3]` in [0, 1].
        saturation: Factor of chroma, at least 0.

    Returns:
        NumPy array, RGB `[h, w, 3]` with the dtype and luma of `pixels`.
    """
    size = tf.constant(pixels.shape[:2])
    lines = chroma_coefficients(grayscale, rgb, saturation)
    colored = np.empty([*pixels.shape[:2], 3], pixels.dtype)
    for start, rows in _strips(pixels):
        colored_rows = _graphs_of(rows).upsample_color(rows, start, size, lines)
        colored[int(start) : int(start) + len(rows)] = colored_rows
    return colored


def _strips(pixels):
    """Yield the number of the first row and the rows of each strip, both as tensors."""
    pixels = pixels if pixels.ndim == 3 else pixels[..., np.newaxis]
    num_rows = rows_per_strip(pixels.shape[1])
    for start in range(0, len(pixels), num_rows):
        yield tf.constant(start), tf.constant(pixels[start : start + num_rows])


class _Graphs:
    """Graphs of `downscale_luma_rows` and `upsample_color_rows`, traced once for all sizes."""

    def __init__(self, dtype, num_channels):
        rows = tf.TensorSpec([None, None, num_channels], dtype)
        number, size = tf.TensorSpec([], tf.int32), tf.TensorSpec([2], tf.int32)
        lines = tf.TensorSpec([4, None, None], tf.float32)
        self.downscale_luma = _traced(downscale_luma_rows, [rows, number, size, size])
        self.upsample_color = _traced(upsample_color_rows, [rows, number, size, lines])


def _traced(function, signature):
    # The function itself would warn when it is traced for several dtypes.
    return tf.function(function, signature).get_concrete_function()


_graphs = functools.cache(_Graphs)
_lock = threading.Lock()


def _graphs_of(rows):
    with _lock:  # Otherwise threads that start together would trace it several times.
        return _graphs(rows.dtype, rows.shape[-1])
