"""Tests for films whose timestamps are missing, discontinuous or irregular."""

import errno
from fractions import Fraction

import numpy as np
import pytest
from video.films import FilmWriter, av, lumas_of, moving_bars, packets_of, three_scenes, times_of

from colorkeras.config.colorize_options import ColorizeOptions
from colorkeras.inference.batch.plan import BatchItem
from colorkeras.video import remuxing
from colorkeras.video.color_films import colorize_film
from colorkeras.video.film_options import FilmOptions
from colorkeras.video.film_scan import scan


def joined(parts, path):
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def part(path, num_frames=75, first=0):
    """Write a transport stream whose clock begins at a time in milliseconds."""
    times = [first + 40 * number for number in range(num_frames)]
    writer = FilmWriter(times=times, sound="mp2")
    return writer.write(path, moving_bars(num_frames))


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video"])
def test_clocks_that_restart_are_continued(codec, tmp_path):
    one = FilmWriter(video=codec).write(tmp_path / "part.ts", moving_bars(75))
    timeline = scan(joined([one] * 3, tmp_path / "film.ts"), 1)
    assert len(timeline.pts) == 225
    assert {round(float(step * timeline.time_base), 3) for step in timeline.durations} == {0.04}
    assert len(timeline.discontinuities) == 2 and not timeline.is_seekable
    assert timeline.notes == [
        "its timestamps were incomplete or out of order and have been corrected"
    ]


def test_clocks_that_skip_forward_are_continued(tmp_path):
    parts = [part(tmp_path / "a.ts", 25), part(tmp_path / "b.ts", 25, 500_000)]
    timeline = scan(joined(parts, tmp_path / "film.ts"), 1)
    assert timeline.seconds(50) == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_sound_stays_in_sync_where_clocks_restart(suffix, unet, tmp_path):
    source = joined([part(tmp_path / "part.ts", 50)] * 2, tmp_path / "film.ts")
    item = BatchItem(source, (tmp_path / f"color{suffix}",))
    result = colorize_film(unet, item, ColorizeOptions(), FilmOptions())
    assert result.error is None, result.error
    target = item.results[0]
    video = times_of(target)
    assert video[-1] - video[0] == pytest.approx(99 * 0.04, abs=0.002)
    sound = [float(time) for time, _, _ in packets_of(target)[1]]
    for times in (np.array(video, float), sound):
        assert np.diff(times).min() > 0 and np.diff(times).max() < 0.06
        assert times[-1] == pytest.approx(4.0, abs=0.1)
    contents = [content for _, _, content in packets_of(source)[1]]
    copied = [content for _, _, content in packets_of(target)[1]]
    assert len(contents) - 4 <= len(copied) <= len(contents)


@pytest.mark.parametrize(
    ("suffix", "video", "subtitle_codec"),
    [(".ts", "mpeg2video", "dvb_subtitle"), (".mkv", "libx264", "subrip")],
)
def test_subtitles_stay_in_sync_where_clocks_restart(suffix, video, subtitle_codec, unet, tmp_path):
    writer = FilmWriter(video=video, subtitle="Subtitle", subtitle_codec=subtitle_codec)
    one = writer.write(tmp_path / f"part{suffix}", moving_bars(50))
    source = joined([one] * 2, tmp_path / f"film{suffix}")
    item = BatchItem(source, (tmp_path / "color.mkv",))
    result = colorize_film(unet, item, ColorizeOptions(), FilmOptions())
    assert result.error is None, result.error
    target = item.results[0]
    np.testing.assert_allclose(np.diff(np.array(times_of(target), float)), 0.04, atol=0.0011)
    subtitles = packets_of(target)[1]
    np.testing.assert_allclose([float(time) for time, *_ in subtitles], [0.1, 2.1], atol=0.05)
    assert all(b"Subtitle" in content for *_, content in subtitles)


