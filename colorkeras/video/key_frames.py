"""Key frames of a scene, their colors, and motion to and from key frames."""

from dataclasses import dataclass, field

import numpy as np

from colorkeras.video.optical_flow import Motion

_RESTORED_SHARE = 0.98
"""Share of the predictions' colorfulness that the gain restores. Amplifying averaged colors also
amplifies their errors, so fidelity is better with slightly less than 1 (`benchmarks/video.py`)."""

_MAX_GAIN = 1.5
"""Maximum gain that compensates for the colorfulness lost by averaging."""


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


@dataclass(frozen=True)
class KeyColors:
    """Colors of a key frame.

    Attributes:
        time: Time of the frame in seconds.
        small: Luma of the frame, uint8 `[small height, small width]`.
        chroma: Cb and Cr, float32 `[small height, small width, 2]`.
        hinted: Influence of hints on each pixel, float32 `[small height, small width, 1]` in
            [0, 1].
        count: Number of predictions averaged into the color of each pixel, float32 `[small height,
            small width, 1]`.
        colorfulness: Colorfulness of the predictions and of the averaged colors, float64 `[2]`:
            sums over key frames with exponentially decreasing weights for earlier ones.
    """

    time: float
    small: np.ndarray
    chroma: np.ndarray
    hinted: np.ndarray
    count: np.ndarray
    colorfulness: np.ndarray

    @property
    def gained(self):
        """Chroma scaled to restore the colorfulness of the predictions, except at hints."""
        predicted, averaged = self.colorfulness
        gain = np.clip(_RESTORED_SHARE * predicted / max(averaged, 1e-6), 1, _MAX_GAIN)
        return self.chroma * (1 + (gain - 1) * (1 - self.hinted)).astype(np.float32)


def motions_from_key(group):
    """Return the motion from each frame of a group to the key frame before the group."""
    motions = []
    for frame in group.frames:
        if frame.backward is None:
            motions.append(Motion.still(*frame.small.shape[1:3]))
        else:
            motions.append(frame.backward.then(motions[-1]) if motions else frame.backward)
    return motions


def motions_to_key(group):
    """Return the motion to a group's key frame from each preceding frame.

    The first motion starts at the frame before the group; the others start at the group's frames.
    """
    motions = []
    for frame in reversed(group.frames):
        motions.append(frame.forward.then(motions[-1]) if motions else frame.forward)
    return motions[::-1]
