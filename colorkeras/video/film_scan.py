"""First pass over a film, which determines frame times, scenes and plane properties."""

from collections import Counter
from fractions import Fraction

import numpy as np

from colorkeras.image_io.color_detection import find_tint
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import quoted
from colorkeras.utils.plurals import counted
from colorkeras.video.clock_times import format_time
from colorkeras.video.discontinuities import VideoClock, has_discontinuities
from colorkeras.video.film import MAX_RATE, open_film
from colorkeras.video.film_frames import decoded_frames
from colorkeras.video.luma_planes import PlaneLayout
from colorkeras.video.scenes import find_cuts
from colorkeras.video.timeline import Timeline

_THUMBNAIL_SIDE = 128
"""Maximum length in pixels of the longer side of the images used for cut detection."""

_COLOR_INTERVAL = 50
"""Number of frames from one color check to the next."""

_MAX_DURATION = 48 * 3600
"""Maximum duration in seconds."""

_TOLERANCE = 1.0
"""Number of seconds by which a film may be shorter than its header indicates."""


def scan(path, max_megapixels, start=0.0, duration=None, progress=lambda finished, total: None):
    """Decode a film once and return its `Timeline`.

    Args:
        path: Video file.
        max_megapixels: Maximum size of a frame in megapixels.
        start: Time of the first frame to colorize, in seconds from the start of the film.
        duration: Duration of the part to colorize in seconds, or None to continue to the end.
        progress: Called with the number of frames decoded so far and the estimated total.

    Raises:
        UserError: The range contains no frames or is too long, the frame rate is too high, or
            `open_film` or `decoded_frames` raised an error.
    """
    can_seek = start > 0
    if can_seek:
        with open_film(path, max_megapixels) as film:
            # In concatenated streams, seeking may lead to the wrong part.
            can_seek = film.has_fixed_times and not (
                film.has_arbitrary_clock and has_discontinuities(film, lambda: progress(0, None))
            )
    while True:
        with open_film(path, max_megapixels) as film:
            scanner = _Scanner(film, start, duration, progress)
            if can_seek:
                position = film.origin + Fraction(max(0.0, start - 2)).limit_denominator(1000)
                if not film.seek(position):
                    can_seek = False
                    continue  # A failed seek may change the position, so reopen the film.
            timeline = scanner.run(can_seek)
        if timeline is not None:
            return timeline
        can_seek = False