def test_films_without_display_times(unet, tmp_path):
    """AVI stores only decoding times, which differ from display times if there are B-frames."""
    source = FilmWriter(options={"bf": "3"}).write(tmp_path / "film.avi", moving_bars(50))
    whole, part = (BatchItem(source, (tmp_path / f"{name}.mkv",)) for name in ("whole", "part"))
    for item, options in ((whole, FilmOptions()), (part, FilmOptions(start=1.0, duration=0.4))):
        result = colorize_film(unet, item, ColorizeOptions(), options)
        assert result.error is None, result.error
        times = np.array(times_of(item.results[0]), float)
        np.testing.assert_allclose(np.diff(times), 0.04, atol=0.0011)
    expected, lumas = lumas_of(source).astype(float), lumas_of(whole.results[0])
    assert len(lumas) == 50 and np.abs(lumas - expected).mean() < 3
    lumas = lumas_of(part.results[0])
    # FFmpeg's times for the first frame of such films are one frame late.
    assert len(lumas) == 10 and np.abs(lumas - expected[24:34]).mean() < 3


def test_a_part_of_a_joined_film(unet, tmp_path):
    parts = [FilmWriter(sound="mp2").write(tmp_path / "a.ts", three_scenes(25))] * 2
    source = joined(parts, tmp_path / "film.ts")
    item = BatchItem(source, (tmp_path / "color.mkv",))
    options = FilmOptions(start=4.0, duration=0.4)
    result = colorize_film(unet, item, ColorizeOptions(), options)
    assert result.error is None, result.error
    expected = lumas_of(source)[100:110].astype(float)
    assert np.abs(lumas_of(item.results[0]) - expected).mean() < 3
    sound = packets_of(item.results[0])[1]
    assert 0 <= sound[0][0] < 0.05 and 0.3 < sound[-1][0] < 0.45


def test_start_of_a_film_without_timestamps(tmp_path):
    source = FilmWriter().write(tmp_path / "film.h264", moving_bars(50))
    timeline = scan(source, 1, start=1.0, duration=0.4)
    assert (timeline.num_before, len(timeline.pts)) == (25, 10)


def test_the_last_frame_ends_at_the_next(tmp_path):
    times = [0, 40, 100, 500, 540, 2000, 2040]
    source = FilmWriter(times=times).write(tmp_path / "film.mp4", moving_bars(7))
    for duration, expected in ((0.3, 200), (0.5, 400), (0.52, 20), (10.0, 40)):
        timeline = scan(source, 1, duration=duration)
        assert timeline.last_duration * timeline.time_base == Fraction(expected, 1000)


def test_a_scan_stops_before_the_first_frame_of_the_range(tmp_path):
    source = FilmWriter().write(tmp_path / "film.h264", moving_bars(50))
    calls = []

    def progress(finished, total):
        calls.append(finished)
        if len(calls) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan(source, 1, start=1.0, progress=progress)
    assert calls == [0, 0, 0]


def test_errors_while_joining_mention_the_film(unet, tmp_path, monkeypatch):
    source = FilmWriter().write(tmp_path / "film.mp4", moving_bars(5))
    item = BatchItem(source, (tmp_path / "color.mp4",))

    def fails(*arguments):
        raise av.error.ArgumentError(22, "Invalid argument", "color.mp4")

    monkeypatch.setattr(remuxing, "_mux", fails)
    result = colorize_film(unet, item, ColorizeOptions(), FilmOptions())
    assert "film.mp4" in result.error.received and "Invalid argument" in result.error.received
    assert "image" not in str(result.error)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]  # Resuming would fail again.


def test_a_full_disk_while_joining_keeps_the_segments(unet, tmp_path, monkeypatch):
    source = FilmWriter().write(tmp_path / "film.mp4", moving_bars(5))
    item = BatchItem(source, (tmp_path / "color.mp4",))

    def fails(*arguments):
        raise av.error.FFmpegError(errno.ENOSPC, "No space left on device", "color.mp4")

    with monkeypatch.context() as patch:
        patch.setattr(remuxing, "_mux", fails)
        result = colorize_film(unet, item, ColorizeOptions(), FilmOptions())
        assert "No space left" in result.error.received
    assert [path.name for path in tmp_path.glob(".color*/[0-9]*")] == ["00000000.npz"]
    result = colorize_film(unet, item, ColorizeOptions(), FilmOptions())
    assert result.error is None, result.error
