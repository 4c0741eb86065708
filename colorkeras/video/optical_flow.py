"""Dense optical flow between frames, with confidence estimates and warping.

Flow is computed by dense inverse search and validated by a forward-backward consistency check.

References: Kroeger et al., "Fast optical flow using dense inverse search", ECCV 2016 (flow);
Sundaram, Brox, Keutzer, "Dense point trajectories by GPU-accelerated large displacement optical
flow", ECCV 2010 (consistency check).
"""

from dataclasses import dataclass

import cv2
import numpy as np

MIN_SIDE = 16
"""Minimum height and width in pixels; smaller frames are assumed to have no motion."""

_RELATIVE_ERROR, _ABSOLUTE_ERROR = 0.01, 0.5
"""Tolerance for the squared forward-backward error (Sundaram et al. 2010): a fraction of the sum of
the squared flow lengths, plus a constant in squared pixels."""

_DETAIL_SIGMA, _DETAIL_ERROR = 8.0, 0.1
"""Parameters of the appearance check. A blurred copy with this standard deviation in pixels is
subtracted from each frame to remove lighting changes. Confidence falls to 37% where the remaining
luma, in [0, 1], differs by this amount."""


@dataclass(frozen=True)
class Motion:
    """Motion from each pixel of a frame to the corresponding point in another frame.

    Attributes:
        vectors: Displacements (dx, dy) in pixels, float32 `[h, w, 2]`.
        confidence: float32 `[h, w]` in [0, 1]; 0 where the point is not visible in the other frame.
    """

    vectors: np.ndarray
    confidence: np.ndarray

    @classmethod
    def still(cls, height, width):
        """Return a `Motion` with zero displacement and full confidence."""
        return cls(np.zeros([height, width, 2], np.float32), np.ones([height, width], np.float32))

    def warp(self, values):
        """Warp values of the other frame, float32 `[h, w]` or `[h, w, c]`, to this frame."""
        return warp(values, self.vectors)

    def then(self, following):
        """Compose this motion with `following`, the motion from the other frame to a third one."""
        return Motion(
            self.vectors + self.warp(following.vectors),
            self.confidence * self.warp(following.confidence),
        )


def warp(values, vectors):
    """Sample values at displaced positions by bilinear interpolation.

    Args:
        values: float32 `[h, w]` or `[h, w, c]`, where c is at most 4.
        vectors: Displacements (dx, dy) in pixels, float32 `[h, w, 2]`. Positions outside the frame
            take the value of the nearest pixel.

    Example:

    >>> row = np.arange(4, dtype=np.float32)[np.newaxis]
    >>> warp(row, np.full([1, 4, 2], (1, 0), np.float32)).tolist()
    [[1.0, 2.0, 3.0, 3.0]]
    """
    positions = vectors + _positions(vectors.shape)
    return cv2.remap(
        values, positions, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    ).reshape(values.shape)


class FlowEstimator:
    """Estimates motion between frames. Not thread-safe: use one instance per thread."""

    def __init__(self):
        self._search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)

    def estimate(self, first, second):
        """Estimate the motion between two frames.

        Args:
            first: Luma, uint8 `[h, w]`.
            second: Luma of another frame with the same size.

        Returns:
            `(forward, backward)`: `Motion`s from `first` to `second` and from `second` to `first`.
        """
        if min(first.shape) < MIN_SIDE:
            return (Motion.still(*first.shape),) * 2
        forward, backward = (
            self._search.calc(*pair, None) for pair in ((first, second), (second, first))
        )
        details = [_details(frame) for frame in (first, second)]
        return (
            Motion(forward, _confidence(forward, backward, *details)),
            Motion(backward, _confidence(backward, forward, *reversed(details))),
        )


def is_consistent(vectors, opposite):
    """Return a mask of the pixels where forward and backward flow are consistent.

    Args:
        vectors: Flow from this frame to another one, float32 `[h, w, 2]`.
        opposite: Flow from the other frame to this one, float32 `[h, w, 2]`.

    Returns:
        bool `[h, w]`: False for pixels that are occluded or outside the other frame.
    """
    return (_inconsistency(vectors, opposite) < 1) & _is_inside(vectors)


def _inconsistency(vectors, opposite):
    """Return the squared forward-backward error relative to its tolerance, `[h, w]`."""
    back = warp(opposite, vectors)
    tolerance = _RELATIVE_ERROR * (_squared(vectors) + _squared(back)) + _ABSOLUTE_ERROR
    return _squared(vectors + back) / tolerance


def _confidence(vectors, opposite, details, other_details):
    agreement = np.clip(1.5 - _inconsistency(vectors, opposite), 0, 1)
    difference = np.square((warp(other_details, vectors) - details) / _DETAIL_ERROR)
    return agreement * np.exp(-difference) * _is_inside(vectors)


def _details(frame):
    levels = frame.astype(np.float32) / 255
    return levels - cv2.GaussianBlur(levels, (0, 0), _DETAIL_SIGMA)


def _is_inside(vectors):
    """Return a mask of the displaced positions inside the frame, bool `[h, w]`."""
    positions = vectors + _positions(vectors.shape)
    limits = np.array(vectors.shape[1::-1], np.float32) - 0.5
    return ((positions >= -0.5) & (positions <= limits)).all(-1)


def _positions(shape):
    """Return the column and row of each pixel, float32 `[h, w, 2]`."""
    columns, rows = (np.arange(length, dtype=np.float32) for length in shape[1::-1])
    return np.stack(np.meshgrid(columns, rows), axis=-1)


def _squared(vectors):
    return np.square(vectors).sum(-1)
