"""Merging of colors carried by optical flow with predicted colors."""

import cv2
import numpy as np

_FILL_SIGMAS = (2.0, 6.0, 18.0)
"""Blur radii (standard deviations in pixels) that spread corrections to pixels without carried
color."""


def fill(carried, predicted, confidence):
    """Fill gaps in carried colors with predicted colors.

    Where confidence is low, the result is the prediction plus the difference between the carried
    and predicted colors nearby. An object therefore keeps its color as more of it comes into view.

    Args:
        carried: float32 `[h, w, c]`.
        predicted: float32 `[h, w, c]`.
        confidence: Confidence in the carried colors, float32 `[h, w]` in [0, 1].

    Returns:
        float32 `[h, w, c]`.
    """
    weight = confidence[..., np.newaxis]
    difference = weight * (carried - predicted)
    shift, remaining = np.zeros_like(difference), np.ones_like(weight)
    for sigma in _FILL_SIGMAS:
        near = _blur(weight, sigma)
        share = remaining * np.minimum(1, 4 * near)
        shift += share * _blur(difference, sigma) / np.maximum(near, 1e-4)
        remaining = remaining - share
    return weight * carried + (1 - weight) * (predicted + shift)


def blend(earlier, later, position):
    """Interpolate between the colors carried from an earlier and a later frame.

    Args:
        earlier: `(values, confidence)`, float32 `[h, w, c]` and `[h, w]`.
        later: The same pair for the later frame.
        position: Position of the frame between the two, in [0, 1].

    Returns:
        float32 `[h, w, c]`.
    """
    weights = [
        share * (confidence[..., np.newaxis] + 1e-3)
        for share, (_, confidence) in ((1 - position, earlier), (position, later))
    ]
    return (weights[0] * earlier[0] + weights[1] * later[0]) / (weights[0] + weights[1])


def _blur(values, sigma):
    blurred = cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    return blurred.reshape(values.shape)
