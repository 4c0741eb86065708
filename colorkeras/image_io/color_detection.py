"""Detect whether an image has colors of its own, is gray, or is toned like a sepia print."""

import numpy as np

from colorkeras.color.bt601 import LUMA_WEIGHTS

MAX_DEVIATION = 5.0
"""Chroma deviation in 8-bit levels that JPEG compression, scanners and aged paper cause."""

_NUM_TONES = 64
_LONGER_SIDE = 256


def is_colored(pixels):
    """Return whether an image has more than one color per tone.

    A toned image has one color for each luma value, such as brown shadows and yellow highlights.

    Args:
        pixels: uint8 or uint16 `[h, w]` or `[h, w, 3]`, gray or sRGB.

    Returns:
        bool.

    Example:

    >>> gray = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> sepia = np.stack([gray, gray // 4 * 3, gray // 2], axis=-1)
    >>> colored = np.stack([gray, gray[::-1], gray.T], axis=-1)
    >>> is_colored(gray), is_colored(sepia), is_colored(colored)
    (False, False, True)
    """
    if pixels.ndim == 2:
        return False
    luma, chroma = _luma_and_chroma(pixels)
    tones = np.minimum(luma * _NUM_TONES / 256, _NUM_TONES - 1).astype(int)
    counts = np.maximum(np.bincount(tones, minlength=_NUM_TONES), 1)
    means = [np.bincount(tones, channel, _NUM_TONES) / counts for channel in chroma]
    return _deviation(chroma, [mean[tones] for mean in means]) > MAX_DEVIATION


def is_nearly_gray(pixels):
    """Return whether an image has no colors, apart from compression artifacts and a slight tint.

    Args:
        pixels: uint8 or uint16 `[h, w]` or `[h, w, 3]`, gray or sRGB.

    >>> is_nearly_gray(np.uint8([[[120, 122, 119]]])), is_nearly_gray(np.uint8([[[120, 90, 60]]]))
    (True, False)
    """
    return pixels.ndim == 2 or _deviation(_luma_and_chroma(pixels)[1]) <= MAX_DEVIATION


def _deviation(chroma, expected=(0, 0)):
    """Return the larger RMS deviation of the two chroma channels."""
    return max(
        float(np.sqrt(np.mean((channel - mean) ** 2)))
        for channel, mean in zip(chroma, expected, strict=True)
    )


def _luma_and_chroma(pixels):
    """Return luma `[n]` and the differences of red and blue from it, `[2, n]`, in 8-bit levels."""
    rgb = _block_means(pixels)
    luma = rgb @ LUMA_WEIGHTS
    return luma, (rgb[:, [0, 2]] - luma[:, np.newaxis]).T


def _block_means(pixels):
    """Average square blocks, about as many as a small image has pixels: float64 `[n, 3]`, 0..255.

    Averaging suppresses scanner noise and the chroma errors of JPEG compression.
    """
    height, width = pixels.shape[:2]
    side = -(-max(height, width) // _LONGER_SIDE)
    columns = np.arange(0, width, side)
    widths = np.diff(columns, append=width)[:, np.newaxis]
    scale = 255 / np.iinfo(pixels.dtype).max
    means = []
    for top in range(0, height, side):
        rows = pixels[top : top + side]
        sums = np.add.reduceat(rows.sum(axis=0, dtype=np.uint64), columns, axis=0)
        means.append(sums * (scale / len(rows)) / widths)
    return np.concatenate(means)
