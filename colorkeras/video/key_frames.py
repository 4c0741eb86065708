"""Key frames of a scene, their colors, and motion to and from key frames."""

import itertools
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from colorkeras.video.optical_flow import Motion

_TIME_CONSTANT = 0.5
"""Time constant in seconds by which the weights of other key frames decrease."""

_MAX_STEP = 0.2
"""Upper limit in seconds for the time between two key frames."""


@dataclass
class Frame:
    """Frame of a scene.

    Attributes:
        time: Time in seconds.
        luma: float32 `[h, w]` in [0, 1].
        small: Network input, float32 `[1, small height, small width, 1]`.
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
    """Consecutive frames that end with a key frame.

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
        """List of the `Motion` from each frame to the key frame before the group."""
        motions = []
        for frame in self.frames:
            if frame.backward is None:
                motions.append(Motion.still(*frame.small.shape[1:3]))
            else:
                motions.append(frame.backward.then(motions[-1]) if motions else frame.backward)
        return motions

    @cached_property
    def to_key(self):
        """List of the `Motion` to the key frame from each frame that precedes it.

        The first motion starts at the frame before the group; the others start at the group's
        frames.
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
        levels: `chroma_levels` of predictions and of averages, float64 `[2, 17]`: moving averages
            over key frames.
    """

    time: float
    small: np.ndarray
    past: np.ndarray
    hinted: np.ndarray
    weight: np.ndarray
    shown: np.ndarray
    levels: np.ndarray


def decay(seconds):
    """Return the weight of a key frame relative to that of a neighbor at this distance in time."""
    return np.float32(np.exp(-min(seconds, _MAX_STEP) / _TIME_CONSTANT))


def average_of_later(group, later):
    """Average the predictions for later key frames, warped to a group's key frame.

    Args:
        group: `Group`.
        later: List of the following `Group`s with their predictions; may be empty.

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
