"""Open and validate films."""

import contextlib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from colorkeras import image_io
from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import quoted

MAX_SIDE = 16_384
"""Maximum width and height in pixels that the encoder supports."""

MAX_RATE = 1000
"""Maximum mean frame rate in frames per second."""

_ARBITRARY_CLOCKS = {"mpegts", "mpeg"}
"""Container formats whose timestamps start at an arbitrary value; the output starts at zero."""

_UNORDERED_CODECS = {"h264", "hevc"}
"""Codecs for which FFmpeg does not derive the display order from the decoding order."""


def import_av():
    """Import PyAV.

    Raises:
        UserError: PyAV or OpenCV is not installed.
    """
    try:
        import av
        import cv2  # noqa: F401
    except ImportError as error:
        raise UserError(
            f"a film, but PyAV or OpenCV cannot be imported ({one_line(error)})",
            "an installation with the 'video' extra",
            "pip install 'colorkeras[video]'",
        ) from error
    return av


def ffmpeg_path(path):
    """Return the absolute path as str, because FFmpeg mistakes names like 10:15.mp4 for URLs."""
    return str(Path(path).absolute())


@dataclass(frozen=True)
class Film:
    """An open film.

    Attributes:
        path: Path of the file.
        container: `av.container.InputContainer`.
        stream: `av.VideoStream` to colorize.
    """

    path: Path
    container: Any
    stream: Any

    @property
    def others(self):
        """Streams that are not colorized, such as audio, subtitles and cover images."""
        return [each for each in self.container.streams if each.index != self.stream.index]

    @property
    def time_base(self):
        """Unit of the video stream's timestamps in seconds, as a `Fraction`."""
        return self.stream.time_base

    @property
    def rate(self):
        """Mean frame rate in frames per second according to the container, or 25 if unknown."""
        rate = self.stream.average_rate or self.stream.guessed_rate
        return rate if rate and 0 < rate <= MAX_RATE else Fraction(25)

    @property
    def has_arbitrary_clock(self):
        """Whether the container's timestamps start at an arbitrary value."""
        return bool(set(self.container.format.name.split(",")) & _ARBITRARY_CLOCKS)

    @property
    def has_only_decoding_times(self):
        """Whether timestamps give the decoding order of frames instead of their display order.

        AVI does not store presentation timestamps.
        """
        context = self.stream.codec_context
        is_avi = self.container.format.name == "avi"
        return is_avi and context.has_b_frames and context.name in _UNORDERED_CODECS

    @property
    def has_fixed_times(self):
        """Whether the timestamps of frames are unaffected by seeking.

        MPEG program streams store no timestamps for most frames, so FFmpeg interpolates them.
        """
        return self.container.format.name != "mpeg" and not self.has_only_decoding_times

    @property
    def origin(self):
        """Start time in seconds, as a `Fraction`; 0 unless timestamps have an arbitrary origin."""
        if not self.has_arbitrary_clock:
            return Fraction(0)
        return Fraction(self.container.start_time or 0, 1_000_000)

    @property
    def end(self):
        """End time of the video in seconds according to the container, or None if unknown."""
        if self.stream.duration is not None:
            return (self.stream.start_time or 0) * self.time_base + (
                self.stream.duration * self.time_base
            )
        if self.container.duration is not None:
            return Fraction((self.container.start_time or 0) + self.container.duration, 1_000_000)
        return None

    def seek(self, seconds):
        """Seek to the last key frame at or before a time and return whether this succeeded."""
        try:
            self.container.seek(int(seconds / self.time_base), stream=self.stream)
        except import_av().FFmpegError:
            return False
        return True


@contextlib.contextmanager
def open_film(path, max_megapixels=image_io.MAX_MEGAPIXELS):
    """Open a film, yield it as a `Film`, and close it on exit.

    Args:
        path: Video file.
        max_megapixels: Maximum size of a frame in megapixels.

    Raises:
        UserError: The file is missing, is not a film, is encrypted, has no video stream that FFmpeg
            can decode, or has frames that are too large.
    """
    av = import_av()
    try:
        # Damaged metadata tags must not prevent colorization.
        container = av.open(ffmpeg_path(path), metadata_errors="replace")
    except (av.FFmpegError, OSError) as error:
        raise UserError(
            f"{quoted(path)}, which cannot be opened as a film ({one_line(error)})",
            "a complete video file in a format that FFmpeg supports",
            "Check that it plays in a video player, or choose another file.",
        ) from error
    with container:
        stream = _main_stream(path, container)
        film = Film(Path(path), container, stream)
        _check_size(film, max_megapixels)
        yield film


def is_cover_image(stream):
    """Return whether a stream is a cover image and not part of the film itself."""
    return bool(stream.disposition & type(stream.disposition).attached_pic)


def _main_stream(path, container):
    """Return the first video stream that is not a cover image."""
    streams = [stream for stream in container.streams.video if not is_cover_image(stream)]
    if not streams:
        raise UserError(
            f"{quoted(path)}, which contains no video stream",
            "a file with a video stream",
            "Choose another file.",
        )
    stream = streams[0]
    if stream.codec_context is None:
        raise UserError(
            f"{quoted(path)}, whose video codec is unknown",
            "a codec that FFmpeg can decode",
            "Convert the film, for example to H.264.",
        )
    if stream.codec_context.codec_tag == "encv":
        raise encrypted_error(path)
    return stream


def encrypted_error(path):
    """Return a `UserError` for an encrypted film."""
    return UserError(
        f"{quoted(path)}, which is encrypted",
        "a film without copy protection",
        "Choose another file.",
    )


def _check_size(film, max_megapixels):
    width, height = film.stream.width, film.stream.height
    if width * height > max_megapixels * 1_000_000 or max(width, height) > MAX_SIDE:
        raise UserError(
            f"{quoted(film.path)}, whose frames are {width}x{height} pixels",
            f"at most {max_megapixels:g} megapixels, with sides of at most {MAX_SIDE} pixels",
            "Downscale the film, or raise --max-megapixels.",
        )
