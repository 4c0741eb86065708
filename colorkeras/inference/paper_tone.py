"""Preserve the tone of sepia prints and aged paper in colorized images."""

import numpy as np

from colorkeras.color.bt601 import BLUE_PER_CB, RED_PER_CR
from colorkeras.color.guided_upsampling_numpy import rows_per_strip
from colorkeras.color.spaces_numpy import luma, luma_chroma_to_rgb, rgb_to_chroma


def keep_tone(tone, colored):
    """Add the tone of the original image to the colorized image while preserving luma.

    Args:
        tone: Tone of the original image; see `image_io.color_detection.tone_curve`.
        colored: Colorized image of any size, uint8 or uint16 RGB `[h, w, 3]`.

    Returns:
        RGB `[h, w, 3]` with the dtype of `colored`.

    Example:

    >>> from colorkeras.image_io.color_detection import tone_curve
    >>> gray = np.linspace(60, 200, 64 * 64).reshape(64, 64).astype(np.uint8)
    >>> sepia = np.stack([gray + 20, gray, gray - 20], axis=-1)
    >>> colored = np.repeat(gray[..., np.newaxis], 3, axis=-1)
    >>> warm = keep_tone(tone_curve(sepia), colored).astype(int)
    >>> bool(np.abs(warm - sepia).max() <= 8)
    True
    """
    levels, tones = tone
    tones = tones / (255 * np.array([BLUE_PER_CB, RED_PER_CR]))
    scale = np.float32(np.iinfo(colored.dtype).max)
    kept = np.empty_like(colored)
    num_rows = rows_per_strip(colored.shape[1])
    for start in range(0, len(colored), num_rows):
        rows = slice(start, start + num_rows)
        rgb = colored[rows] / scale
        y = luma(rgb)
        added = [np.interp(255 * y[..., 0], levels, channel) for channel in tones.T]
        chroma = rgb_to_chroma(rgb) + np.stack(added, axis=-1).astype(np.float32)
        kept[rows] = np.rint(luma_chroma_to_rgb(y, chroma) * scale)
    return kept
