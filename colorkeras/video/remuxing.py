"""Remuxing of colorized segments with the other streams of a film."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import is_disk_problem, printable, quoted
from colorkeras.utils.plurals import counted
from colorkeras.video.clock_times import format_time
from colorkeras.video.discontinuities import CopiedClock
from colorkeras.video.film import ffmpeg_path, import_av
from colorkeras.video.stream_copies import add_copy, check_sound, lasting

_TOLERANCE = 1
"""Number of seconds by which other streams may end before the video if the film is damaged."""

_REORDER_DELAY = 2
"""Number of frames by which decoding precedes display. The encoder needs a delay of at most 2."""


@dataclass(frozen=True)
class Span:
    """Time range of the output, as timestamps of the film.

    Attributes:
        start: Start time of the output in seconds, `Fraction`.
        stop: End time in seconds, or None for the end of the film.
        is_cut: Whether to drop everything before `start`.
        discontinuities: Sequence of `Discontinuity`.
        video_end: End time of the video in seconds.
    """

    start: Fraction
    stop: Fraction | None = None
    is_cut: bool = False
    discontinuities: tuple | list = ()
    video_end: Fraction = Fraction(0)

    def offset(self, time_base):
        """Return the start time in units of the given time base."""
        return round(self.start / time_base)

    def includes(self, time):
        """Return whether the range includes a packet at the given time in seconds."""
        return (not self.is_cut or time >= self.start) and (self.stop is None or time < self.stop)


def join(path, film, encoding, packets, span, comment):
    """Write the output file.

    Args:
        path: File to write; its suffix determines the container.
        film: Open `Film` whose other streams, chapters and metadata are copied.
        encoding: `Encoding` of the packets.
        packets: Iterable of `av.Packet` in decoding order; see `video_packets`.
        span: `Span`.
        comment: Text to add to the file's comment, or None.

    Returns:
        List of notes about dropped or re-encoded streams and lost packets.

    Raises:
        UserError: The container does not support the codec of an audio stream that cannot be
            re-encoded, or it rejects the packets.
        OSError: The film cannot be read to the end.
    """
    av, notes, clock = import_av(), [], CopiedClock(span.discontinuities)
    try:
        with av.open(ffmpeg_path(path), "w") as output:
            stream, copies = _add_streams(output, film, encoding, notes)
            _copy_metadata(film.container, output, comment)
            _copy_chapters(film, output, span)
            _write_header(output, film)
            _mux(output, stream, packets, _copied_packets(film, copies, span, clock, notes))
    except av.FFmpegError as error:
        raise _write_error(film, error) from error
    notes += [
        f"{counted(copy.num_damaged, 'audio packet')} could not be decoded"
        for copy in copies.values()
        if copy.num_damaged
    ]
    if clock.num_dropped:
        notes.append(
            f"{counted(clock.num_dropped, 'audio or subtitle packet')} with overlapping times "
            "could not be kept"
        )
    return notes


def _write_error(film, error):
    """Return the `OSError` or `UserError` for an `av.FFmpegError` raised while writing a film."""
    if is_disk_problem(error):
        return OSError(error.errno, error.strerror)
    return UserError(
        f"{quoted(film.path)}, whose streams could not be written to the output file "
        f"({one_line(error)})",
        "a film whose audio and subtitles are supported by the container of the output file",
        "Pass --output with a name that ends in .mkv, or remux the film and colorize the new file.",
    )


def check_container(path, film, encoding):
    """Check that a container supports the streams of a film.

    Args:
        path: Temporary file to write and delete; its suffix determines the container.
        film: Open `Film`.
        encoding: `Encoding`.

    Raises:
        UserError: The container cannot store a stream that must be kept.
    """
    try:
        with import_av().open(ffmpeg_path(path), "w") as output:
            _, copies = _add_streams(output, film, encoding, [])
            _write_header(output, film)
        for index, copy in copies.items():
            check_sound(copy, film.container.streams[index], film)
    finally:
        path.unlink(missing_ok=True)


def _add_streams(output, film, encoding, notes):
    """Add all streams; return the video stream and a dict from input index to copied stream."""
    stream = output.add_stream("libx264", rate=encoding.rate)
    encoding.configure(stream.codec_context)
    stream.metadata.update(lasting(film.stream.metadata))
    stream.disposition = film.stream.disposition
    copies = {other.index: add_copy(output, other, film, notes) for other in film.others}
    return stream, {index: copy for index, copy in copies.items() if copy is not None}


def _write_header(output, film):
    av = import_av()
    try:
        output.start_encoding()
    except (av.error.ArgumentError, av.error.InvalidDataError) as error:
        raise UserError(
            f"{quoted(film.path)}, whose streams cannot be stored in the output file "
            f"({output.format.name})",
            "a container that supports all streams of the film",
            "Pass --output with a name that ends in .mkv, or --format mkv.",
        ) from error


def video_packets(segments, timeline, offset):
    """Yield the `av.Packet`s of all segments with consistent timestamps.

    Each segment was encoded separately, so decoding timestamps must be reassigned. The nth packet
    in decoding order is decoded `_REORDER_DELAY` frames before the nth frame is displayed.

    Args:
        segments: Iterable of array dicts; see `Encoding.encode`.
        timeline: `Timeline`.
        offset: Value to subtract from all timestamps.
    """
    av = import_av()
    pts, durations = timeline.pts - offset, timeline.durations
    step = int(durations[0])
    earlier = pts[0] - step * np.arange(_REORDER_DELAY, 0, -1)
    dts, number = np.concatenate([earlier, pts]), 0
    for arrays in segments:
        stops = np.cumsum(arrays["sizes"])
        data = arrays["data"].tobytes()
        for start, stop, time, is_key in zip(
            stops - arrays["sizes"], stops, arrays["pts"], arrays["is_key"], strict=True
        ):
            packet = av.Packet(data[start:stop])
            packet.time_base = timeline.time_base
            packet.pts, packet.dts = int(time) - offset, int(dts[number])
            packet.duration = int(durations[np.searchsorted(timeline.pts, time)])
            packet.is_keyframe = bool(is_key)
            number += 1
            yield packet


def _copy_metadata(source, output, comment):
    output.metadata.update(lasting(source.metadata))
    if comment is not None:
        key = next((key for key in output.metadata if key.lower() == "comment"), "comment")
        former = output.metadata.get(key)
        output.metadata[key] = f"{former} | {comment}" if former else comment


def _copy_chapters(film, output, span):
    chapters = []
    for chapter in film.container.chapters():
        base = chapter["time_base"]
        start, stop = (Fraction(chapter[name]) * base for name in ("start", "end"))
        start = max(start, span.start)
        stop = stop if span.stop is None else min(stop, span.stop)
        if start < stop:
            times = {"start": round((start - span.start) / base)}
            times["end"] = round((stop - span.start) / base)
            chapters.append(chapter | times)
    if chapters:
        output.set_chapters(chapters)


def _mux(output, stream, packets, copied_packets):
    """Interleave video packets and copied packets by decoding time."""
    waiting = next(packets, None)
    for copied in copied_packets:
        while waiting is not None and _time(waiting) <= _time(copied):
            waiting.stream = stream
            output.mux_one(waiting)
            waiting = next(packets, None)
        output.mux_one(copied)
    while waiting is not None:
        waiting.stream = stream
        output.mux_one(waiting)
        waiting = next(packets, None)


def _time(packet):
    return packet.dts * packet.time_base


def _copied_packets(film, copies, span, clock, notes):
    """Yield the packets of the copied streams in file order; add a note if reading ends early."""
    av = import_av()
    if not copies:
        return
    if span.is_cut and not span.discontinuities:
        film.seek(span.start)  # If the container has no index, reading starts at the beginning.
    packets = film.container.demux([film.container.streams[index] for index in copies])
    last = span.start
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            break
        except av.FFmpegError as error:
            _check_end(film, last, span, error, notes)
            break
        if clock.correct(packet):
            last = last if packet.dts is None else max(last, packet.dts * packet.time_base)
            yield from copies[packet.stream.index].packets(packet, span)
    for copy in copies.values():
        yield from copy.rest()


def _check_end(film, last, span, error, notes):
    """Handle an error while reading the streams to copy; `last` is the latest time that was read.

    Raises:
        OSError: The streams were not read to the end, and reading them again may succeed.
    """
    if last + _TOLERANCE >= span.video_end:
        return  # The video also ends here, and the scan has reported any damage.
    if isinstance(error, OSError):
        raise OSError(error.errno, error.strerror, printable(film.path)) from error
    time = format_time(float(last - film.origin))
    notes.append(f"audio and subtitles after {time} were lost because the film is damaged there")
