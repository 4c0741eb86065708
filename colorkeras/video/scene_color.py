"""Temporally stable colorization of the frames in a scene.

The network colorizes only key frames, usually every second frame. Optical flow carries the colors
of each key frame to the next one, where they are blended with a small fraction of the new
prediction, so errors in individual predictions average out. The frames between two key frames blend
the colors of both, following the flow.

User hints apply to a key frame. Where the hints changed its colors, the carried colors become hints
for the following key frames.
"""

import itertools
from collections import deque
from dataclasses import replace

import numpy as np

from colorkeras.color.spaces_numpy import luma_chroma_to_rgb, rgb_to_chroma, to_uint8
from colorkeras.inference import hint_maps, streaming
from colorkeras.inference.color_hints import HintList
from colorkeras.video.carried_color import blend, chroma_colorfulness, fill
from colorkeras.video.key_frames import (
    Frame,
    Group,
    KeyColors,
    motions_from_key,
    motions_to_key,
)
from colorkeras.video.optical_flow import FlowEstimator

KEY_INTERVAL = 2
"""Number of frames from one key frame to the next."""

_NUM_AHEAD = 12
"""Number of later key frames whose predictions contribute to the colors of the first frame."""

_TIME_CONSTANT = 0.5
"""Time constant in seconds of the moving average of predictions."""

_MAX_STEP = 0.2
"""Upper limit in seconds for the time step of the moving average."""

_FORGETTING = 0.2
"""Fraction by which each key frame reduces the weight of earlier ones in the colorfulness sums."""

_HINT_SPACING, _HINT_SIZE = 8, 3
"""Spacing and side length in pixels of the hints made from carried colors."""

_HINT_EFFECT = 0.03
"""Minimum chroma change caused by hints at which a pixel fully keeps its changed color."""


