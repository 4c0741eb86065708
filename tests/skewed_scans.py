"""Helpers for creating scans of prints that lie crooked on the scanner bed."""

import numpy as np
from PIL import Image


def textured(size=(420, 300), seed=0):
    """Return a mid-gray print with soft texture as a `PIL.Image.Image` of this width and height."""
    coarse = np.random.default_rng(seed).integers(60, 190, [7, 9], np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def scan_of(photograph, skew, bed=245, scale=1.4, noise=2.0, offset=(5, -4)):
    """Return a scan of a print on a uniform bed, uint8 grayscale `[h, w]`.

    Args:
        photograph: Print, `PIL.Image.Image` with mode "L".
        skew: Clockwise angle of the print in degrees.
        bed: Level of the bed in [0, 255].
        scale: Side lengths of the scan relative to those of the print.
        noise: Standard deviation of the scanner's noise.
        offset: Position of the print's center, relative to that of the scan, in pixels.
    """
    size = [round(scale * side) for side in photograph.size]
    upright = Image.new("L", size, bed)
    place = place_of(photograph.size, size, offset)
    upright.paste(photograph, place)
    center = [start + side / 2 for start, side in zip(place, photograph.size, strict=True)]
    turned = upright.rotate(-skew, Image.Resampling.BICUBIC, center=center, fillcolor=bed)
    grain = np.random.default_rng(0).normal(0, noise, turned.size[::-1])
    return np.clip(np.rint(np.asarray(turned) + grain), 0, 255).astype(np.uint8)


def place_of(print_size, scan_size, offset=(5, -4)):
    """Return the column and row of a print's top left corner in `scan_of` before its rotation."""
    sides = zip(print_size, scan_size, offset, strict=True)
    return tuple((scan - side) // 2 + move for side, scan, move in sides)


def in_depth(pixels, dtype):
    """Convert uint8 pixels to uint8, uint16, or floating point in [0, 1]."""
    if dtype == np.uint16:
        return pixels.astype(np.uint16) * 257
    return pixels if dtype == np.uint8 else (pixels / 255).astype(dtype)
