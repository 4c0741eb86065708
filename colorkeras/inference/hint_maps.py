"""Hint maps for networks, and correction of hint colors at full resolution.

Both limit the chroma of hints to the gamut: chroma that is out of gamut at a pixel's luma is scaled
toward gray.
"""

from dataclasses import dataclass

import numpy as np

from colorkeras.color.bt601 import BLUE_PER_CB, LUMA_WEIGHTS, RED_PER_CR
from colorkeras.color.spaces_numpy import (
    luma_chroma_to_rgb,
    luma_of_pixels,
    rgb_to_chroma,
    to_uint8,
)
from colorkeras.inference.color_hints import Hint

_MIN_SMALL_RADIUS = 1.5
"""Minimum radius of a hint, in pixels of the network input."""

_TOLERANCE, _MAX_ERROR = 1 / 255, 2 / 255
"""Maximum error in a hint's mean chroma that needs no correction, and maximum error that may remain
if the gamut limits the correction. Above the second limit, the hint's area is filled with uniform
chroma."""

_VISIBLE = 3 / 255
"""Minimum chroma difference at which a hint limited by the gamut is reported."""

_MARGIN = 1.5
"""Radius at which the correction has faded out, relative to the hint's radius."""

_MAX_CORRECTIONS = 4


@dataclass(frozen=True)
class LimitedHint:
    """Hint whose color is out of gamut at the image's luma; `str()` returns a note for users.

    Attributes:
        hint: `Hint`.
        color: Actual mean color of the hint's area, as "#rrggbb".
        is_bright: Whether the image is too bright for the color rather than too dark. This depends
            on the gamut: an image of medium luma is too dark for yellow, but too bright for blue.
    """

    hint: Hint
    color: str
    is_bright: bool

    def __str__(self):
        return (
            f"{self.hint}: the image is too {'bright' if self.is_bright else 'dark'} for this "
            f"color at this position; {self.color} was used instead"
        )


def hint_map(hints, grayscale, size):
    """Draw a hint map for a network.

    Args:
        hints: `HintList`.
        grayscale: Network input, float32 `[1, small height, small width, 1]` in `[0, 1]`.
        size: Height and width of the image in pixels.

    Returns:
        float32 `[1, small height, small width, 3]`: Cb and Cr in `[-0.5, 0.5]`, and a mask that is
        1 at hints and 0 elsewhere.
    """
    small_luma = np.asarray(grayscale)[0]
    scale = np.array(small_luma.shape[:2]) / size
    drawn = np.zeros([*small_luma.shape[:2], 3], np.float32)
    rows, columns = (np.arange(length) + 0.5 for length in drawn.shape[:2])
    for hint in hints.hints:
        radius = np.maximum(hint.radius_for(*size) * scale, _MIN_SMALL_RADIUS)
        vertical = (rows - (hint.y + 0.5) * scale[0]) / radius[0]
        horizontal = (columns - (hint.x + 0.5) * scale[1]) / radius[1]
        place = np.add.outer(vertical**2, horizontal**2) <= 1
        chroma = _possible(small_luma[place].mean(0, keepdims=True), _chroma_of(hint))[0]
        drawn[place] = (*chroma, 1.0)
    return drawn[np.newaxis]


def honor(pixels, colored, hints, saturation=1.0):
    """Correct a colorized image in place so that its mean chroma at each hint equals the hint's.

    Args:
        pixels: Original image, `[h, w]` or `[h, w, 3]`; see `streaming.downscale_luma`.
        colored: Colorized image, RGB `[h, w, 3]`, with the dtype and luma of `pixels`; changed only
            near hints.
        hints: `HintList`.
        saturation: Chroma multiplier for hints.

    Returns:
        List of `LimitedHint`.
    """
    places = [_Place(pixels, colored, hint, saturation) for hint in hints.hints]
    for number, place in enumerate(places):
        for other_number, other in enumerate(places):
            if other_number != number and place.is_near(other):
                (place.exclude if other_number > number else place.leave)(other)
    places = [place for place in places if place.inside.any()]
    for _ in range(_MAX_CORRECTIONS):
        corrected = [place.correct() for place in places]
        if not any(corrected):
            break
    for place in places:
        place.correct(_MAX_ERROR, keep_texture=False)
    return [limited for place in places if (limited := place.limited())]


