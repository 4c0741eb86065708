"""Metrics for films: color stability along the optical flow.

These metrics have the same interface as the others, but a batch consists of the consecutive frames
of one scene, and the values are per frame, starting with the second frame. The flow is estimated
from the luma of the ground truth, so different colorizations of a film are compared at the same
pixels. This module requires the `video` extra.

Reference: Lai et al., "Learning blind video temporal consistency", ECCV 2018, section 4.3 (warping
error); color drift is based on the long-term temporal loss in section 3.2.
"""

import itertools

import numpy as np
import tensorflow as tf

from colorkeras.color.spaces_numpy import luma, rgb_to_chroma
from colorkeras.evaluation.metrics.base import Metric, ratio
from colorkeras.video.optical_flow import FlowEstimator, Motion, is_consistent, warp


def warping_errors(truth, output):
    """Measure color differences between consecutive frames along the flow.

    Args:
        truth: Consecutive frames of the ground truth, `[n, h, w, 3]` in `[0, 255]`.
        output: Colorized frames in the same format.

    Returns:
        float32 `[n - 1, 2]`: the fraction of pixels that are visible in the previous frame, and the
        sum of their squared chroma differences, in 8-bit levels, divided by the total number of
        pixels.
    """
    return np.stack([_errors(*change) for change in _changes(truth, output)])


def chroma_changes(truth, output):
    """Compute the chroma differences on which `warping_errors` is based, float32 `[n - 1, h, w]`.

    The differences are in 8-bit levels and are 0 for pixels not visible in the previous frame.
    """
    return np.stack([np.sqrt(squared) * seen for squared, seen in _changes(truth, output)])


def drift_errors(truth, output):
    """Measure color differences between each frame and the first frame along the flow.

    The arguments and result are the same as for `warping_errors`, but only pixels that are
    visible in all frames since the first are included.
    """
    chroma = rgb_to_chroma(np.asarray(output))
    errors, to_first = [], None
    for current, motion in zip(chroma[1:], _motions(truth), strict=True):
        to_first = motion.then(to_first) if to_first else motion
        errors.append(_errors(*_difference(chroma[0], current, to_first)))
    return np.stack(errors)


def _changes(truth, output):
    """Yield the result of `_difference` for each pair of consecutive frames."""
    chroma = rgb_to_chroma(np.asarray(output))
    for previous, current, motion in zip(chroma[:-1], chroma[1:], _motions(truth), strict=True):
        yield _difference(previous, current, motion)


def _motions(truth):
    """Yield the `Motion` from each frame to the previous one, with a confidence of 0 or 1."""
    frames = np.rint(luma(np.asarray(truth))[..., 0]).astype(np.uint8)
    estimator = FlowEstimator()
    for previous, current in itertools.pairwise(frames):
        forward, backward = estimator.estimate(previous, current)
        is_visible = is_consistent(backward.vectors, forward.vectors)
        yield Motion(backward.vectors, is_visible.astype(np.float32))


def _difference(earlier, later, motion):
    """Return squared chroma differences and a mask of pixels visible in both frames, `[h, w]`."""
    squared = np.square(later - warp(earlier, motion.vectors)).sum(-1)
    return squared, motion.confidence > 0.99


def _errors(squared, is_visible):
    return np.array([is_visible.mean(), (squared * is_visible).mean()], np.float32)


def _root(means):
    return tf.sqrt(ratio(means))


TEMPORAL = {
    "warping_error": Metric(
        "Warping error",
        "/255",
        warping_errors,
        False,
        "Root mean squared chroma difference between consecutive frames along the optical flow of "
        "the ground truth's luma, over unoccluded pixels (Lai et al. 2018, applied to chroma).",
        finalize=_root,
        num_values=2,
    ),
    "color_drift": Metric(
        "Color drift",
        "/255",
        drift_errors,
        None,
        "Root mean squared chroma difference from the scene's first frame along the flow, over "
        "pixels that have been visible since then. Compare with the ground truth.",
        finalize=_root,
        num_values=2,
    ),
}
"""Temporal metrics by name."""
