"""Tests for the sound of colorized films: copied where possible, otherwise re-encoded."""

import contextlib
import dataclasses
import errno
import itertools

import numpy as np
import pytest
from video.films import FilmWriter, av, moving_bars, packets_of, times_of

from colorkeras.config.colorize_options import ColorizeOptions
from colorkeras.inference.batch.plan import BatchItem
from colorkeras.video import color_films
from colorkeras.video.color_films import colorize_film
from colorkeras.video.film import open_film
from colorkeras.video.film_options import FilmOptions

RATE = 48000


@pytest.fixture
def color(unet, tmp_path):
    """Function that colorizes a film and returns the output path and the notes."""

    def run(source, suffix, **film_options):
        item = BatchItem(source, (tmp_path / f"color{suffix}",))
        result = colorize_film(unet, item, ColorizeOptions(), FilmOptions(**film_options))
        assert result.error is None, result.error
        return item.results[0], result.notes

    return run


def sound_of(path):
    """Return the first time in seconds and the samples `[channels, n]` of a film's sound."""
    with av.open(str(path)) as film:
        resampler = av.AudioResampler("fltp", "stereo", RATE)
        frames = [
            part for frame in film.decode(audio=0) for part in resampler.resample(frame)
        ] + resampler.resample(None)
        return float(frames[0].pts * frames[0].time_base), np.concatenate(
            [frame.to_ndarray() for frame in frames if frame], axis=1
        )


def similarity(samples, expected, delay):
    """Return the correlation of samples with those at a delay in seconds, accurate to 1 ms."""
    correlations = []
    for shift in range(round(delay * RATE) - 48, round(delay * RATE) + 49, 4):
        first = max(0, -shift)
        length = min(samples.shape[1] - first, expected.shape[1] - shift - first) - 2048
        parts = samples[:, first:][:, :length], expected[:, first + shift :][:, :length]
        correlations.append(np.corrcoef(*(part.ravel() for part in parts))[0, 1])
    return max(correlations)


COPIED = [
    ("aac", ".mkv", ".mp4"),
    ("libmp3lame", ".avi", ".mp4"),
    ("ac3", ".mkv", ".mov"),
    ("pcm_s16le", ".avi", ".mkv"),
    ("pcm_s16le", ".avi", ".mov"),
    ("pcm_s16le", ".mp4", ".mp4"),
]


@pytest.mark.parametrize(("codec", "source", "target"), COPIED)
def test_supported_sound_is_copied(codec, source, target, color, tmp_path):
    writer = FilmWriter(sound=codec, options={"bf": "0"})
    film = writer.write(tmp_path / f"film{source}", moving_bars(10))
    colored, notes = color(film, target)
    before, after = (packets_of(path)[1] for path in (film, colored))
    assert [content for *_, content in before] == [content for *_, content in after]
    times = [[float(time) for time, *_ in packets] for packets in (before, after)]
    np.testing.assert_allclose(*times, atol=0.002)
    assert not [note for note in notes if "stream" in note]


ENCODED = [
    ("pcm_s16le", ".avi", ".mp4"),
    ("pcm_s16le", ".mkv", ".m4v"),
    ("pcm_alaw", ".avi", ".mkv"),
    ("adpcm_ms", ".avi", ".mp4"),
    ("adpcm_ms", ".nut", ".mkv"),
    ("tta", ".mkv", ".mov"),
]


@pytest.mark.parametrize(("codec", "source", "target"), ENCODED)
def test_other_sound_is_encoded_again(codec, source, target, color, tmp_path):
    writer = FilmWriter(sound=codec, options={"bf": "0"})
    film = writer.write(tmp_path / f"film{source}", moving_bars(30))
    colored, notes = color(film, target)
    assert f"stream 1 (audio, codec {codec}) was re-encoded as AAC" in " ".join(notes)
    with av.open(str(colored)) as output:
        [stream] = output.streams.audio
        assert (stream.codec_context.name, stream.rate) == ("aac", RATE)
        assert stream.codec_context.layout.name == "stereo"
    # Packets of AAC contain 1,024 samples and follow each other.
    times = [float(time) for time, *_ in packets_of(colored)[1]]
    np.testing.assert_allclose(np.diff(times), 1024 / RATE, atol=0.0011)
    (start, expected), (new_start, samples) = sound_of(film), sound_of(colored)
    assert abs(samples.shape[1] - expected.shape[1]) <= 2048
    assert similarity(samples, expected, new_start - start) > 0.99
    np.testing.assert_allclose(samples.std(), expected.std(), rtol=0.1)
    np.testing.assert_allclose(np.diff(np.array(times_of(colored), float)), 0.04, atol=0.0011)


