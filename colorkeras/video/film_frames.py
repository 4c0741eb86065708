"""Sequential decoding of upright, deinterlaced frames, starting at any position in a film."""

import contextlib
import heapq
import itertools
from collections import Counter, deque

import numpy as np

from colorkeras.utils.errors import UserError
from colorkeras.utils.files import quoted
from colorkeras.video.clock_times import format_time
from colorkeras.video.film import encrypted_error, import_av, open_film

_WARM_UP = 16
"""Number of frames to decode before the first frame needed, because the decoder and deinterlacer
may use them as references."""

_MAX_RECENT = 16
"""Number of recent frames to keep, because a segment begins with frames that were also read for the
previous segment."""

_MAX_SKIP = 250
"""Maximum number of frames to skip by decoding; longer distances are skipped by seeking."""

_QUARTER_TURN = 90


def decoded_frames(film, damage=None, clock=None):
    """Decode a film from its current position, yielding `av.VideoFrame`s in display order.

    Args:
        film: `Film`.
        damage: `Counter` whose "packets" entry is incremented for each undecodable packet.
        clock: `VideoClock` that corrects the timestamps of packets, or None.

    Raises:
        UserError: The film is encrypted, or its frame size changes.
    """
    av, damage = import_av(), Counter() if damage is None else damage
    film.stream.thread_type = "AUTO"
    packets, size = film.container.demux(film.stream), None
    must_sort, times = film.has_only_decoding_times, []
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.error.EOFError):
            return
        except av.FFmpegError:
            damage["packets"] += 1
            return
        if packet.has_sidedata("encryption_info"):
            raise encrypted_error(film.path)
        if clock is not None:
            clock.correct(packet)
        try:
            frames = packet.decode()
        except av.FFmpegError:
            damage["packets"] += 1
            continue
        if must_sort and packet.pts is not None:
            heapq.heappush(times, packet.pts)
        for frame in frames:
            if times:
                frame.pts = heapq.heappop(times)
            size = size or (frame.width, frame.height)
            if (frame.width, frame.height) != size:
                raise UserError(
                    f"{quoted(film.path)}, whose frame size changes from {size[0]}x{size[1]} to "
                    f"{frame.width}x{frame.height} pixels",
                    "frames that all have the same size",
                    "Cut the film where the size changes, or scale all frames to one size.",
                )
            yield frame


def upright(plane, rotation):
    """Rotate a plane `[h, w]` counterclockwise by a multiple of 90 degrees."""
    return np.rot90(plane, rotation // _QUARTER_TURN)


class FrameSource(contextlib.AbstractContextManager):
    """Reads the luma planes of a film, seeking if the timestamps permit it.

    Use it as a context manager to close the file on exit.

    Args:
        path: Video file.
        timeline: `Timeline` of the film.
        max_megapixels: See `open_film`.
    """

    def __init__(self, path, timeline, max_megapixels):
        self._path, self._timeline, self._max_megapixels = path, timeline, max_megapixels
        self._frames, self._next, self._exit_stack = None, 0, contextlib.ExitStack()
        self._recent = deque(maxlen=_MAX_RECENT)  # Planes of the frames before `_next`.

    def __exit__(self, *error):
        self.close()

    def close(self):
        """Close the file."""
        self._frames = None
        self._recent.clear()
        self._exit_stack.close()

    def planes(self, first, stop):
        """Yield the upright luma planes `[h, w]` of frames `first` to `stop - 1`.

        Raises:
            UserError: The film has changed since it was scanned.
        """
        timeline = self._timeline
        is_far = timeline.is_seekable and first - self._next > _MAX_SKIP
        if self._frames is None or first < self._next - len(self._recent) or is_far:
            self._restart(first)
        oldest = self._next - len(self._recent)
        yield from list(self._recent)[max(first - oldest, 0) : stop - oldest]
        for number in range(self._next, stop):
            frame = next(self._frames, None)
            if frame is None:
                raise UserError(
                    f"{quoted(self._path)}, which changed while it was being colorized",
                    "a file that no other program is modifying",
                    "Try again when the file is complete.",
                )
            self._next = number + 1
            if number < first:
                self._recent.clear()
                continue
            self._recent.append(upright(timeline.layout.luma_plane(frame), timeline.rotation))
            yield self._recent[-1]

    def _restart(self, first):
        """Reopen the file and find frame `first`, or the first frame of the timeline as a fallback.

        Raises:
            UserError: The file contains neither of these frames.
        """
        timeline = self._timeline
        if timeline.is_seekable and (timeline.is_part or first > _WARM_UP):
            self._open()
            start = int(timeline.pts[first]) - _WARM_UP * timeline.typical_step
            has_sought = self._film.seek(start * timeline.time_base)
            # If the container's index led past the frame, decode from the beginning.
            if has_sought and self._skip_to(first):
                return
        self._open()
        if timeline.num_before is not None:
            self._frames, self._next = itertools.islice(self._frames, timeline.num_before, None), 0
        elif not self._skip_to(0):
            raise UserError(
                f"{quoted(self._path)}, in which the frame at "
                f"{format_time(timeline.seconds(0))} was not found again",
                "a film whose timestamps do not change after seeking",
                "Remux the film, or omit --start.",
            )

    def _open(self):
        self.close()
        self._film = self._exit_stack.enter_context(open_film(self._path, self._max_megapixels))
        frames = decoded_frames(self._film)
        if self._timeline.is_interlaced:
            frames = _deinterlaced(self._film.stream, frames)
        self._frames = frames

    def _skip_to(self, number):
        """Decode up to a frame, identified by its timestamp, and return whether it was found."""
        time = int(self._timeline.pts[number]) * self._timeline.time_base
        for frame in self._frames:
            if frame.pts is None or frame.pts * frame.time_base < time:
                continue
            self._frames, self._next = itertools.chain([frame], self._frames), number
            return frame.pts * frame.time_base == time
        return False


def _deinterlaced(stream, frames):
    """Deinterlace frames, keeping their number and leaving progressive frames unchanged."""
    av = import_av()
    graph = av.filter.Graph()
    nodes = (
        graph.add_buffer(template=stream),
        graph.add("bwdif", "mode=send_frame:deint=interlaced"),
        graph.add("buffersink"),
    )
    graph.link_nodes(*nodes).configure()
    for frame in itertools.chain(frames, [None]):
        graph.vpush(frame)
        while True:
            try:
                deinterlaced = graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                break
            yield deinterlaced