class SceneColorizer:
    """Colorizes the frames of a scene.

    Args:
        predictor: `Predictor`.
        settings: `ColorSettings` without hints.
        hints: Tuple of `Hint`s that have a time, and a radius in pixels of the frames. A hint
            applies from the first frame at or after its time. Later hints take precedence.

    Attributes:
        state: Dict of NumPy arrays, set once all frames have been colorized; see `colorize`.

    Raises:
        UserError: The model does not support a setting or hints.
    """

    def __init__(self, predictor, settings, hints=()):
        replace(settings, hints=HintList(hints)).check(predictor.exported)
        self._predictor, self._settings, self._hints = predictor, settings, tuple(hints)
        self._flow = FlowEstimator()
        self.state = {}

    def colorize(self, frames, state=None):
        """Colorize frames.

        Args:
            frames: Iterable of `(time, luma)` for consecutive frames: ascending times in seconds,
                and luma as float32 `[h, w]` in [0, 1]. At most 25 frames are read ahead.
            state: Value of `state` after colorizing the preceding frames of the scene, or None.

        Yields:
            Cb and Cr of each frame, float32 `[h, w, 2]`, within the gamut.
        """
        last = None
        if state:
            last = KeyColors(**{name: values.copy() for name, values in state.items()})
        groups = self._groups(frames, last)
        ahead = deque(itertools.islice(groups, 0 if last else 1 + _NUM_AHEAD))
        if ahead:
            last = self._first_colors(ahead)
        for group in _drain(ahead, groups):
            colors, before_hints = self._key_colors(last, group)
            yield from self._frame_colors(last, before_hints, colors, group)
            last = colors
        self.state = {} if last is None else {k: np.asarray(v) for k, v in vars(last).items()}

    def _groups(self, frames, last):
        """Yield `Group`s, with key frames at regular intervals and where hints start."""
        previous, time = (None, -np.inf) if last is None else (last.small, last.time)
        group = Group()
        for frame_time, luma in frames:
            frame = Frame(frame_time, luma, self._predictor.network_input(luma))
            small = _as_uint8(frame.small)
            if previous is not None:
                frame.forward, frame.backward = self._flow.estimate(previous, small)
            group.frames.append(frame)
            is_full = previous is None or len(group.frames) == KEY_INTERVAL
            if is_full or self._new_hints(time, frame_time):
                yield group
                group = Group()
            previous, time = small, frame_time
        if group.frames:
            yield group

    def _new_hints(self, after, until):
        return [hint for hint in self._hints if after < hint.time <= until]

    def _predict(self, small, hints=None):
        hints = None if hints is None else hints[np.newaxis]
        return rgb_to_chroma(self._predictor.predict(small, self._settings, hints)[0])

    def _first_colors(self, groups):
        """Average the predictions for the first key frames, warped to the scene's first frame."""
        if self._settings.seed and self._predictor.exported.takes_hints:
            groups = [groups[0]]  # Each prediction is a different variation.
        for group in groups:
            group.predicted = self._predict(group.key.small)
        chroma = groups[-1].predicted
        count = np.ones([*chroma.shape[:2], 1], np.float32)
        for number in reversed(range(len(groups) - 1)):
            motion = motions_to_key(groups[number + 1])[0]
            count = motion.warp(count) * motion.confidence[..., np.newaxis]
            chroma = (count * motion.warp(chroma) + groups[number].predicted) / (count + 1)
            count += 1
        return KeyColors(
            time=-np.inf,
            small=_as_uint8(groups[0].key.small),
            chroma=chroma,
            hinted=np.full_like(count, len(groups) == 1 and self._settings.seed > 0),
            count=count - 1,  # `_key_colors` adds the first key frame again.
            colorfulness=np.zeros(2),
        )

    def _key_colors(self, last, group):
        """Colorize a key frame.

        Args:
            last: `KeyColors` of the previous key frame.
            group: `Group` of the key frame.

        Returns:
            Two `KeyColors`: with and without new hints.
        """
        small = group.key.small
        motion = motions_from_key(group)[-1]
        carried = motion.warp(np.concatenate([last.chroma, last.hinted, last.count], axis=-1))
        carried, count = carried[..., :3], carried[..., 3:] * motion.confidence[..., np.newaxis]
        hints = _carried_hints(carried, motion.confidence)
        predicted = group.predicted
        if predicted is None or hints[..., 2].any():
            predicted = self._predict(small, hints if hints[..., 2].any() else None)
        unhinted = np.zeros_like(last.hinted)
        completed = fill(carried, np.concatenate([predicted, unhinted], -1), motion.confidence)
        chroma, hinted = completed[..., :2], completed[..., 2:].clip(0, 1)
        seconds = min(group.key.time - last.time, _MAX_STEP)
        rate = np.float32(1 - np.exp(-seconds / _TIME_CONSTANT))
        # Where pixels have just come into view, weight the first predictions equally, because
        # predictions near the frame's edge are poor.
        rate = np.maximum(rate, 1 / (count + 1))
        chroma = chroma + rate * (1 - hinted) * (predicted - chroma)
        current = np.array([chroma_colorfulness(values) for values in (predicted, chroma)])
        colors = KeyColors(
            time=group.key.time,
            small=_as_uint8(small),
            chroma=chroma,
            hinted=hinted,
            count=count + 1,
            colorfulness=(1 - _FORGETTING) * last.colorfulness + current,
        )
        new = self._new_hints(last.time, group.key.time)
        if not new:
            return colors, colors
        return self._with_hints(colors, new, group.key, predicted, hints), colors

    def _with_hints(self, colors, new, key, predicted, hints):
        """Update the colors of a key frame where new hints change the prediction.

        Args:
            colors: `KeyColors`.
            new: List of `Hint`.
            key: `Frame`.
            predicted: Chroma predicted without the new hints, `[small height, small width, 2]`.
            hints: Hint map without the new hints, `[small height, small width, 3]`.

        Returns:
            `KeyColors`.
        """
        drawn = hint_maps.hint_map(HintList(new), key.small, key.luma.shape)[0]
        is_drawn = drawn[..., 2:] > 0
        wanted = self._predict(key.small, np.where(is_drawn, drawn, hints))
        change = np.linalg.norm(wanted - predicted, axis=-1, keepdims=True)
        effect = np.where(is_drawn, 1, np.minimum(change / _HINT_EFFECT, 1)).astype(np.float32)
        chroma = colors.chroma + effect * (wanted - colors.chroma)
        return replace(colors, chroma=chroma, hinted=np.maximum(colors.hinted, effect))

    def _frame_colors(self, last, before_hints, colors, group):
        """Yield Cb and Cr of each frame in a group, float32 `[h, w, 2]`."""
        *others, key = group.frames
        backward, forward = motions_from_key(group), motions_to_key(group)[1:]
        earlier, later = last.gained, before_hints.gained
        for number, frame in enumerate(others):
            chroma = blend(
                (backward[number].warp(earlier), backward[number].confidence),
                (forward[number].warp(later), forward[number].confidence),
                (number + 1) / len(group.frames),
            )
            yield self._upsample(frame, chroma)
        yield self._upsample(key, colors.gained)

    def _upsample(self, frame, chroma):
        rgb = luma_chroma_to_rgb(frame.small[0], chroma)[np.newaxis]
        saturation = self._settings.saturation
        return rgb_to_chroma(streaming.upsample_color(frame.luma, frame.small, rgb, saturation))


def _drain(queue, iterator):
    """Pop and yield the elements of a deque, then yield those of an iterator."""
    while queue:
        yield queue.popleft()
    yield from iterator


def _as_uint8(small):
    return to_uint8(small[0, ..., 0])


def _carried_hints(carried, confidence):
    """Create hints for the network from carried colors that were set by earlier hints.

    Args:
        carried: Cb, Cr and influence of hints, float32 `[h, w, 3]`.
        confidence: Confidence in the carried colors, float32 `[h, w]` in [0, 1].

    Returns:
        float32 `[h, w, 3]`; see `hint_maps.hint_map`.
    """
    start, step = (_HINT_SPACING - _HINT_SIZE) // 2, _HINT_SPACING
    is_certain = np.minimum(carried[..., 2], confidence) > 0.5
    hints = np.zeros_like(carried)
    center = np.s_[start + _HINT_SIZE // 2 :: step, start + _HINT_SIZE // 2 :: step]
    values = np.where(
        is_certain[center][..., np.newaxis], np.insert(carried[center][..., :2], 2, 1, axis=-1), 0
    )
    for down, right in itertools.product(range(_HINT_SIZE), repeat=2):
        place = hints[start + down :: step, start + right :: step]
        place[...] = values[: place.shape[0], : place.shape[1]]
    return hints
