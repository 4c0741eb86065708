"""Key frames of a scene, their colors, and the motion to and from them."""

import itertools
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from colorkeras.video.optical_flow import Motion

_TIME_CONSTANT = 0.5
"""Time constant in seconds of the exponential decay of key frame weights."""

_MAX_STEP = 0.2
"""Maximum time in seconds between two key frames when computing the decay; longer times are clipped
to it."""


@dataclass
class Frame:
    """A frame of a scene and its motion relative to the previous frame.

    Attributes:
        time: Time in seconds.
        luma: float32 `[h, w]` in [0, 1].
        small: Network input for the frame, float32 `[1, small height, small width, 1]`.
        forward: `Motion` from the previous frame to this one; None for the first frame.
        backward: `Motion` from this frame to the previous one; None for the first frame.
    """

    time: float
    luma: np.ndarray
    small: np.ndarray
    forward: Motion | None = None
    backward: Motion | None = None


@dataclass
class Group:
    """Consecutive frames, the last of which is a key frame.

    Attributes:
        frames: List of `Frame`.
        predicted: Predicted chroma of the key frame without hints, float32 `[small height, small
            width, 2]`; None until it is needed.
    """

    frames: list = field(default_factory=list)
    predicted: np.ndarray | None = None

    @property
    def key(self):
        """Key frame of the group."""
        return self.frames[-1]

    @cached_property
    def from_key(self):
        """List of `Motion`s from each frame of the group to the key frame before the group."""
        motions = []
        for frame in self.frames:
            if frame.backward is None:
                motions.append(Motion.still(*frame.small.shape[1:3]))
            else:
                motions.append(frame.backward.then(motions[-1]) if motions else frame.backward)
        return motions

    @cached_property
    def to_key(self):
        """List of `Motion`s from each preceding frame to the key frame of the group.

        The first motion starts at the frame before the group. The others start at the frames of the
        group, except the key frame.
        """
        motions = []
        for frame in reversed(self.frames):
            motions.append(frame.forward.then(motions[-1]) if motions else frame.forward)
        return motions[::-1]


@dataclass(frozen=True)
class KeyColors:
    """Colors of a key frame.

    Attributes:
        time: Time of the frame in seconds.
        small: Luma of the frame, uint8 `[small height, small width]`.
        past: Cb and Cr averaged over this and earlier key frames, float32 `[small height,
            small width, 2]`.
        hinted: Influence of hints on each pixel, float32 `[small height, small width, 1]` in
            [0, 1].
        weight: Sum of the weights of the predictions in `past`, float32 `[small height, small
            width, 1]`. The weight of the latest prediction is 1.
        shown: Final Cb and Cr, float32 `[small height, small width, 2]`.
        levels: Moving averages, over key frames, of `chroma_levels`: of the predictions in row 0,
            of the averaged colors in row 1; float64 `[2, 17]`.
    """

    time: float
    small: np.ndarray
    past: np.ndarray
    hinted: np.ndarray
    weight: np.ndarray
    shown: np.ndarray
    levels: np.ndarray


def decay(seconds):
    """Return the factor by which the weight of a key frame decays over a number of seconds."""
    return np.float32(np.exp(-min(seconds, _MAX_STEP) / _TIME_CONSTANT))


def average_of_later(group, later):
    """Average the predictions for later key frames after warping them to a group's key frame.

    Args:
        group: `Group`.
        later: List of the following `Group`s with predictions; may be empty.

    Returns:
        Cb and Cr, float32 `[small height, small width, 2]`, and the sum of the weights of the
        predictions, float32 `[small height, small width, 1]`.
    """
    chroma = np.zeros([*group.key.small.shape[1:3], 2], np.float32)
    weight = np.zeros_like(chroma[..., :1])
    for earlier, following in reversed(list(itertools.pairwise([group, *later]))):
        total = weight + 1
        chroma = chroma + (following.predicted - chroma) / total
        motion = following.to_key[0]
        factor = decay(following.key.time - earlier.key.time) * motion.confidence
        chroma, weight = motion.warp(chroma), motion.warp(total) * factor[..., np.newaxis]
    return chroma, weight
