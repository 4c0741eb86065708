"""Simulate color hints for training: known chroma at a few positions in an image.

A hint map is float32 `[h, w, 3]`. Its channels are Cb and Cr in `[-0.5, 0.5]` and a mask in
`[0, 1]`. The mask is 1 for exact hints and `INEXACT` for colors from a similar image. All channels
are 0 where there is no hint.
"""

import numpy as np

from colorkeras.color.spaces_numpy import rgb_to_chroma
from colorkeras.data.recolor import recolor_region

INEXACT = 0.25
"""Mask value for approximate hints, such as hints from a reference image."""

_NO_HINTS_SHARE, _POINTS_SHARE, _STROKES_SHARE, _INEXACT_SHARE = 0.4, 0.26, 0.06, 0.06
"""Probabilities of no hints, points, strokes and inexact hints. In the remaining images, a region
is recolored and gets points, if a suitable one is found."""

_MAX_STROKE_DIFFERENCE = 0.06
"""Maximum chroma difference along a stroke; users usually draw strokes within one object."""


def simulate_hints(rgb, generator):
    """Return a random hint map for an image, and the image, which may have a recolored region.

    Args:
        rgb: uint8 `[h, w, 3]` with h and w at least 2.
        generator: `np.random.Generator`.

    Returns:
        The hint map, float32 `[h, w, 3]`, often without any hints, and the image, uint8
        `[h, w, 3]`.
    """
    hints = np.zeros(rgb.shape, np.float32)
    kinds = [None, _add_points, _add_strokes, _add_inexact, _add_recolored]
    shares = [_NO_HINTS_SHARE, _POINTS_SHARE, _STROKES_SHARE, _INEXACT_SHARE]
    add_hints = kinds[np.searchsorted(np.cumsum(shares), generator.random(), side="right")]
    if add_hints:
        rgb = add_hints(hints, rgb, generator)
    return hints, rgb


def _chroma(rgb):
    """Convert RGB in [0, 255] to Cb and Cr, float32 `[..., 2]`."""
    return rgb_to_chroma(np.asarray(rgb, np.float32) / 255)


def _add_points(hints, rgb, generator):
    """Add 1 to 99 small squares filled with their mean chroma; small numbers are more likely."""
    height, width = rgb.shape[:2]
    count = int(np.exp(generator.uniform(0, np.log(100))))
    is_small = generator.random() < 0.8
    size = int(generator.integers(2, 6) if is_small else generator.integers(6, 13))
    size = min(size, height, width)
    tops = generator.integers(0, height - size + 1, count)
    lefts = generator.integers(0, width - size + 1, count)
    for top, left in zip(tops, lefts, strict=True):
        place = np.s_[top : top + size, left : left + size]
        hints[place] = (*_chroma(rgb[place].mean((0, 1))), 1.0)
    return rgb


def _add_recolored(hints, rgb, generator):
    """Recolor a region, add points inside it and sometimes outside, and return the new image."""
    found = recolor_region(rgb, generator)
    if found is None:
        return rgb
    rgb, region = found
    size = min(int(generator.integers(2, 10)), *rgb.shape[:2])
    counts = [generator.geometric(0.7), generator.geometric(0.4) if generator.random() < 0.3 else 0]
    for places, count in zip([region, ~region], counts, strict=True):
        rows, columns = np.nonzero(places)
        for index in generator.integers(0, len(rows), count):
            top = np.clip(rows[index] - size // 2, 0, rgb.shape[0] - size)
            left = np.clip(columns[index] - size // 2, 0, rgb.shape[1] - size)
            place = np.s_[top : top + size, left : left + size]
            inside = places[place]
            color = _chroma(rgb[place][inside].mean(0))
            hints[place][inside] = (*color, 1.0)
    return rgb


def _add_strokes(hints, rgb, generator):
    """Add 1 to 5 short lines, 2 pixels wide, filled with their mean chroma."""
    height, width = rgb.shape[:2]
    for _ in range(generator.integers(1, 6)):
        start = generator.uniform(0, [height, width])
        angle = generator.uniform(0, 2 * np.pi)
        length = generator.uniform(0.05, 0.25) * height
        steps = np.linspace(0, length, int(length) + 2)[:, np.newaxis]
        points = start + steps * [np.sin(angle), np.cos(angle)]
        rows, columns = np.clip(points.astype(int), 0, [height - 2, width - 2]).T
        rows, columns = np.concatenate([rows, rows + 1]), np.concatenate([columns, columns + 1])
        chroma = _chroma(rgb[rows, columns])
        near = np.abs(chroma - chroma[0]).max(-1) < _MAX_STROKE_DIFFERENCE
        hints[rows[near], columns[near]] = (*chroma[near].mean(0), 1.0)
    return rgb


def _add_inexact(hints, rgb, generator):
    """Fill random grid cells with noisy mean chroma, occasionally that of a different cell."""
    cell = min(int(generator.choice([8, 16])), *rgb.shape[:2])
    rows, columns = rgb.shape[0] // cell, rgb.shape[1] // cell
    grid = rgb[: rows * cell, : columns * cell].reshape(rows, cell, columns, cell, 3)
    chroma = _chroma(grid.mean((1, 3)))
    wrong = generator.random([rows, columns]) < generator.uniform(0, 0.15)
    flat = chroma.reshape(-1, 2)
    chroma[wrong] = flat[generator.integers(0, len(flat), wrong.sum())]
    chroma += generator.normal(0, generator.uniform(0, 0.04), chroma.shape)
    given = generator.random([rows, columns]) < generator.uniform(0.1, 0.9)
    cells = np.concatenate([chroma.clip(-0.5, 0.5), np.full([rows, columns, 1], INEXACT)], -1)
    cells = (cells * given[..., np.newaxis]).repeat(cell, 0).repeat(cell, 1)
    hints[: rows * cell, : columns * cell] = cells
    return rgb
