"""Options for old photographs: straightening, contrast stretching and paper border handling.

Borders are detected in a small copy of the image. A border is a uniform strip along one side of the
image that ends at a luma edge. At least three sides must have borders with similar luma; otherwise,
a bright sky could be mistaken for a border.
"""

import dataclasses
import math

import numpy as np

from colorkeras.color.guided_upsampling_numpy import downscale_luma, rows_per_strip, scaled_size
from colorkeras.color.spaces_numpy import luma_of_pixels
from colorkeras.image_io import DecodedImage
from colorkeras.image_io.color_detection import tone_curve
from colorkeras.inference.paper_tone import keep_tone
from colorkeras.inference.skewed_prints import find_skewed_print
from colorkeras.inference.straightening import move_hints, straighten

_CLIPPED_SHARE = 0.005
"""Fraction of the pixels that become black, and fraction that become white."""

_NUM_LEVELS = 4096

_MIN_RANGE = 0.1
"""Minimum luma range that is stretched; blank pages have a smaller range."""

_SMALL_SIDE = 512
"""Longer side, in pixels, of the copy that is searched for borders."""

_MIN_SIDE = 64
"""Minimum shorter side, in pixels, of images that are searched for borders."""

_MIN_SHARE, _MAX_SHARE = 0.008, 0.2
"""Minimum and maximum width of a border as a fraction of the image's longer side."""

_MAX_SPREAD = 0.08
"""Maximum luma difference within a border, ignoring the darkest and brightest 5% of the pixels."""

_MIN_EDGE, _MIN_EDGE_SHARE = 0.1, 0.25
"""Minimum luma difference at a border's edge, and minimum fraction of the edge that reaches it."""

_MIN_SIDES, _MAX_DIFFERENCE = 3, 0.1
"""Minimum number of sides with a border, and maximum luma difference between the borders."""


def color_photograph(model, image, settings, notes=None, tone=False):
    """Colorize an image with the options for old photographs.

    Args:
        model: `Predictor`, or a stand-in that has `color_image`.
        image: `DecodedImage`; its pixels may also be floating-point values in [0, 1].
        settings: `ColorSettings`.
        notes: List to which notes are appended, or None.
        tone: Whether to preserve the tone of a toned image.

    Returns:
        `DecodedImage`, smaller than the input if borders were cropped.

    Raises:
        UserError: See `Predictor.color_image`.
    """
    notes = [] if notes is None else notes
    image, settings, inside = preprocess(image, settings, notes)
    colored = model.color_image(image, settings, notes)
    alpha, is_moved = colored.alpha, image.is_moved
    kept_tone = tone_curve(image.pixels) if tone else None
    pixels = postprocess(colored.pixels, inside if settings.neutral_borders else None, kept_tone)
    if settings.crop_borders and inside is not None:
        pixels, alpha = (part if part is None else part[inside].copy() for part in (pixels, alpha))
        height, width = pixels.shape[:2]
        notes.append(f"paper borders were cropped; {width}x{height} pixels remain")
        is_moved = True
    return DecodedImage(pixels, alpha, is_moved)


def preprocess(image, settings, notes):
    """Apply the options for old photographs that take effect before colorization.

    Args:
        image: See `color_photograph`.
        settings: `ColorSettings`.
        notes: List to which notes are appended.

    Returns:
        `(image, settings, inside)`: the image to colorize, the settings with hints moved to match
        it, and slices of the rows and columns inside its borders. The slices are None if there are
        no borders or no option needs them.

    Raises:
        UserError: A hint is outside the image.
    """
    uses_borders = settings.neutral_borders or settings.crop_borders
    inside = None
    if settings.straighten:
        image, settings, inside = _straightened(image, settings, notes)
    if uses_borders or settings.auto_contrast:
        inside = _inside_borders(image.pixels, inside)
    if uses_borders and inside is None:
        notes.append("no paper borders were found")
    if settings.auto_contrast:
        stretched = auto_contrast(image.pixels, inside, image.alpha)
        image = dataclasses.replace(image, pixels=stretched)
    return image, settings, inside