class _Place:
    """Window of a colorized image that contains a hint's pixels and some surrounding pixels."""

    def __init__(self, pixels, colored, hint, saturation):
        height, width = pixels.shape[:2]
        radius = hint.radius_for(height, width)
        reach = _MARGIN * radius
        self.hint = hint
        self.top, self.left = (max(0, int(center - reach)) for center in (hint.y, hint.x))
        window = (
            slice(self.top, min(height, int(hint.y + reach) + 2)),
            slice(self.left, min(width, int(hint.x + reach) + 2)),
        )
        self._colored = colored[window]
        self._luma = luma_of_pixels(pixels[window])[..., np.newaxis]
        self._center, self._reach = np.array([hint.y, hint.x]), reach
        rows, columns = (
            np.arange(part.start, part.stop) - center
            for part, center in zip(window, (hint.y, hint.x), strict=True)
        )
        distance = np.sqrt(np.add.outer(rows**2, columns**2)) / radius
        self.inside = distance <= 1
        self._weight = np.clip((_MARGIN - distance) / (_MARGIN - 1), 0, 1)
        self._wanted = saturation * _chroma_of(hint)

    def is_near(self, other):
        """Return whether this window may overlap another hint's window."""
        distance = np.abs(self._center - other._center).max()
        return distance < self._reach + other._reach + 3

    def exclude(self, later):
        """Exclude the pixels inside a later hint."""
        own, others = self._shared(later)
        self.inside[own] &= ~later.inside[others]
        self._weight[own] *= ~later.inside[others]

    def leave(self, earlier):
        """Exclude the pixels that are inside an earlier hint but outside this one."""
        own, others = self._shared(earlier)
        self._weight[own] *= ~earlier.inside[others] | self.inside[own]

    def _shared(self, other):
        """Return slices of this window and slices of another one that select the same pixels."""
        slices = []
        for place, neighbor in ((self, other), (other, self)):
            height, width = place.inside.shape
            other_height, other_width = neighbor.inside.shape
            down, right = neighbor.top - place.top, neighbor.left - place.left
            slices.append(
                (
                    slice(max(0, down), max(0, min(height, down + other_height))),
                    slice(max(0, right), max(0, min(width, right + other_width))),
                )
            )
        return slices

    def _target(self):
        """Limit the hint's chroma to the gamut at each of its pixels and return the mean, `[2]`."""
        return _possible(self._luma[self.inside], self._wanted).mean(0)

    def correct(self, tolerance=_TOLERANCE, keep_texture=True):
        """Move chroma toward the hint; return whether the error exceeded the tolerance."""
        chroma = rgb_to_chroma(_as_float(self._colored))
        error = self._target() - chroma[self.inside].mean(0)
        if np.abs(error).max() <= tolerance:
            return False
        shift = error if keep_texture else self._wanted - chroma
        chroma += self._weight[..., np.newaxis] * shift
        self._colored[...] = _as_dtype(luma_chroma_to_rgb(self._luma, chroma), self._colored.dtype)
        return True

    def limited(self):
        """Return a `LimitedHint` if the hint's color is out of gamut in its area, else None."""
        target = self._target()
        if np.abs(target - self._wanted).max() <= _VISIBLE:
            return None
        luma_values = self._luma[self.inside]
        color = to_uint8(luma_chroma_to_rgb(luma_values.mean(0), target))
        is_bright = _is_too_bright(luma_values, self._wanted)
        return LimitedHint(self.hint, f"#{bytes(color).hex()}", is_bright)


def _chroma_of(hint):
    """Return Cb and Cr of a hint's color, float32 `[2]`."""
    levels = np.frombuffer(bytes.fromhex(hint.color[1:]), np.uint8)
    return rgb_to_chroma(levels / np.float32(255))


def _possible(luma_values, chroma):
    """Limit chroma to the gamut for each luma `[n, 1]`; return float32 `[n, 2]`."""
    return rgb_to_chroma(luma_chroma_to_rgb(luma_values, chroma))


def _is_too_bright(luma_values, chroma):
    """Return whether RGB values with this chroma exceed 1 by more than they fall below 0.

    `luma_values` has shape `[n, 1]`.
    """
    red, blue = chroma[1] * RED_PER_CR, chroma[0] * BLUE_PER_CB
    green = -(LUMA_WEIGHTS[0] * red + LUMA_WEIGHTS[2] * blue) / LUMA_WEIGHTS[1]
    above = np.maximum(luma_values + max(red, green, blue) - 1, 0)
    below = np.maximum(-luma_values - min(red, green, blue), 0)
    return bool(above.sum() > below.sum())


def _as_float(pixels):
    levels = pixels.astype(np.float32)
    is_integer = np.issubdtype(pixels.dtype, np.integer)
    return levels / np.iinfo(pixels.dtype).max if is_integer else levels


def _as_dtype(levels, dtype):
    is_integer = np.issubdtype(dtype, np.integer)
    return np.rint(levels * np.iinfo(dtype).max).astype(dtype) if is_integer else levels
