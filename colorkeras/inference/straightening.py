"""Deskewing of scanned prints."""

import itertools
import os
from dataclasses import asdict, dataclass

import numpy as np
from PIL import Image

from colorkeras.color.guided_upsampling_numpy import PIXELS_PER_STRIP
from colorkeras.image_io import DecodedImage
from colorkeras.inference.color_hints import Hint, HintList
from colorkeras.utils.ordered_map import ordered_map

_TILE = int(PIXELS_PER_STRIP**0.5)
"""Side length, in pixels, of the tiles in which images are rotated to bound memory."""

_MARGIN = 3
"""Number of pixels around each tile that are needed for bicubic interpolation."""

_MAX_THREADS = 4


def straighten(image, found):
    """Rotate a print upright.

    The print is rotated around its own center, so that it still fits in an image of the same size.
    Areas outside the scan are filled with the level of the background.

    Args:
        image: `DecodedImage`; its pixels may also be floating-point values in [0, 1].
        found: `SkewedPrint`.

    Returns:
        `DecodedImage` with the same size and dtype.
    """
    pixels, alpha = image.pixels, image.alpha
    if alpha is not None:
        alpha = _rotated(alpha[..., np.newaxis], found, [found.background_alpha])[..., 0]
    if pixels.ndim == 2:
        pixels = _rotated(pixels[..., np.newaxis], found, [found.background])[..., 0]
    else:
        pixels = _rotated(pixels, found, found.background)
    return DecodedImage(pixels, alpha, is_moved=True)


def move_hints(hints, found, size, notes):
    """Map hint positions from a scan to the straightened image.

    Args:
        hints: `HintList`.
        found: `SkewedPrint`.
        size: Height and width of both images in pixels.
        notes: List to which notes about hints outside the straightened image are appended.

    Returns:
        `HintList`.

    Raises:
        UserError: A hint is outside the scan.
    """
    hints.check(*size)
    moved = []
    for hint in hints.hints:
        x, y = (place - 0.5 for place in found.upright(hint.x + 0.5, hint.y + 0.5))
        if 0 <= x < size[1] and 0 <= y < size[0]:
            moved.append(_MovedHint(**asdict(hint) | {"x": x, "y": y}, origin=hint))
        else:
            notes.append(f"{hint}: ignored because it is outside the straightened image")
    return HintList(moved, hints.size)


@dataclass(frozen=True)
class _MovedHint(Hint):
    """Hint that was moved; messages show its original position."""

    origin: Hint | None = None

    def __str__(self):
        return str(self.origin)


def _rotated(pixels, found, background):
    """Rotate pixels `[h, w, channels]` with bicubic interpolation, using several threads.

    Args:
        pixels: Unsigned integers, or floating point in [0, 1].
        found: `SkewedPrint`.
        background: Level of each channel outside the image.

    Returns:
        New array with the same dtype and shape.
    """
    height, width = pixels.shape[:2]
    is_integer = pixels.dtype.kind == "u"
    maximum = np.iinfo(pixels.dtype).max if is_integer else 1
    result = np.empty_like(pixels)

    def rotate(start):
        top, left = start
        bottom, right = min(top + _TILE, height), min(left + _TILE, width)
        corners = itertools.product((left, right), (top, bottom))
        xs, ys = zip(*(found.original(*corner) for corner in corners), strict=True)
        x, y = int(np.floor(min(xs))) - _MARGIN, int(np.floor(min(ys))) - _MARGIN
        part = slice(y, int(max(ys)) + _MARGIN + 1), slice(x, int(max(xs)) + _MARGIN + 1)
        (x0, y0), (x1, y1), (x2, y2) = (
            found.original(*place) for place in ((left, top), (left + 1, top), (left, top + 1))
        )
        affine = (x1 - x0, x2 - x0, x0 - x, y1 - y0, y2 - y0, y0 - y)
        size = right - left, bottom - top
        for channel, level in enumerate(background):
            source = Image.fromarray(_padded(pixels[..., channel], part, level))
            plane = source.transform(size, Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC)
            plane = np.clip(np.asarray(plane), 0, maximum)
            result[top:bottom, left:right, channel] = np.rint(plane) if is_integer else plane

    starts = list(itertools.product(range(0, height, _TILE), range(0, width, _TILE)))
    num_threads = min(len(starts), os.cpu_count() or 1, _MAX_THREADS)
    for _ in ordered_map(rotate, starts, num_threads):
        pass
    return result


def _padded(plane, part, level):
    """Return a part of a plane as float32; pixels outside the plane have the value `level`."""
    rows, columns = part
    padded = np.full([rows.stop - rows.start, columns.stop - columns.start], level, np.float32)
    top, left = max(0, rows.start), max(0, columns.start)
    known = plane[top : max(top, rows.stop), left : max(left, columns.stop)]
    top, left = top - rows.start, left - columns.start
    padded[top : top + known.shape[0], left : left + known.shape[1]] = known
    return padded
