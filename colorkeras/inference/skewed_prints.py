"""Detection of prints that lie at an angle on the scanner bed.

The background around the print must be uniform. In a small copy of the scan, the first pixels that
differ from the background, as seen from each side, lie on the edges of the print. A line is fitted
to each edge. The print is found only if the four lines form a rectangle.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from colorkeras.color.guided_upsampling_numpy import downscale_luma, scaled_size
from colorkeras.image_io.pixels import on_white

MIN_SKEW, MAX_SKEW = 0.3, 15.0
"""Smallest and largest angle in degrees; prints with smaller angles are regarded as straight."""

_SMALL_SIDE = 1024
"""Longer side, in pixels, of the copy that is searched for a print."""

_MIN_SIDE = 64
"""Minimum length of a print's sides, in pixels of the small copy."""

_MIN_CONTRAST, _MAX_CONTRAST, _DEVIATIONS = 0.06, 0.2, 4
"""Limits on the luma threshold that separates the print from the background: minimum threshold,
maximum threshold (noisier backgrounds are rejected), and threshold in standard deviations of the
noise."""

_DEVIATION_PER_MAD = 1.4826
"""Standard deviation of normally distributed values, divided by their median absolute deviation."""

_MIN_BACKGROUND, _MAX_CLUTTER = 0.75, 0.03
"""Minimum fraction of the outermost pixels that must be background, and maximum fraction of the
area around the print that may differ from the background."""

_EDGE_DEPTH = 3
"""Number of consecutive pixels that must differ from the background, to ignore most dust."""

_SLOPES = np.tan(np.radians(np.arange(-MAX_SKEW - 1, MAX_SKEW + 1.01, 0.25)))
"""Candidate slopes for the initial line of the fit."""

_BIN = 3
"""Width in pixels of the bins in which points near a candidate line are counted."""

_DISTANCES = (4, 3, 2, 1.5, 1.5)
"""Maximum distance from the line, in pixels, of the points used in each iteration of the fit."""

_MIN_COVERAGE, _MAX_DISAGREEMENT = 0.5, 0.5
"""Minimum fraction of each side that is covered by points on its line, and maximum difference in
degrees between the angles of the four sides."""


@dataclass(frozen=True)
class SkewedPrint:
    """Print that lies at an angle on a uniform background.

    Attributes:
        skew: Clockwise angle in degrees.
        center: Column and row of the print's center, around which it is rotated, in pixels.
        inside: Slices of the rows and columns that the print covers once it is upright.
        background: Median level of the background: float `[]`, or `[3]` for RGB.
        background_alpha: Median alpha of the background, or None.
    """

    skew: float
    center: tuple
    inside: tuple
    background: np.ndarray
    background_alpha: float | None = None

    def upright(self, x, y):
        """Convert a position in the scan to a column and row in the upright image."""
        return _rotated(x, y, self.center, -self.skew)

    def original(self, x, y):
        """Convert a position in the upright image to a column and row in the scan."""
        return _rotated(x, y, self.center, self.skew)


def find_skewed_print(image):
    """Find a skewed print on a uniform background.

    Args:
        image: `DecodedImage`; its pixels may also be floating-point values in [0, 1].

    Returns:
        `SkewedPrint`, or None if there is no print or its angle is not in [0.3, 15] degrees.
    """
    height, width = image.size
    luma = downscale_luma(on_white(image).pixels, scaled_size(image.size, _SMALL_SIDE))[0, ..., 0]
    contrast, threshold = _contrast(luma)
    if threshold is None or min(luma.shape) < _MIN_SIDE:
        return None
    lines = [_line(view, threshold) for view in _views(contrast)]
    if None in lines:
        return None
    corners = _corners(lines, contrast.shape)
    is_around = _around(corners, contrast.shape)
    if not _are_covered(lines, corners) or _is_cluttered(contrast[is_around] > threshold):
        return None
    scale = np.array([width, height]) / contrast.shape[::-1]
    corners = [tuple(corner * scale) for corner in corners]
    skew = _skew(corners)
    if skew is None or not MIN_SKEW <= abs(skew) <= MAX_SKEW:
        return None
    center = tuple(np.mean(corners, axis=0))
    inside = _inside([_rotated(*corner, center, -skew) for corner in corners], image.size, scale)
    return SkewedPrint(skew, center, inside, *_levels(image, is_around & (contrast <= threshold)))


def _contrast(luma):
    """Return the luma difference from the background, `[h, w]`, and its threshold for a print.

    The threshold is None if there is no uniform background.
    """
    frame = np.ones(luma.shape, bool)
    frame[1:-1, 1:-1] = False
    contrast = np.abs(luma - np.median(luma[frame]))
    deviation = _DEVIATION_PER_MAD * np.median(contrast[frame])
    threshold = max(_MIN_CONTRAST, _DEVIATIONS * deviation)
    is_uniform = np.mean(contrast[frame] <= threshold) >= _MIN_BACKGROUND
    return contrast, threshold if is_uniform and threshold <= _MAX_CONTRAST else None


def _views(image):
    """Return four views of an image whose first rows are its top, bottom, left and right side."""
    return image, image[::-1], image.T, image.T[::-1]


