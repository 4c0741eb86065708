"""Output streams other than the video: audio, subtitles, cover images and attachments."""

import io

from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import quoted
from colorkeras.video.film import import_av, is_cover_image, open_film
from colorkeras.video.sound import SoundEncoder, is_decodable, is_rarely_played

_MUXER_KEYS = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration"}
"""Lowercase metadata keys that describe the original file itself."""

_STATISTICS = ("_STATISTICS", "NUMBER_OF", "BPS")
"""Prefixes of Matroska's statistics keys."""

_OTHER_SUFFIXES = {".mkv": "matroska", ".mov": "mov"}
"""Containers that support more codecs than MP4, by suffix."""

_ATTACHMENTS = {"mjpeg": ("cover.jpg", "image/jpeg"), "png": ("cover.png", "image/png")}
"""File names and MIME types of cover images in Matroska, by codec."""


class CopiedStream:
    """Output stream with packets copied from the film without re-encoding.

    Args:
        stream: `av.stream.Stream` of the output container.
    """

    num_damaged = 0

    def __init__(self, stream):
        self.stream = stream

    def packets(self, packet, span):
        """Yield the packet with its timestamps adjusted to the output, if the span includes it.

        Args:
            packet: `av.Packet` after `CopiedClock.correct`.
            span: `remuxing.Span`.
        """
        # The demuxer ends each stream with an empty packet.
        if packet.dts is None or not packet.size:
            return
        pts = packet.dts if packet.pts is None else packet.pts
        if not span.includes(pts * packet.time_base):
            return
        offset = span.offset(packet.time_base)
        packet.dts -= offset
        if packet.pts is not None:
            packet.pts -= offset
        packet.stream = self.stream
        yield packet

    def rest(self):
        """Return an empty iterator, because no packets are buffered; see `SoundEncoder.rest`."""
        return iter(())


class CoverImage(CopiedStream):
    """Output stream for a cover image, which is copied regardless of the time range."""

    def packets(self, packet, span):
        """Yield the packet with its timestamps set to 0; see `CopiedStream.packets`."""
        if packet.size:
            packet.pts = packet.dts = 0
            packet.stream = self.stream
            yield packet


def add_copy(output, stream, film, notes):
    """Add an output stream for a stream of the film.

    Args:
        output: `av.container.OutputContainer`.
        stream: `av.stream.Stream` of the film.
        film: `Film`.
        notes: List to which notes about dropped and re-encoded streams are appended.

    Returns:
        `CopiedStream` or `SoundEncoder`; None if there are no packets to write: the container does
        not support the stream, or it stores the cover image in its header.
    """
    codec = stream.codec_context.name if stream.codec_context else "unknown"
    name = f"stream {stream.index} ({stream.type}, codec {codec})"
    try:
        if is_cover_image(stream):
            return _add_cover(output, stream, film)
        copy = CopiedStream(_template_copy(output, stream))
    except (ValueError, LookupError) as error:
        if stream.type != "audio":
            notes.append(f"{name} was dropped: {one_line(error)}")
            return None
        try:
            copy = SoundEncoder(output, stream)
        except ValueError:
            raise _sound_error(film, stream, one_line(error)) from error
        notes.append(f"{name} was re-encoded as AAC: {one_line(error)}")
    copy.stream.metadata.update(lasting(stream.metadata))
    copy.stream.disposition = stream.disposition
    return copy


def check_sound(copy, stream, film):
    """Raise `UserError` if `copy` re-encodes a stream that cannot be decoded."""
    if isinstance(copy, SoundEncoder) and not is_decodable(film, stream):
        raise _sound_error(film, stream, "it cannot be decoded")


def _add_cover(output, stream, film):
    """Add a cover image; raise `ValueError` if the container does not support it."""
    if output.format.name == "mov":
        raise ValueError("'mov' does not support cover images")
    if output.format.name != "matroska":
        copy = output.add_stream_from_template(stream, opaque=True)
        copy.disposition = stream.disposition
        return CoverImage(copy)
    codec = stream.codec_context.name
    if codec not in _ATTACHMENTS:
        raise ValueError(f"'matroska' does not support cover images of codec {codec!r}")
    name, kind = _ATTACHMENTS[codec]
    with open_film(film.path, float("inf")) as opened:
        packets = opened.container.demux(opened.container.streams[stream.index])
        output.add_attachment(name, kind, bytes(next(packets)))
    return None


def _template_copy(output, stream):
    """Add a copy of a stream to an output; raise `ValueError` if the output does not support it."""
    container = output.format.name
    if stream.type == "data" or (stream.type == "attachment" and "matroska" not in container):
        raise ValueError(f"{container!r} does not support this type of stream")
    if stream.type == "audio" and is_rarely_played(output, stream):
        raise ValueError(f"few players support {stream.codec_context.name!r} in {container!r}")
    return output.add_stream_from_template(stream, opaque=True)


def _sound_error(film, stream, reason):
    suffixes = [suffix for suffix in _OTHER_SUFFIXES if _supports(suffix, stream)]
    return UserError(
        f"{quoted(film.path)}, whose audio cannot be stored in the output file ({reason})",
        "a container that supports the audio codec, or audio that FFmpeg can decode",
        f"Pass --output with a name that ends in {suffixes[0]}, or --format {suffixes[0][1:]}."
        if suffixes
        else "Convert the audio, for example to AAC, before colorizing the film.",
    )


def _supports(suffix, stream):
    """Return whether a container supports the codec of a stream."""
    with import_av().open(io.BytesIO(), "w", format=_OTHER_SUFFIXES[suffix]) as output:
        try:
            output.add_stream_from_template(stream, opaque=True)
        except ValueError:
            return False
        return True


def lasting(metadata):
    """Return the metadata without keys that describe the original file itself."""
    return {
        key: value
        for key, value in metadata.items()
        if key.lower() not in _MUXER_KEYS and not key.startswith(_STATISTICS)
    }
