"""Cut detection based on luma histograms and coarse luma layouts of frames."""

import itertools
from collections import deque

import numpy as np

_GRID = 16
"""Number of rows and columns in the grid of mean luma that represents the layout of a frame."""

_NUM_LEVELS = 32
"""Number of bins in luma histograms."""

_HISTOGRAM_WEIGHT = 2.0
"""Weight of the histogram difference relative to the layout difference."""

_MIN_VARIANCE = 1e-4
"""Constant added to the variance of luma, in [0, 1], to suppress noise in uniform frames."""

_WINDOW = 4
"""Number of frames to compare on each side of a cut; flashes are shorter."""

_MIN_DIFFERENCE = 0.35
"""Minimum difference across a cut. Unrelated frames differ by about 1."""

_MIN_RATIO = 2.5
"""Minimum ratio of the difference across a cut to the median difference of nearby frames."""

_MIN_LASTING = 0.5
"""Minimum difference between nearby frames on opposite sides of a cut, relative to the difference
between the two frames at the cut."""

_BLANK_DEVIATION = 0.015
"""Maximum standard deviation of luma in [0, 1] for a frame to be considered blank."""


def find_cuts(lumas):
    """Find the frames at which scenes begin.

    The difference between two frames is one minus the correlation of their layouts, plus the
    weighted earth mover's distance between their histograms. At a cut, this difference is large,
    exceeds the differences between nearby frames (unlike during fast motion), and persists (unlike
    after a flash). A scene also begins where the image reappears after blank frames, such as those
    between a fade-out and a fade-in.

    Args:
        lumas: Iterable of luma images for all frames, uint8 `[h, w]`, of any size.

    Yields:
        int: Index of the first frame of each scene except the first scene, in ascending order. At
        most 4 frames are read ahead.

    Example:

    >>> ramp = np.tile(np.arange(128, dtype=np.uint8), [72, 1])
    >>> list(find_cuts([ramp] * 6 + [255 - ramp] * 6))
    [6]
    """
    before, after = deque(maxlen=_WINDOW), deque()
    steps = deque(maxlen=2 * _WINDOW + 1)  # Differences between consecutive frames.
    frames = itertools.chain(map(_Frame, lumas), itertools.repeat(None, _WINDOW))
    for number, frame in enumerate(frames):
        steps.append(frame.difference(after[-1]) if frame and after else 0.0)
        if frame:
            after.append(frame)
        if number < _WINDOW or not after:
            continue
        if before and _is_cut(before, after, steps):
            yield number - _WINDOW
        before.append(after.popleft())


class _Frame:
    """Layout and luma histogram of a frame."""

    def __init__(self, luma):
        levels = luma.astype(np.float32) / 255
        layout = levels
        for axis, length in enumerate(levels.shape):
            edges = np.arange(_GRID) * length // _GRID
            sums = np.add.reduceat(layout, edges, axis)
            counts = np.maximum(np.diff(np.append(edges, length)), 1)
            layout = sums / np.expand_dims(counts, 1 - axis)
        self.is_blank = levels.std() < _BLANK_DEVIATION
        self._layout = layout - layout.mean()
        self._variance = np.square(self._layout).mean() + _MIN_VARIANCE
        histogram = np.bincount(luma.ravel() // (256 // _NUM_LEVELS), minlength=_NUM_LEVELS)
        self._cumulative = np.cumsum(histogram) / luma.size

    def difference(self, other):
        """Return the difference from another frame, which is about 1 for unrelated frames."""
        covariance = (self._layout * other._layout).mean() + _MIN_VARIANCE
        correlation = covariance / np.sqrt(self._variance * other._variance)
        distance = np.abs(self._cumulative - other._cumulative).mean()
        return 1 - correlation + _HISTOGRAM_WEIGHT * distance


def _is_cut(before, after, steps):
    """Return whether a scene begins at the first frame of `after`."""
    last, first = before[-1], after[0]
    if first.is_blank:
        return False
    if last.is_blank:
        seen = [frame for frame in before if not frame.is_blank]
        return all(first.difference(frame) > _MIN_DIFFERENCE for frame in seen)
    step = first.difference(last)
    is_sudden = step > max(_MIN_DIFFERENCE, _MIN_RATIO * np.median(steps))
    return bool(is_sudden) and all(
        frame.difference(other) > _MIN_LASTING * step
        for frames, other in ((after, last), (before, first))
        for frame in frames
    )
