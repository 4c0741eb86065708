"""Test films, written with PyAV."""

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import pytest

av = pytest.importorskip("av", reason="requires the 'video' extra")
pytest.importorskip("cv2", reason="requires the 'video' extra")

MILLISECONDS = Fraction(1, 1000)


def moving_bars(num_frames, height=48, width=64, scene=0):
    """Return RGB frames of a bar that moves across a gradient, uint8 `[n, h, w, 3]`."""
    ramp = np.linspace(40, 160, width)[np.newaxis].repeat(height, 0)
    column = np.linspace(20, 200, height)[:, np.newaxis].repeat(width, 1)
    ramp = [ramp, ramp[:, ::-1], column][scene % 3]
    frames = []
    for number in range(num_frames):
        gray = ramp.copy()
        gray[height // 4 : height // 2, (2 * number) % width :][:, :8] = 220
        frames.append(gray.astype(np.uint8))
    return np.repeat(np.stack(frames)[..., np.newaxis], 3, axis=-1)


def three_scenes(num_frames=20):
    """Return three scenes of moving bars."""
    return np.concatenate([moving_bars(num_frames, scene=scene) for scene in range(3)])


@dataclass
class FilmWriter:
    """Writer of test films.

    Attributes:
        times: Timestamps of the frames in milliseconds; None for 25 frames per second.
        video: Name of the video codec.
        sound: Name of a sound codec, or None.
        subtitle: Subtitle text, or None.
        subtitle_codec: Name of the subtitle codec.
        chapters: Titles of half-second chapters.
        metadata: Container metadata.
        pixel_format: FFmpeg's name for the pixel format.
        stream: Video stream attributes.
        options: Video codec options.
        container: Container options.
    """

    times: list | None = None
    video: str = "libx264"
    sound: str | None = None
    subtitle: str | None = None
    subtitle_codec: str = "subrip"
    chapters: tuple = ()
    metadata: dict = field(default_factory=dict)
    pixel_format: str = "yuv420p"
    stream: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)
    container: dict = field(default_factory=dict)
    rotation: int = 0
    is_interlaced: bool = False

    def write(self, path, frames):
        """Write RGB frames `[n, h, w, 3]`; return the path."""
        times = self.times or [40 * number for number in range(len(frames))]
        with av.open(str(path), "w", options=self.container) as output:
            video = output.add_stream(self.video, rate=25, options=self.options)
            height, width = frames[0].shape[:2]
            context = video.codec_context
            context.width, context.height, context.pix_fmt = width, height, self.pixel_format
            if self.times:
                context.time_base = MILLISECONDS
            for name, value in self.stream.items():
                setattr(context, name, value)
            if self.rotation:
                video.set_display_rotation(self.rotation)
            output.metadata.update(self.metadata)
            sound = self.sound and output.add_stream(self.sound, rate=48000, layout="stereo")
            text = self.subtitle and output.add_mux_stream(self.subtitle_codec)
            if self.chapters:
                output.set_chapters(list(self._chapters()))
            if text:
                packet = av.Packet(self.subtitle.encode())
                packet.stream, packet.time_base = text, MILLISECONDS
                packet.pts = packet.dts = 100
                packet.duration = 300
                output.mux(packet)
            for time, frame in zip(times, frames, strict=True):
                output.mux(video.encode(self._frame(frame, time)))
            output.mux(video.encode(None))
            if sound:
                self._write_sound(output, sound, times[-1] + 40)
        return path

    def _frame(self, pixels, time):
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        color_range = self.stream.get("color_range", 1)
        colorspace = "ITU709" if self.stream.get("colorspace") == 1 else "ITU601"
        frame = frame.reformat(
            format=self.pixel_format, dst_color_range=color_range, dst_colorspace=colorspace
        )
        frame.pts, frame.time_base = time, MILLISECONDS
        return frame

    def _chapters(self):
        for number, title in enumerate(self.chapters):
            yield {
                "id": number + 1,
                "start": 500 * number,
                "end": 500 * (number + 1),
                "time_base": MILLISECONDS,
                "metadata": {"title": title},
            }

    def _write_sound(self, output, stream, milliseconds):
        resampler = av.AudioResampler(stream.format, "stereo", 48000, stream.frame_size or 1024)
        samples = np.sin(np.arange(48 * milliseconds) / 20) * 8000
        frame = av.AudioFrame.from_ndarray(
            np.repeat(samples.astype(np.int16), 2)[np.newaxis], format="s16", layout="stereo"
        )
        frame.sample_rate, frame.pts, frame.time_base = 48000, 0, Fraction(1, 48000)
        for resampled in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(resampled))
        output.mux(stream.encode(None))


def packets_of(path):
    """Return a film's packets as `{stream index: [(pts, duration, content)]}`, in seconds."""
    found = {}
    with av.open(str(path)) as film:
        for packet in film.demux():
            if packet.size and packet.dts is not None:
                base = packet.time_base
                entry = (packet.pts * base, (packet.duration or 0) * base, bytes(packet))
                found.setdefault(packet.stream.index, []).append(entry)
    return found


def times_of(path):
    """Return the sorted timestamps of a film's video packets in seconds, as `Fraction`s."""
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        packets = [packet for packet in film.demux(stream) if packet.pts is not None]
        return sorted(packet.pts * packet.time_base for packet in packets)


def lumas_of(path, dtype=np.uint8):
    """Return a film's decoded luma samples, `[n, h, w]`."""
    with av.open(str(path)) as film:
        planes = []
        for frame in film.decode(film.streams.video[0]):
            rows = np.frombuffer(frame.planes[0], dtype).reshape(frame.height, -1)
            planes.append(rows[:, : frame.width].copy())
        return np.stack(planes)