def _line(contrast, threshold):
    """Fit a line to the first pixels from the top that differ from the background.

    Returns:
        `(slope, intercept, columns)` of the line and the columns of the pixels on it, or None.
    """
    is_print = contrast > threshold
    is_edge = np.ones([len(contrast) - _EDGE_DEPTH + 1, contrast.shape[1]], bool)
    for row in range(_EDGE_DEPTH):
        is_edge &= is_print[row : row + len(is_edge)]
    rows = np.argmax(is_edge, axis=0)
    # If the print starts in the first row, its edge is outside the image.
    columns = np.flatnonzero(is_edge.any(axis=0) & (rows > 0))
    if len(columns) < _MIN_SIDE:
        return None
    rows = rows[columns]
    inner, outer = contrast[rows, columns], contrast[rows - 1, columns]
    x, y = columns + 0.5, rows + 0.5 - np.clip((inner - threshold) / (inner - outer), 0, 1)
    line = _best_start(x, y)
    for distance in _DISTANCES:
        is_near = np.abs(y - np.polyval(line, x)) <= distance
        if np.count_nonzero(is_near) < _MIN_SIDE / 2:
            return None
        line = np.polyfit(x[is_near], y[is_near], 1)
    return *line, x[is_near]


def _best_start(x, y):
    """Return the slope and intercept of the line through a narrow strip with the most points."""
    best = (0, 0, 0)
    for slope in _SLOPES:
        offsets = y - slope * x
        low = offsets.min()
        counts = np.bincount(((offsets - low) / _BIN).astype(int), minlength=2)
        # Count pairs of neighboring bins, because the points may straddle a bin boundary.
        pairs = counts[:-1] + counts[1:]
        best = max(best, (pairs.max(), slope, low + _BIN * (np.argmax(pairs) + 1)))
    return best[1:]


def _corners(lines, size):
    """Return the corners at which the lines meet, clockwise from the top left, each `[x, y]`."""
    height, width = size
    top, bottom, left, right = ((slope, intercept) for slope, intercept, _ in lines)
    bottom, right = (-bottom[0], height - bottom[1]), (-right[0], width - right[1])
    corners = []
    for row, column in ((top, left), (top, right), (bottom, right), (bottom, left)):
        y = (row[1] + row[0] * column[1]) / (1 - row[0] * column[0])
        corners.append(np.array([column[1] + column[0] * y, y]))
    return corners


def _are_covered(lines, corners):
    """Return whether enough points lie on the line of each side."""
    sides = ((0, 1), (3, 2), (0, 3), (1, 2))
    for (_, _, columns), (start, stop), axis in zip(lines, sides, (0, 0, 1, 1), strict=True):
        low, high = corners[start][axis], corners[stop][axis]
        num_points = np.count_nonzero((columns >= low) & (columns <= high))
        if high - low < _MIN_SIDE or num_points < _MIN_COVERAGE * (high - low):
            return False
    return True


def _around(corners, size):
    """Return a mask of the pixels outside the print, bool `[h, w]`."""
    x, y = np.arange(size[1]) + 0.5, np.arange(size[0])[:, np.newaxis] + 0.5
    is_around = np.zeros(size, bool)
    for (x0, y0), (x1, y1) in itertools.pairwise([*corners, corners[0]]):
        distance = (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)
        is_around |= distance < -_DISTANCES[0] * math.hypot(x1 - x0, y1 - y0)
    return is_around


def _is_cluttered(is_other):
    return is_other.size == 0 or is_other.mean() > _MAX_CLUTTER


def _skew(corners):
    """Return the mean clockwise angle of the four sides in degrees, or None if they disagree."""
    angles, lengths = [], []
    for number, ((x0, y0), (x1, y1)) in enumerate(itertools.pairwise([*corners, corners[0]])):
        angle = math.degrees(math.atan2(y1 - y0, x1 - x0)) - 90 * number
        angles.append((angle + 180) % 360 - 180)
        lengths.append(math.hypot(x1 - x0, y1 - y0))
    if np.ptp(angles) > _MAX_DISAGREEMENT:
        return None
    return float(np.average(angles, weights=lengths))


def _inside(corners, size, scale):
    """Return slices of the rows and columns inside a nearly axis-aligned print."""
    top_left, top_right, bottom_right, bottom_left = corners
    # Downscaling blends background and print in one additional row.
    left = max(top_left[0], bottom_left[0]) + scale[0]
    right = min(top_right[0], bottom_right[0]) - scale[0]
    top = max(top_left[1], top_right[1]) + scale[1]
    bottom = min(bottom_left[1], bottom_right[1]) - scale[1]
    return (
        slice(max(0, math.ceil(top)), min(size[0], int(bottom))),
        slice(max(0, math.ceil(left)), min(size[1], int(right))),
    )


def _levels(image, is_background):
    """Return the median level of the background, and its median alpha or None."""
    places = np.ix_(
        *(
            ((np.arange(small) + 0.5) * length / small).astype(int)
            for small, length in zip(is_background.shape, image.size, strict=True)
        )
    )
    arrays = (image.pixels, image.alpha)
    return [each if each is None else np.median(each[places][is_background], 0) for each in arrays]


def _rotated(x, y, center, degrees):
    """Rotate a position clockwise around a center; the y axis points down."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x, y = x - center[0], y - center[1]
    return cosine * x - sine * y + center[0], sine * x + cosine * y + center[1]
