"""Temporally stable colorization of the frames in a scene.

The network colorizes only key frames, usually every second frame. The colors of a key frame are a
weighted average of its own prediction and the predictions for earlier and later key frames, which
are warped along the optical flow. Errors in individual predictions therefore average out. Because
later key frames contribute, colors adapt with little delay when predictions improve as objects come
into view. Frames between two key frames get a blend of the warped colors of both.

User hints apply to a key frame. Where hints change its colors, the changed colors are carried along
the flow and serve as hints for the following key frames. From the first hint on, only earlier key
frames are averaged.
"""

import itertools
from collections import deque
from dataclasses import replace

import numpy as np

from colorkeras.color.spaces_numpy import luma_chroma_to_rgb, rgb_to_chroma, to_uint8
from colorkeras.inference import hint_maps, streaming
from colorkeras.inference.color_hints import HintList
from colorkeras.video.carried_color import blend, fill
from colorkeras.video.chroma_levels import chroma_levels, level_gains
from colorkeras.video.key_frames import Frame, Group, KeyColors, average_of_later, decay
from colorkeras.video.optical_flow import FlowEstimator

KEY_INTERVAL = 2
"""Number of frames from one key frame to the next."""

_NUM_AHEAD = 6
"""Number of later key frames whose predictions contribute to the colors of a key frame."""

MAX_FRAMES_AHEAD = KEY_INTERVAL * _NUM_AHEAD
"""Number of later frames that affect the colors of a frame."""

_LEVEL_RATE = 0.4
"""Weight of each key frame in the moving averages of chroma levels."""

_HINT_SPACING, _HINT_SIZE = 8, 3
"""Spacing and side length in pixels of hints created from carried colors."""

_HINT_EFFECT = 0.03
"""Chroma change caused by hints at and above which a pixel keeps the changed color completely."""


