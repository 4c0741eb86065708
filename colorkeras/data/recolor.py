"""Recolor a random region of an image.

Recolored regions teach networks how far a hint with an arbitrary color should spread: over an
object or part of one, and no further.
"""

import numpy as np

from colorkeras.color.spaces_numpy import luma, luma_chroma_to_rgb, rgb_to_chroma, to_uint8

CELL = 4
"""Side length, in pixels, of the cells that regions consist of."""

_SHARES = (0.005, 0.5)
"""Minimum and maximum size of a region as a fraction of the image."""

_CHROMA_TOLERANCES, _LUMA_TOLERANCES = (0.02, 0.05), (0.1, 0.4)
"""Ranges of the maximum differences from the starting cell within a region."""

_MAGNITUDES = (0.03, 0.25)
"""Range of the distance between the region's new mean chroma and gray, before gamut mapping."""

_MAX_ATTEMPTS = 8
"""Maximum number of starting cells to try."""


def recolor_region(rgb, generator):
    """Give a random connected region of roughly uniform color a new mean chroma.

    Luma and texture are preserved; chroma is limited to the gamut.

    Args:
        rgb: uint8 `[h, w, 3]`.
        generator: `np.random.Generator`.

    Returns:
        The recolored image, uint8 `[h, w, 3]`, and the region, bool `[h, w]`; None if no region of
        a suitable size was found.
    """
    rows, columns = rgb.shape[0] // CELL, rgb.shape[1] // CELL
    if min(rows, columns) < 1:
        return None
    inner = rgb[: rows * CELL, : columns * CELL].reshape(rows, CELL, columns, CELL, 3)
    cells = inner.mean((1, 3), dtype=np.float32) / 255
    cells = luma(cells)[..., 0], rgb_to_chroma(cells)
    for _ in range(_MAX_ATTEMPTS):
        start = generator.integers(rows), generator.integers(columns)
        region = _connected(_is_similar(*cells, start, generator), start)
        if _SHARES[0] <= region.mean() <= _SHARES[1]:
            break
    else:
        return None
    region = np.repeat(np.repeat(region, CELL, axis=0), CELL, axis=1)
    region = np.pad(region, [(0, rgb.shape[0] - rows * CELL), (0, rgb.shape[1] - columns * CELL)])
    pixels = rgb[region] / np.float32(255)
    chroma = rgb_to_chroma(pixels)
    angle, magnitude = generator.uniform(0, 2 * np.pi), generator.uniform(*_MAGNITUDES)
    color = magnitude * np.array([np.cos(angle), np.sin(angle)], np.float32)
    recolored = rgb.copy()
    recolored[region] = to_uint8(
        luma_chroma_to_rgb(luma(pixels), chroma - chroma.mean(axis=0) + color)
    )
    return recolored, region


def _is_similar(levels, chroma, start, generator):
    """Return whether each cell's luma and chroma are similar to those of the starting cell."""
    chroma_difference = np.linalg.norm(chroma - chroma[start], axis=-1)
    luma_difference = np.abs(levels - levels[start])
    return (chroma_difference < generator.uniform(*_CHROMA_TOLERANCES)) & (
        luma_difference < generator.uniform(*_LUMA_TOLERANCES)
    )


def _connected(mask, start):
    """Return the part of a boolean mask that is connected to the starting cell."""
    region = np.zeros_like(mask)
    region[start] = True
    while True:
        grown = region.copy()
        grown[1:] |= region[:-1]
        grown[:-1] |= region[1:]
        grown[:, 1:] |= region[:, :-1]
        grown[:, :-1] |= region[:, 1:]
        grown &= mask
        if (grown == region).all():
            return region
        region = grown