def _inside_borders(pixels, outline):
    """Find the borders of an image, or of the print inside `outline`; see `preprocess`."""
    inside = find_borders(pixels if outline is None else pixels[outline])
    if outline is None or inside is None:
        return inside or outline
    sides = zip(outline, inside, strict=True)
    return tuple(slice(a.start + b.start, a.start + b.stop) for a, b in sides)


def _straightened(image, settings, notes):
    """Rotate a skewed print upright.

    Returns:
        `(image, settings, inside)`: the upright image, the settings with hints moved to match it,
        and slices of the rows and columns inside the print. If no skewed print is found, the image
        and the settings are unchanged, and the slices are None.
    """
    found = find_skewed_print(image)
    if found is None:
        notes.append("no skewed print was found")
        return image, settings, None
    direction = "counterclockwise" if found.skew > 0 else "clockwise"
    notes.append(f"the print was rotated {direction} by {abs(found.skew):.1f} degrees")
    hints = move_hints(settings.hints, found, image.size, notes)
    return straighten(image, found), dataclasses.replace(settings, hints=hints), found.inside


def postprocess(pixels, inside=None, tone=None):
    """Remove the colors of paper borders, then add the tone of the original image.

    Args:
        pixels: Colorized image, RGB `[h, w, 3]`.
        inside: Slices of the rows and columns inside the borders, or None to keep all colors.
        tone: See `paper_tone.keep_tone`, or None to add no tone.

    Returns:
        RGB `[h, w, 3]` with the same dtype.
    """
    if inside is not None:
        pixels = without_color(pixels, inside)
    return pixels if tone is None else keep_tone(tone, pixels)


def auto_contrast(pixels, inside=None, alpha=None):
    """Stretch luma to the full range without changing chroma.

    Args:
        pixels: uint8, uint16 or floating point in [0, 1], `[h, w]` or `[h, w, 3]`.
        inside: Slices of the rows and columns over which to measure the range, or None for all.
        alpha: `[h, w]`, or None; pixels with an alpha of 0 are ignored.

    Returns:
        New array with the same dtype and shape, or `pixels` itself if the image is blank or already
        spans the full range.

    Example:

    >>> auto_contrast(np.array([[100, 110, 150]], np.uint8)).tolist()
    [[0, 51, 255]]
    """
    low, high = _range(pixels, inside or (slice(None), slice(None)), alpha)
    if high - low < _MIN_RANGE or (low == 0 and high == 1):
        return pixels
    is_integer = pixels.dtype.kind == "u"
    maximum = np.iinfo(pixels.dtype).max if is_integer else 1
    stretched = np.empty_like(pixels)
    for rows in _strips(pixels):
        luma = luma_of_pixels(pixels[rows])
        target = np.clip((luma - low) / (high - low), 0, 1)
        if pixels.ndim == 3:
            target = pixels[rows] / np.float32(maximum) + (target - luma)[..., np.newaxis]
            target = np.clip(target, 0, 1)
        target = target * maximum
        stretched[rows] = np.rint(target) if is_integer else target
    return stretched


def find_borders(pixels):
    """Find uniform paper borders around a photograph.

    Args:
        pixels: See `auto_contrast`.

    Returns:
        Slices of the rows and columns inside the borders, or None if there are no borders.

    Example:

    >>> photograph = np.random.default_rng(0).integers(0, 200, [100, 150], np.uint8)
    >>> inside = find_borders(np.pad(photograph, 10, constant_values=240))
    >>> [(part.start, part.stop) for part in inside]
    [(10, 110), (10, 160)]
    """
    size = pixels.shape[:2]
    if min(size) < _MIN_SIDE:
        return None
    small = downscale_luma(pixels, scaled_size(size, _SMALL_SIDE))[0, ..., 0]
    # Each view has a different side of the image at the top.
    found = [_border(view) for view in (small, small[::-1], small.T, small.T[::-1])]
    levels = [level for width, level in found if width]
    if len(levels) < _MIN_SIDES or np.ptp(levels) > _MAX_DIFFERENCE:
        return None
    inside = []
    for length, small_length, ends in zip(size, small.shape, (found[:2], found[2:]), strict=True):
        # Downscaling blends paper and photograph in one additional row.
        mixed = small_length < length
        rows = [width and width + mixed for width, _ in ends]
        before, after = (math.ceil(count * length / small_length) for count in rows)
        inside.append(slice(before, length - after))
    return tuple(inside)


