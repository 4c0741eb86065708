"""Guided upsampling for NumPy images, without TensorFlow.

The results match those of `colorkeras.color.guided_upsampling`, where the method is explained. To
bound memory, images are processed in horizontal strips, using several threads.
"""

import os

import numpy as np

from colorkeras.color.spaces_numpy import luma_chroma_to_planes, luma_of_pixels, rgb_to_chroma
from colorkeras.utils.ordered_map import ordered_map

RENDER_SIZE = 96
"""Default length of the network input's longer side, in pixels.

This is optimal for `unet` and nearly optimal for `unet_vivid`; see `benchmarks/render_size.py`.
"""

RADIUS = 2
"""Window radius of the guided filter, in small-image pixels."""

EPSILON = 0.02**2
"""Regularization of the guided filter. Where the variance of luma is smaller, chroma is nearly
constant."""

PIXELS_PER_STRIP = 2**16
"""Approximate number of pixels per strip; the planes of a strip fit in a CPU cache."""

_MAX_THREADS = 4


def scaled_size(size, render_size, max_scale=1.0):
    """Return the height and width at which the network processes an image.

    Args:
        size: Height and width in pixels, each at least 1.
        render_size: Maximum length of the longer side in pixels.
        max_scale: Maximum enlargement factor for images smaller than `render_size`.

    Returns:
        Tuple of two ints, each at least 1.

    Example:

    >>> [scaled_size(size, 128) for size in ([3000, 4000], [20, 10], [1, 5000])]
    [(96, 128), (20, 10), (1, 128)]
    >>> [scaled_size(size, 128, 1.25) for size in ([64, 80], [100, 120])]
    [(80, 100), (107, 128)]
    """
    scale = min(max_scale * max(size), render_size) / max(size)
    return tuple(max(1, round(scale * side)) for side in size)


def rows_per_strip(width):
    """Return the number of rows per strip, at least 1."""
    return max(1, PIXELS_PER_STRIP // width)


def downscale_luma(pixels, small_size):
    """Resize luma for the network, by area averaging (shrinking) or interpolation (enlarging).

    Args:
        pixels: uint8, uint16 or floating point in [0, 1], `[h, w]` or `[h, w, 3]`.
        small_size: Height and width of the result in pixels.

    Returns:
        Luma, float32 `[1, small height, small width, 1]` in [0, 1].
    """
    small_height, small_width = small_size
    rows = np.empty([len(pixels), small_width], np.float32)

    def shrink(strip):
        rows[strip] = _resized(luma_of_pixels(pixels[strip]), small_width)

    _for_strips(shrink, pixels)
    small = _resized(rows.T, small_height).T
    return np.clip(small, 0, 1, dtype=np.float32)[np.newaxis, ..., np.newaxis]


def upsample_color(pixels, grayscale, rgb, saturation=1.0):
    """Transfer the colors of a small image to a large image.

    Args:
        pixels: The large image; see `downscale_luma`.
        grayscale: Result of `downscale_luma`.
        rgb: Colorized `grayscale`, float32 `[1, small height, small width, 3]` in [0, 1].
        saturation: Chroma multiplier, at least 0.

    Returns:
        RGB `[h, w, 3]` with the dtype and luma of `pixels`.
    """
    grayscale, rgb = np.asarray(grayscale[0]), np.asarray(rgb[0])
    coefficients = saturation * _guided_filter_coefficients(grayscale, rgb_to_chroma(rgb))
    vertical, horizontal = map(_neighbors, coefficients.shape[1:], pixels.shape)
    is_integer = pixels.dtype.kind == "u"
    maximum = np.iinfo(pixels.dtype).max if is_integer else 1
    colored = np.empty([*pixels.shape[:2], 3], pixels.dtype)

    def color(strip):
        lower, upper, fraction = (each[strip] for each in vertical)
        first = lower[0]
        # Enlarging the width first is faster because there are still few rows.
        rows = _interpolated(coefficients[:, first : upper[-1] + 1], *horizontal, axis=2)
        fraction = fraction[:, np.newaxis]
        rows = _interpolated(rows, lower - first, upper - first, fraction, axis=1)
        luma = luma_of_pixels(pixels[strip])
        chroma = rows[:2]
        chroma *= luma
        chroma += rows[2:]
        for channel, plane in enumerate(luma_chroma_to_planes(luma, *chroma)):
            plane *= maximum
            colored[strip, :, channel] = np.rint(plane, out=plane) if is_integer else plane

    _for_strips(color, pixels)
    return colored


def _for_strips(function, pixels):
    """Call a function with the row slice of each strip, using several threads."""
    num_rows = rows_per_strip(pixels.shape[1])
    strips = [slice(start, start + num_rows) for start in range(0, len(pixels), num_rows)]
    num_threads = min(len(strips), os.cpu_count() or 1, _MAX_THREADS)
    for _ in ordered_map(function, strips, num_threads):
        pass


def _guided_filter_coefficients(luma, chroma):
    """Return the slopes for Cb and Cr, followed by the intercepts, `[4, h, w]`."""
    mean_luma, mean_chroma = _window_means(luma), _window_means(chroma)
    variance = _window_means(luma * luma) - mean_luma * mean_luma
    covariance = _window_means(luma * chroma) - mean_luma * mean_chroma
    slope = _window_means(covariance / (np.maximum(variance, 0) + EPSILON))
    return np.concatenate([slope, chroma - slope * luma], axis=-1).transpose(2, 0, 1)


def _window_means(images):
    """Compute means over square windows, ignoring pixels outside the image."""
    for axis in (0, 1):
        # The window slides along the first axis.
        values = images.swapaxes(0, axis)
        length = len(values)
        padded = np.pad(values, [(RADIUS, RADIUS), (0, 0), (0, 0)])
        sums = sum(padded[start : start + length] for start in range(2 * RADIUS + 1))
        places = np.arange(length)
        counts = np.minimum(places + RADIUS, length - 1) - np.maximum(places - RADIUS, 0) + 1
        images = (sums / counts.astype(np.float32)[:, np.newaxis, np.newaxis]).swapaxes(0, axis)
    return images


def _resized(values, small_length):
    """Resize the last axis by averaging when shrinking and by interpolation when enlarging."""
    length = values.shape[-1]
    if small_length > length:
        return _interpolated(values, *_neighbors(length, small_length), axis=-1)
    edges = length * np.arange(small_length) / small_length
    pixels = edges.astype(int)
    sums = np.add.reduceat(values, pixels, axis=-1)
    # A pixel that straddles two output pixels contributes to both.
    shared = values[:, pixels] * (edges - pixels).astype(np.float32)
    sums -= shared
    sums[:, :-1] += shared[:, 1:]
    return sums * np.float32(small_length / length)


def _neighbors(small_length, length):
    """Return the two nearest small-image pixels for each of `length` image pixels.

    Image pixels beyond the center of the first or last small-image pixel get that pixel's value.

    Returns:
        `(lower, upper, fraction)`: int64 indices `[length]`, and the weight of `upper`, float32.
    """
    positions = (np.arange(length) + 0.5) * small_length / length - 0.5
    positions = np.clip(positions, 0, small_length - 1)
    lower = positions.astype(int)
    upper = np.minimum(lower + 1, small_length - 1)
    return lower, upper, (positions - lower).astype(np.float32)


def _interpolated(values, lower, upper, fraction, axis):
    """Interpolate linearly along an axis; see `_neighbors`."""
    left, right = np.take(values, lower, axis), np.take(values, upper, axis)
    right -= left
    right *= fraction
    right += left
    return right
