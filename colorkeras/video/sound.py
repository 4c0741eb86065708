"""Re-encoding of audio streams that the output container does not support."""

import itertools

from colorkeras.video.film import import_av

CODEC = "aac"
"""Audio codec that all output containers support."""

_BIT_RATE = 96_000
"""Bit rate per channel in bits per second."""

_LAYOUTS = ("mono", "stereo", "2.1", "4.0", "5.0", "5.1", "6.1", "7.1")
"""Channel layouts assumed for 1 to 8 channels if the file does not specify a layout."""

_NUM_PROBED = 100
"""Number of packets to try before considering an audio stream undecodable."""

_RARELY_PLAYED = ("pcm_", "vorbis")
"""Name prefixes of audio codecs that few players support in MP4."""


def is_rarely_played(output, stream):
    """Return whether few players support an audio stream in the output container.

    FFmpeg can write PCM and Vorbis to MP4, but few players support them. If the input is already an
    MP4 file, the result is False.
    """
    if output.format.name != "mp4" or "mp4" in stream.container.format.name.split(","):
        return False
    return bool(stream.codec_context) and stream.codec_context.name.startswith(_RARELY_PLAYED)


class SoundEncoder:
    """Output stream that re-encodes an audio stream as AAC.

    Args:
        output: `av.container.OutputContainer`, to which the output stream is added.
        stream: `av.AudioStream` to re-encode.

    Attributes:
        stream: The output stream, `av.AudioStream`.
        num_damaged: Number of packets that could not be decoded.

    Raises:
        ValueError: The codec is unknown.
    """

    def __init__(self, output, stream):
        context = stream.codec_context
        if context is None or not context.sample_rate or not context.layout.nb_channels:
            raise ValueError("the audio codec is unknown")
        rates, layout = import_av().Codec(CODEC, "w").audio_rates, context.layout
        rate = min(rates, key=lambda rate: (abs(rate - context.sample_rate), rate))
        name = layout.name
        if name == f"{layout.nb_channels} channels" and layout.nb_channels <= len(_LAYOUTS):
            name = _LAYOUTS[layout.nb_channels - 1]
        self.stream = output.add_stream(CODEC, rate=rate, layout=name)
        self.stream.bit_rate = _BIT_RATE * layout.nb_channels
        self.num_damaged = 0

    def packets(self, packet, span):
        """Decode a packet and yield all encoded packets that are ready.

        Args:
            packet: `av.Packet` from the film; an empty packet marks the end of the stream.
            span: `remuxing.Span`; frames outside it are dropped.
        """
        for frame in self._decoded(packet):
            if frame.pts is None or not span.includes(frame.pts * frame.time_base):
                continue
            frame.pts -= span.offset(frame.time_base)
            yield from self.stream.encode(frame)

    def rest(self):
        """Yield the remaining encoded packets."""
        yield from self.stream.encode(None)

    def _decoded(self, packet):
        try:
            return packet.decode()
        except import_av().FFmpegError:
            self.num_damaged += 1
            return []


def is_decodable(film, stream):
    """Return whether any of the first packets of an audio stream can be decoded."""
    error = import_av().FFmpegError
    try:
        for packet in itertools.islice(film.container.demux(stream), _NUM_PROBED):
            try:
                if packet.decode():
                    return True
            except error:
                continue
    except error:
        pass
    return False