def scaled_borders(inside, size, new_size):
    """Return the slices inside the borders of a resized image.

    Args:
        inside: See `find_borders`.
        size: Height and width to which `inside` refers.
        new_size: Height and width of the resized image.

    Example:

    >>> scaled_borders((slice(10, 90), slice(0, 95)), (100, 100), (50, 50))
    (slice(5, 45, None), slice(0, 47, None))
    """
    return tuple(
        slice(math.ceil(part.start * new / old), part.stop * new // old)
        for part, old, new in zip(inside, size, new_size, strict=True)
    )


def _border(luma):
    """Return the number of border rows at the top of luma `[h, w]`, possibly 0, and their luma."""
    longer_side = max(luma.shape)
    max_rows = int(_MAX_SHARE * longer_side)
    low, level, high = np.percentile(luma[: max_rows + 1], [5, 50, 95], axis=1)
    is_uniform = high - low <= _MAX_SPREAD
    outer = np.median(level[: max(1, round(_MIN_SHARE * longer_side))])
    is_border = is_uniform & (np.abs(level - outer) <= _MAX_SPREAD / 2)
    width = int(np.argmin(np.append(is_border, False)))
    if not _MIN_SHARE * longer_side <= width <= max_rows or width + 1 >= len(luma):
        return 0, outer
    # The first row of the photograph may be a mixture with the border.
    edge = np.abs(luma[width : width + 2] - outer).max(axis=0) >= _MIN_EDGE
    return (width if edge.mean() >= _MIN_EDGE_SHARE else 0), outer


def _range(pixels, inside, alpha):
    """Return the lowest and highest luma, ignoring `_CLIPPED_SHARE` of the pixels at each end."""
    counts = np.zeros(_NUM_LEVELS, int)
    measured = pixels[inside]
    for rows in _strips(measured):
        luma = luma_of_pixels(measured[rows])
        if alpha is not None:
            luma = luma[alpha[inside][rows] > 0]
        levels = np.rint((_NUM_LEVELS - 1) * luma).astype(int)
        counts += np.bincount(levels.ravel(), minlength=_NUM_LEVELS)
    cumulated = np.cumsum(counts)
    ends = np.array([_CLIPPED_SHARE, 1 - _CLIPPED_SHARE]) * cumulated[-1]
    return np.searchsorted(cumulated, ends) / np.float32(_NUM_LEVELS - 1)


def without_color(pixels, inside):
    """Remove colors from the borders of an image.

    Args:
        pixels: RGB `[h, w, 3]`.
        inside: Slices of the rows and columns that keep their colors; see `find_borders`.

    Returns:
        New array with the same dtype and shape.
    """
    neutral = pixels.copy()
    rows, columns = inside
    height, width = pixels.shape[:2]
    outside = (
        (slice(0, rows.start), slice(None)),
        (slice(rows.stop, height), slice(None)),
        (rows, slice(0, columns.start)),
        (rows, slice(columns.stop, width)),
    )
    for place in outside:
        luma = luma_of_pixels(pixels[place])[..., np.newaxis]
        if pixels.dtype.kind == "u":
            luma = np.rint(luma * np.iinfo(pixels.dtype).max)
        neutral[place] = luma
    return neutral


def _strips(pixels):
    num_rows = rows_per_strip(max(1, pixels.shape[1]))
    return [slice(start, start + num_rows) for start in range(0, len(pixels), num_rows)]
