"""Distinguish color images from gray images and from toned images, such as sepia prints."""

import numpy as np

from colorkeras.color.bt601 import LUMA_WEIGHTS

MAX_DEVIATION = 5.0
"""Maximum chroma deviation, in 8-bit levels, that is attributed to JPEG compression, scanners and
aged paper rather than to color."""

_NUM_TONES = 64
_LONGER_SIDE = 256


def is_colored(pixels):
    """Return whether an image is in color, as opposed to gray or toned.

    A toned image has a single color for each luma value, such as brown shadows and yellow
    highlights.

    Args:
        pixels: uint8 or uint16 `[h, w]` or `[h, w, 3]`, gray or sRGB.

    Returns:
        bool.

    >>> gray = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> sepia = np.stack([gray, gray // 4 * 3, gray // 2], axis=-1)
    >>> colored = np.stack([gray, gray[::-1], gray.T], axis=-1)
    >>> is_colored(gray), is_colored(sepia), is_colored(colored)
    (False, False, True)
    """
    if pixels.ndim == 2:
        return False
    luma, chroma = _luma_and_chroma(pixels)
    tones, _, means = _means_by_tone(luma, chroma)
    return _deviation(chroma, [mean[tones] for mean in means]) > MAX_DEVIATION


def find_tint(pixels):
    """Return "color", "toned" or "gray"; see `is_colored` and `is_nearly_gray`."""
    if is_colored(pixels):
        return "color"
    return "gray" if is_nearly_gray(pixels) else "toned"


def tone_curve(pixels):
    """Return the mean color at each luma level of an image.

    Args:
        pixels: uint8 or uint16 sRGB `[h, w, 3]`.

    Returns:
        `(levels, tones)`, both in 8-bit levels: the luma levels that occur in the image, in
        ascending order, float64 `[n]`; and the mean color differences B - Y and R - Y at each
        level, float64 `[n, 2]`.

    >>> tone_curve(np.full([2, 2, 3], (120, 100, 80), np.uint8))[1].round(1).tolist()
    [[-23.7, 16.3]]
    """
    luma, chroma = _luma_and_chroma(pixels)
    tones, counts, (red, blue) = _means_by_tone(luma, chroma)
    levels = np.bincount(tones, luma, _NUM_TONES) / counts
    occurs = np.bincount(tones, minlength=_NUM_TONES) > 0
    return levels[occurs], np.stack([blue, red], axis=-1)[occurs]


def _means_by_tone(luma, chroma):
    """Return the luma bin of each block, and the block count and mean chroma of each bin.

    Counts of empty bins are reported as 1, to avoid division by 0.
    """
    tones = np.minimum(luma * _NUM_TONES / 256, _NUM_TONES - 1).astype(int)
    counts = np.maximum(np.bincount(tones, minlength=_NUM_TONES), 1)
    return tones, counts, [np.bincount(tones, channel, _NUM_TONES) / counts for channel in chroma]


def is_nearly_gray(pixels):
    """Return whether an image is gray except for compression artifacts and a slight tint.

    Args:
        pixels: uint8 or uint16 `[h, w]` or `[h, w, 3]`, gray or sRGB.

    >>> is_nearly_gray(np.uint8([[[120, 122, 119]]])), is_nearly_gray(np.uint8([[[120, 90, 60]]]))
    (True, False)
    """
    return pixels.ndim == 2 or _deviation(_luma_and_chroma(pixels)[1]) <= MAX_DEVIATION


def _deviation(chroma, expected=(0, 0)):
    """Return the larger of the two chroma channels' RMS deviations from `expected`."""
    return max(
        float(np.sqrt(np.mean((channel - mean) ** 2)))
        for channel, mean in zip(chroma, expected, strict=True)
    )


def _luma_and_chroma(pixels):
    """Return luma, `[n]`, and the color differences R - Y and B - Y, `[2, n]`, in 8-bit levels."""
    rgb = _block_means(pixels)
    luma = rgb @ LUMA_WEIGHTS
    return luma, (rgb[:, [0, 2]] - luma[:, np.newaxis]).T


def _block_means(pixels):
    """Return the mean colors of square blocks, float64 `[n, 3]` in [0, 255].

    Averaging suppresses scanner noise and JPEG chroma artifacts.
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