class SceneColorizer:
    """Colorizes the frames of a scene.

    Args:
        predictor: `Predictor`.
        settings: `ColorSettings` without hints.
        hints: Tuple of `Hint`s, each with a time and with a radius in pixels of the frames. A hint
            applies from the first frame at or after its time. Later hints take precedence.

    Attributes:
        state: Dict of NumPy arrays, set once all frames have been colorized; see `colorize`.

    Raises:
        UserError: The model does not support a setting or does not support hints.
    """

    def __init__(self, predictor, settings, hints=()):
        replace(settings, hints=HintList(hints)).check(predictor.exported)
        self._predictor, self._settings, self._hints = predictor, settings, tuple(hints)
        self._flow = FlowEstimator()
        self.state = {}

    def colorize(self, frames, state=None, num_frames=None):
        """Colorize frames.

        Args:
            frames: Iterable of `(time, luma)` for consecutive frames, with ascending times in
                seconds and luma as float32 `[h, w]` in [0, 1]. At most `MAX_FRAMES_AHEAD` frames
                are read ahead.
            state: Value of `state` after colorizing the preceding frames of the scene, or None.
            num_frames: Number of frames to colorize, or None for all. If the iterable yields more
                frames, up to `MAX_FRAMES_AHEAD` of them improve the colors of the last frames.

        Yields:
            Cb and Cr of each frame, float32 `[h, w, 2]`, within the gamut.
        """
        last, num_finished, ahead = None, 0, deque()
        if state:
            last = KeyColors(**{name: values.copy() for name, values in state.items()})
        groups = self._groups(frames, last, num_frames)
        while num_finished != num_frames:
            ahead.extend(itertools.islice(groups, 1 + _NUM_AHEAD - len(ahead)))
            if not ahead:
                break
            group = ahead.popleft()
            last = last or self._first_colors(group)
            colors, before_hints = self._key_colors(last, group, self._unhinted(ahead))
            yield from self._frame_colors(last, before_hints, colors, group)
            last = colors
            num_finished += len(group.frames)
        self.state = {} if last is None else {k: np.asarray(v) for k, v in vars(last).items()}

    def _groups(self, frames, last, num_frames):
        """Yield `Group`s, with key frames at regular intervals and where hints start.

        Frame number `num_frames`, counted from 1, is also a key frame.
        """
        previous, time = (None, -np.inf) if last is None else (last.small, last.time)
        group = Group()
        for number, (frame_time, luma) in enumerate(frames, 1):
            frame = Frame(frame_time, luma, self._predictor.network_input(luma))
            small = _as_uint8(frame.small)
            if previous is not None:
                frame.forward, frame.backward = self._flow.estimate(previous, small)
            group.frames.append(frame)
            is_full = previous is None or len(group.frames) == KEY_INTERVAL
            if is_full or number == num_frames or self._new_hints(time, frame_time):
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

    def _unhinted(self, groups):
        """Return the list of groups before the first hint, with their predictions computed."""
        if self._is_seeded:
            return []
        first = min((hint.time for hint in self._hints), default=np.inf)
        chosen = list(itertools.takewhile(lambda group: group.key.time < first, groups))
        for group in chosen:
            if group.predicted is None:
                group.predicted = self._predict(group.key.small)
        return chosen

    @property
    def _is_seeded(self):
        """Whether the settings request a random variation, which differs between key frames."""
        return self._settings.seed > 0 and self._predictor.exported.takes_hints

    def _first_colors(self, group):
        """Return initial `KeyColors`, which act as the predecessor of a scene's first key frame."""
        chroma = self._predict(group.key.small)
        group.predicted = chroma
        zeros = np.zeros_like(chroma[..., :1])
        return KeyColors(
            time=-np.inf,
            small=_as_uint8(group.key.small),
            past=chroma,
            hinted=np.full_like(zeros, self._is_seeded),
            weight=zeros,
            shown=chroma,
            levels=np.stack([chroma_levels(chroma)] * 2),
        )

    def _key_colors(self, last, group, later):
        """Colorize a key frame.

        Args:
            last: `KeyColors` of the previous key frame.
            group: `Group` of the key frame.
            later: List of following `Group`s whose predictions are averaged.

        Returns:
            Two `KeyColors`, the first with and the second without new hints.
        """
        small, motion = group.key.small, group.from_key[-1]
        carried = motion.warp(np.concatenate([last.past, last.hinted, last.weight], axis=-1))
        carried, weight = carried[..., :3], carried[..., 3:] * motion.confidence[..., np.newaxis]
        hints = _carried_hints(carried, motion.confidence)
        predicted = group.predicted
        if predicted is None or hints[..., 2].any():
            predicted = self._predict(small, hints if hints[..., 2].any() else None)
        unhinted = np.zeros_like(last.hinted)
        completed = fill(carried, np.concatenate([predicted, unhinted], -1), motion.confidence)
        past, hinted = completed[..., :2], completed[..., 2:].clip(0, 1)
        weight = 1 + decay(group.key.time - last.time) * weight
        past = past + (1 - hinted) * (predicted - past) / weight
        future, future_weight = average_of_later(group, later)
        future_weight *= 1 - hinted
        shown = past + (future - past) * future_weight / (weight + future_weight)
        current = np.stack([chroma_levels(predicted), chroma_levels(shown)])
        levels = last.levels + _LEVEL_RATE * (current - last.levels)
        gains = level_gains(shown, *levels)
        colors = KeyColors(
            time=group.key.time,
            small=_as_uint8(small),
            past=past,
            hinted=hinted,
            weight=weight,
            shown=shown * (1 + (gains - 1) * (1 - hinted)),
            levels=levels,
        )
        new = self._new_hints(last.time, group.key.time)
        if not new:
            return colors, colors
        return self._with_hints(colors, new, group.key, predicted, hints), colors

    def _with_hints(self, colors, new, key, predicted, hints):
        """Return the colors of a key frame, updated where new hints change the prediction.

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
        past, shown = (each + effect * (wanted - each) for each in (colors.past, colors.shown))
        hinted = np.maximum(colors.hinted, effect)
        return replace(colors, past=past, shown=shown, hinted=hinted)

    def _frame_colors(self, last, before_hints, colors, group):
        """Yield Cb and Cr of each frame in a group, float32 `[h, w, 2]`."""
        *others, key = group.frames
        for number, frame in enumerate(others):
            backward, forward = group.from_key[number], group.to_key[number + 1]
            chroma = blend(
                (backward.warp(last.shown), backward.confidence),
                (forward.warp(before_hints.shown), forward.confidence),
                (number + 1) / len(group.frames),
            )
            yield self._upsample(frame, chroma)
        yield self._upsample(key, colors.shown)

    def _upsample(self, frame, chroma):
        rgb = luma_chroma_to_rgb(frame.small[0], chroma)[np.newaxis]
        saturation = self._settings.saturation
        return rgb_to_chroma(streaming.upsample_color(frame.luma, frame.small, rgb, saturation))


def _as_uint8(small):
    return to_uint8(small[0, ..., 0])


def _carried_hints(carried, confidence):
    """Convert carried colors that originate from earlier hints to hints for the network.

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