class _Scanner:
    """Decodes a film and collects the data for a `Timeline`."""

    def __init__(self, film, start, duration, progress):
        self._film, self._start, self._progress = film, start, progress
        self._stop = float("inf") if duration is None else start + duration
        self._pts, self._first, self._last_duration = [], None, 0
        self._last, self._step, self._clock = None, 0, VideoClock(film)
        self._num_before, self._ends_early = 0, False
        self._is_ascending, self._is_interlaced = not film.has_only_decoding_times, False
        self._damage, self._tints = Counter(), Counter()

    def run(self, has_sought):
        """Return the `Timeline`, or None if seeking skipped the first frame of the range."""
        cuts = list(find_cuts(self._thumbnails()))
        self._is_ascending &= not self._clock.discontinuities
        is_late = not self._num_before and self._start > 0
        if has_sought and (is_late or not self._is_ascending):
            return None
        if not self._pts:
            self._raise_empty()
        pts = np.array(self._pts, np.int64)
        self._check_times(pts)
        frame, film = self._first, self._film
        rotation = round(frame.rotation / 90) * 90 % 360
        size = (frame.width, frame.height)
        is_part = self._ends_early or self._num_before > 0
        return Timeline(
            pts,
            self._last_duration or _typical_step(pts, film),
            film.time_base,
            film.origin,
            cuts,
            size[::-1] if rotation % 180 else size,
            rotation,
            PlaneLayout.of(frame, film.stream.codec_context.name),
            self._is_interlaced,
            self._is_ascending and film.has_fixed_times,
            is_part,
            None if has_sought else self._num_before,
            self._tint(),
            list(self._notes(pts)),
            self._clock.discontinuities,
        )

    def _thumbnails(self):
        """Record the properties of each frame in the range and yield a small luma image of it."""
        total = self._expected_frames()
        for frame in decoded_frames(self._film, self._damage, self._clock):
            pts = self._corrected(frame)
            time = self._seconds(pts)
            self._progress(len(self._pts), total)  # Also ends the scan if the user stops it.
            if time < self._start:
                self._num_before += 1
                continue
            if time >= self._stop:
                self._end_early(pts)
                return
            self._pts.append(pts)
            self._last_duration = frame.duration or 0
            if self._first is None:
                self._first = frame
            self._is_interlaced |= frame.interlaced_frame
            self._damage["frames"] += frame.is_corrupt
            if len(self._pts) % _COLOR_INTERVAL == 1:
                self._tints[_tint(frame)] += 1
            yield _thumbnail(frame)
        self._progress(len(self._pts), total)

    def _corrected(self, frame):
        """Return a frame's timestamp, or a replacement if it is missing or out of order."""
        last, pts = self._last, frame.pts
        if pts is None:
            self._is_ascending = False
            step = self._step or _typical_step(self._pts, self._film)
            pts = 0 if last is None else last + step
        elif last is not None and pts <= last:
            self._is_ascending = False
            pts = last + 1
        self._last, self._step = pts, frame.duration or 0
        return pts

    def _seconds(self, pts):
        return float(pts * self._film.time_base - self._film.origin)

    def _end_early(self, pts):
        """Extend the last frame to the end of the range; `pts` is the first timestamp after it."""
        self._ends_early = True
        if self._pts:
            stop = round((Fraction(self._stop) + self._film.origin) / self._film.time_base)
            self._last_duration = max(1, min(pts, stop) - self._pts[-1])

    def _expected_frames(self):
        film = self._film
        end = min(self._stop, float(film.end - film.origin)) if film.end else self._stop
        return round((end - self._start) * film.rate) if end < float("inf") else None

    def _raise_empty(self):
        if self._num_before or self._ends_early:
            raise UserError(
                f"--start {format_time(self._start)} for {quoted(self._film.path)}, which has no "
                "frames in this range",
                "a time range within the film",
                "Choose an earlier start or a longer duration.",
            )
        raise UserError(
            f"{quoted(self._film.path)}, in which no frame can be decoded",
            "a film with at least one frame that FFmpeg can decode",
            "Check that it plays in a video player, or choose another file.",
        )

    def _check_times(self, pts):
        duration = float(int(pts[-1] - pts[0]) * self._film.time_base)
        if duration > _MAX_DURATION:
            raise UserError(
                f"{quoted(self._film.path)}, whose timestamps span {duration / 3600:.0f} hours",
                f"at most {_MAX_DURATION // 3600} hours",
                "Pass --start and --duration, or repair the timestamps by remuxing the film.",
            )
        if len(pts) > 1 and len(pts) - 1 > MAX_RATE * duration:
            raise UserError(
                f"{quoted(self._film.path)}, which has {len(pts)} frames in {duration:.3f} seconds",
                f"at most {MAX_RATE} frames per second",
                "Repair the timestamps by remuxing the film.",
            )

    def _tint(self):
        half = self._tints.total() / 2
        if self._tints["color"] > half:
            return "color"
        return "gray" if self._tints["gray"] >= half else "toned"

    def _notes(self, pts):
        """Yield notes about damage."""
        if self._damage["packets"] or self._damage["frames"]:
            packets = counted(self._damage["packets"], "packet")
            frames = counted(self._damage["frames"], "frame")
            yield (
                f"it is damaged: {packets} could not be decoded, and errors were found in {frames}"
            )
        film, actual = self._film, (int(pts[-1]) + self._last_duration) * self._film.time_base
        if film.end and not self._ends_early and "mpeg" not in film.container.format.name:
            missing = float(film.end - actual)
            if missing > max(_TOLERANCE, 0.01 * float(film.end)):
                yield (
                    f"the video ends at {format_time(float(actual))}, but the file header "
                    f"specifies {format_time(float(film.end))}; the file may be incomplete"
                )
        if not self._is_ascending:
            yield "its timestamps were incomplete or out of order and have been corrected"


def _thumbnail(frame):
    scale = min(1.0, _THUMBNAIL_SIDE / max(frame.width, frame.height))
    width, height = (max(1, round(side * scale)) for side in (frame.width, frame.height))
    small = frame.reformat(width, height, "gray", interpolation="AREA", dst_color_range="JPEG")
    return small.to_ndarray()


def _tint(frame):
    return find_tint(frame.reformat(format="rgb24").to_ndarray())


def _typical_step(pts, film):
    """Return the median interval between frames in units of the time base, at least 1."""
    if len(pts) > 1:
        return max(1, int(np.median(np.diff(pts[-100:]))))
    return max(1, round(1 / (film.rate * film.time_base)))