def test_a_part_of_the_sound_is_encoded_again(color, tmp_path):
    film = FilmWriter(sound="pcm_s16le").write(tmp_path / "film.mkv", moving_bars(75))
    colored, _ = color(film, ".mp4", start=1.0, duration=0.8)
    start, samples = sound_of(colored)
    assert abs(start) < 0.03 and abs(samples.shape[1] / RATE - 0.8) < 0.05
    _, whole = sound_of(film)
    assert similarity(samples, whole, start + 1.0) > 0.99


def test_damaged_sound_is_reported(color, tmp_path):
    film = FilmWriter(sound="tta").write(tmp_path / "film.mkv", moving_bars(150))
    content = packets_of(film)[1][2][2]
    film.write_bytes(film.read_bytes().replace(content, b"\xff" * len(content)))
    colored, notes = color(film, ".mp4")
    assert notes[-1] == "1 audio packet could not be decoded"
    assert len(packets_of(colored)[1]) > 100


class Unreadable:
    """Container that cannot be read beyond a number of packets."""

    def __init__(self, container, num_packets, error):
        self._container, self._num_packets, self._error = container, num_packets, error

    def __getattr__(self, name):
        return getattr(self._container, name)

    def demux(self, streams):
        yield from itertools.islice(self._container.demux(streams), self._num_packets)
        raise self._error


IO_ERROR = av.error.OSError(errno.EIO, "Input/output error")
INVALID = av.error.InvalidDataError(errno.EINVAL, "Invalid data")


@pytest.mark.parametrize(
    ("error", "num_packets", "status", "text"),
    [
        (IO_ERROR, 40, "failed", "Input/output error"),
        (IO_ERROR, 120, "done", None),
        (INVALID, 40, "done", "audio and subtitles after 00:00:00.8"),
        (INVALID, 120, "done", None),
    ],
)
def test_sound_that_cannot_be_read_to_its_end(
    error, num_packets, status, text, unet, tmp_path, monkeypatch
):
    @contextlib.contextmanager
    def opened(path, max_megapixels):
        with open_film(path, max_megapixels) as film:
            container = Unreadable(film.container, num_packets, error)
            is_join = max_megapixels == float("inf")
            yield dataclasses.replace(film, container=container) if is_join else film

    monkeypatch.setattr(color_films, "open_film", opened)
    film = FilmWriter(sound="aac").write(tmp_path / "film.mkv", moving_bars(75))
    item = BatchItem(film, (tmp_path / "color.mkv",))
    result = color_films.colorize_film(unet, item, ColorizeOptions(), FilmOptions())
    assert result.status == status and item.results[0].exists() == (status == "done")
    messages = result.notes if result.error is None else [result.error.received]
    assert [text in message for message in messages] == [True] * (text is not None)
    # The film can be finished once it is readable again.
    assert bool(list(tmp_path.glob(".*.segments/*.npz"))) == (status == "failed")


def test_unusual_rates_and_channels(color, tmp_path):
    """AAC supports neither a rate of 6,000 Hz nor unnamed layouts."""
    path = tmp_path / "film.avi"
    silent = FilmWriter().write(tmp_path / "silent.avi", moving_bars(25))
    with av.open(str(silent)) as plain, av.open(str(path), "w") as output:
        video = output.add_stream_from_template(plain.streams.video[0])
        sound = output.add_stream("pcm_s16le", rate=6000, layout="mono")
        for packet in plain.demux(video=0):
            if packet.dts is not None:
                packet.stream = video
                output.mux(packet)
        frame = av.AudioFrame.from_ndarray(
            np.zeros([1, 6000], np.int16), format="s16", layout="mono"
        )
        frame.sample_rate = 6000
        output.mux([*sound.encode(frame), *sound.encode(None)])
    colored, _ = color(path, ".mp4")
    with av.open(str(colored)) as film:
        context = film.streams.audio[0].codec_context
        assert (context.sample_rate, context.layout.name) == (7350, "mono")
