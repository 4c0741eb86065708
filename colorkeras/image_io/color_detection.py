"""Whether a picture has colors of its own, or is gray, or gray that was toned as sepia is."""

import numpy as np

from colorkeras.color.bt601 import LUMA_WEIGHTS

MAX_DEVIATION = 5.0
"""Levels of 8 bits by which chroma may stray from that of its luma in a toned picture: what JPEG
files, scanners and aged paper bring about."""

_NUM_TONES = 64
_LONGER_SIDE = 256


def is_colored(pixels):
    """Whether there is more than one color to a tone.

    A toned picture has one color for each luma, whatever that is: brown shadows and yellow lights.

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
    rgb = _reduced(pixels)
    luma = rgb @ LUMA_WEIGHTS
    differences = rgb[:, [0, 2]] - luma[:, np.newaxis]
    tones = np.minimum(luma * _NUM_TONES / 256, _NUM_TONES - 1).astype(int)
    counts = np.maximum(np.bincount(tones, minlength=_NUM_TONES), 1)
    strayed = 0.0
    for channel in differences.T:
        mean = np.bincount(tones, channel, _NUM_TONES) / counts
        strayed = max(strayed, float(np.sqrt(np.mean((channel - mean[tones]) ** 2))))
    return strayed > MAX_DEVIATION


def _reduced(pixels):
    """Means of squares, about as many as there are in a small picture: float64 `[n, 3]`, 0..255.

    Noise of scanners and what JPEG files add to chroma is little in means.
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
