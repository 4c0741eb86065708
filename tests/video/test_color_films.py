"""Tests for colorizing films: planes, timestamps, other streams and resumed runs."""

import io
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image
from video.films import (
    FilmWriter,
    av,
    lumas_of,
    moving_bars,
    packets_of,
    three_scenes,
    times_of,
)

from colorkeras.config.colorize_options import ColorizeOptions
from colorkeras.inference.batch.plan import BatchItem
from colorkeras.video.color_films import colorize_film
from colorkeras.video.film import is_cover_image
from colorkeras.video.film_frames import FrameSource
from colorkeras.video.film_options import FilmOptions
from colorkeras.video.film_scan import scan


@pytest.fixture
def color(unet, tmp_path):
    """Function that colorizes a film and returns the output path and the notes."""

    def run(source, target="color.mp4", options=None, **film_options):
        item = BatchItem(source, (tmp_path / target,))
        options = ColorizeOptions(**(options or {}))
        result = colorize_film(unet, item, options, FilmOptions(**film_options))
        assert result.error is None, result.error
        assert result.targets == [tmp_path / target]
        assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []
        return tmp_path / target, result.notes

    return run


def test_sound_subtitles_chapters_and_metadata_are_copied(color, tmp_path):
    writer = FilmWriter(
        sound="aac", subtitle="Hello", chapters=("One", "Two"), metadata={"title": "Rome"}
    )
    source = writer.write(tmp_path / "film.mkv", moving_bars(25))
    target, notes = color(source, "color.mkv")
    assert notes == []
    before, after = packets_of(source), packets_of(target)
    assert before.keys() == after.keys() == {0, 1, 2}
    assert before[1] == after[1] and before[2] == after[2]
    assert times_of(source) == times_of(target)
    with av.open(str(source)) as old, av.open(str(target)) as new:
        assert old.chapters() == new.chapters() and len(new.chapters()) == 2
        metadata = {key.lower(): value for key, value in new.metadata.items()}
        assert metadata["title"] == "Rome"
        assert "colorkeras" in metadata["comment"] and "model unet 1" in metadata["comment"]
        assert "algorithmicallyEnhanced" in metadata["comment"]


def test_what_a_container_cannot_hold_is_reported(color, tmp_path):
    writer = FilmWriter(sound="aac", subtitle="Hello")
    source = writer.write(tmp_path / "film.mkv", moving_bars(10))
    target, notes = color(source)
    assert packets_of(target).keys() == {0, 1}
    assert len(notes) == 1 and "stream 2 (subtitle, codec srt) was dropped" in notes[0]


def test_variable_frame_rates_are_kept(color, tmp_path):
    times = [0, 40, 100, 110, 500, 520, 560, 640, 641, 700]
    source = FilmWriter(times=times, sound="aac").write(tmp_path / "film.mp4", moving_bars(10))
    target, _ = color(source)
    assert times_of(target) == [Fraction(time, 1000) for time in times]
    assert packets_of(target)[1] == packets_of(source)[1]


LAYOUTS = [
    ("yuv420p", {"color_range": 1}, 8),
    ("yuv420p", {"color_range": 2, "colorspace": 1}, 8),
    ("yuv422p", {"color_range": 1, "colorspace": 1}, 8),
    ("yuv420p10le", {"color_range": 1}, 10),
]


@pytest.mark.parametrize(("pixel_format", "stream", "bits"), LAYOUTS)
def test_luma_range_and_bit_depth_are_kept(pixel_format, stream, bits, color, tmp_path):
    writer = FilmWriter(pixel_format=pixel_format, stream=stream)
    source = writer.write(tmp_path / "film.mp4", moving_bars(10))
    target, _ = color(source, options={"quality": 100, "saturation": 2.0})
    dtype = np.uint8 if bits == 8 else np.uint16
    before, after = lumas_of(source, dtype), lumas_of(target, dtype)
    error = np.abs(before.astype(float) - after)
    assert error.mean() < 2 ** (bits - 8)
    with av.open(str(target)) as film:
        context = film.streams.video[0].codec_context
        assert context.pix_fmt == ("yuv420p" if bits == 8 else "yuv420p10le") or bits == 8
        assert context.color_range == stream["color_range"]
        assert context.colorspace == stream.get("colorspace", 6)
        frame = next(film.decode(video=0))
    middle = 2 ** (bits - 1)
    chroma = np.frombuffer(frame.planes[1], dtype).astype(float) - middle
    assert np.abs(chroma).max() > 2 ** (bits - 8)


@pytest.mark.parametrize("rotation", [90, 180, -90])
def test_rotated_films_become_upright(rotation, color, tmp_path):
    frames = moving_bars(6)
    source = FilmWriter(rotation=rotation).write(tmp_path / "film.mp4", frames)
    target, _ = color(source, options={"quality": 100})
    expected = np.rot90(lumas_of(source), rotation // 90, axes=(1, 2))
    actual = lumas_of(target)
    assert actual.shape == expected.shape
    assert np.abs(actual.astype(float) - expected).mean() < 2
    with av.open(str(target)) as film:
        assert next(film.decode(video=0)).rotation == 0


def test_pixel_aspect_ratios_are_kept(color, tmp_path):
    writer = FilmWriter(stream={"sample_aspect_ratio": Fraction(16, 15)})
    target, _ = color(writer.write(tmp_path / "film.mp4", moving_bars(5)))
    with av.open(str(target)) as film:
        assert film.streams.video[0].sample_aspect_ratio == Fraction(16, 15)


def test_odd_sizes_are_padded(color, tmp_path):
    writer = FilmWriter(video="ffv1", pixel_format="yuv444p")
    source = writer.write(tmp_path / "film.mkv", moving_bars(5, 47, 63))
    target, notes = color(source, options={"quality": 100})
    assert len(notes) == 1 and "63x47" in notes[0]
    before, after = lumas_of(source), lumas_of(target)
    assert after.shape[1:] == (48, 64)
    assert np.abs(before.astype(float) - after[:, :47, :63]).mean() < 1


def interlaced(path, frames, **options):
    """Write a film whose odd rows come from the next frame."""
    woven = frames.copy()
    woven[:-1, 1::2] = frames[1:, 1::2]
    options = {"x264-params": "tff=1"} | options
    return FilmWriter(options=options, sound="aac").write(path, woven)


def combing(lumas):
    """Return the mean difference between rows and the means of their neighbors."""
    rows = np.asarray(lumas, float)
    return np.abs(rows[:, 1:-1] - (rows[:, :-2] + rows[:, 2:]) / 2).mean()


def test_interlaced_films_are_deinterlaced(color, tmp_path):
    source = interlaced(tmp_path / "film.mp4", moving_bars(12))
    target, notes = color(source)
    assert notes == ["it was interlaced and was deinterlaced"]
    assert times_of(target) == times_of(source)
    assert combing(lumas_of(target)) < 0.5 * combing(lumas_of(source))


def planes(path, timeline, first, stop):
    source = FrameSource(path, timeline, 1)
    found = np.stack(list(source.planes(first, stop)))
    source.close()
    return found


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mpg"])
def test_a_part_of_an_interlaced_film_is_deinterlaced_like_the_whole(suffix, tmp_path):
    if suffix == ".mpg":
        writer = FilmWriter(video="mpeg2video", options={"flags": "+ildct+ilme", "g": "6"})
        # The encoder reads undefined rows unless the height is a multiple of 32.
        frames = three_scenes(40)[:, :32]
        frames[:-1, 1::2] = frames[1:, 1::2].copy()
        source = writer.write(tmp_path / "film.mpg", frames)
    else:
        source = interlaced(tmp_path / f"film{suffix}", three_scenes(40), g="12")
    whole, part = scan(source, 1), scan(source, 1, 3.2, 0.4)
    assert whole.is_interlaced and part.is_interlaced and part.is_part
    expected = planes(source, whole, 80, 90)
    np.testing.assert_array_equal(planes(source, part, 0, 10), expected)
    assert combing(expected) < 0.5 * combing(lumas_of(source)[80:90])


def with_cover(path, silent):
    """Copy a film and add a cover image; return its content as a JPEG file."""
    stream = io.BytesIO()
    Image.fromarray(np.full([32, 32, 3], (200, 30, 40), np.uint8)).save(stream, "JPEG")
    with av.open(str(silent)) as film, av.open(str(path), "w") as output:
        copies = [output.add_stream_from_template(stream) for stream in film.streams]
        if path.suffix == ".mkv":
            output.add_attachment("cover.jpg", "image/jpeg", stream.getvalue())
        else:
            cover = output.add_stream("mjpeg", rate=1)
            cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
            cover.disposition = av.stream.Disposition.attached_pic
            packet = av.Packet(stream.getvalue())
            packet.stream, packet.time_base = cover, Fraction(1)
            packet.pts = packet.dts = 0
            output.mux(packet)
        for packet in film.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream_index]
                output.mux(packet)
    return stream.getvalue()


def covers_of(path):
    """Return the contents of a film's cover images."""
    with av.open(str(path)) as film:
        covers = [stream for stream in film.streams.video if is_cover_image(stream)]
        return [bytes(packet) for packet in film.demux(covers) if packet.size] if covers else []


@pytest.mark.parametrize("film_options", [{}, {"start": 0.8, "duration": 0.4}])
@pytest.mark.parametrize("target", [".mp4", ".mkv"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_cover_images_are_copied(suffix, target, film_options, color, tmp_path):
    writer = FilmWriter(sound="aac", options={"bf": "0"})
    silent = writer.write(tmp_path / f"silent{suffix}", moving_bars(30))
    source = tmp_path / f"film{suffix}"
    content = with_cover(source, silent)
    assert covers_of(source) == [content]
    colored, notes = color(source, f"color{target}", **film_options)
    assert covers_of(colored) == [content] and notes == []
    times = np.array(times_of(colored), float)
    assert len(times) == (10 if film_options else 30)
    np.testing.assert_allclose(np.diff(times), 0.04, atol=0.0011)
    whole, sound = (packets_of(path)[1] for path in (source, colored))
    assert {content for *_, content in sound} <= {content for *_, content in whole}
    assert len(sound) > len(times) * 40 / 22


def test_cover_images_that_a_container_cannot_hold_are_reported(color, tmp_path):
    silent = FilmWriter().write(tmp_path / "silent.mp4", moving_bars(5))
    with_cover(tmp_path / "film.mp4", silent)
    for target in ("color.mov", "color.m4v"):
        colored, notes = color(tmp_path / "film.mp4", target)
        assert covers_of(colored) == []
        assert len(notes) == 1 and "(video, codec mjpeg) was dropped" in notes[0]


def test_a_part_of_a_film(color, tmp_path):
    source = FilmWriter(sound="aac").write(tmp_path / "film.mp4", three_scenes())
    target, _ = color(source, start=1.0, duration=0.4)
    assert times_of(target) == [Fraction(40 * number, 1000) for number in range(10)]
    whole = lumas_of(source)[25:35].astype(float)
    assert np.abs(lumas_of(target) - whole).mean() < 3
    sound = packets_of(target)[1]
    contents = [content for _, _, content in packets_of(source)[1]]
    first = contents.index(sound[0][2])
    assert [content for _, _, content in sound] == contents[first : first + len(sound)]
    assert 0 <= sound[0][0] < 0.03 and 0.35 < sound[-1][0] < 0.45


def test_colored_films_are_replaced_or_kept(color, unet, tmp_path):
    frames = moving_bars(60)
    frames[:, :24, :, 0] //= 2
    frames[:, 24:, :, 2] //= 2
    source = FilmWriter().write(tmp_path / "film.mp4", frames)
    _, notes = color(source)
    assert notes == ["it was already in color; its colors were replaced"]
    item = BatchItem(source, (tmp_path / "other.mp4",))
    result = colorize_film(unet, item, ColorizeOptions(keep_colored=True), FilmOptions())
    assert (result.status, result.notes) == ("skipped", ["it is already in color"])
    assert not (tmp_path / "other.mp4").exists()


def test_a_finished_film_is_skipped(color, unet, tmp_path):
    source = FilmWriter().write(tmp_path / "film.mp4", moving_bars(5))
    target, _ = color(source)
    item = BatchItem(source, (target,))
    result = colorize_film(unet, item, ColorizeOptions(), FilmOptions())
    assert result.status == "skipped"
    result = colorize_film(unet, item, ColorizeOptions(saturation=0.5), FilmOptions())
    assert result.status == "failed" and "--overwrite" in result.error.fix


def test_scenes_in_parallel_give_the_same_packets(color, tmp_path, monkeypatch):
    monkeypatch.setattr("colorkeras.video.work_folder.MAX_FRAMES", 8)
    source = FilmWriter(sound="aac").write(tmp_path / "film.mp4", three_scenes())
    one, _ = color(source, "one.mp4", num_workers=1)
    three, _ = color(source, "three.mp4", num_workers=3)
    assert packets_of(one) == packets_of(three)
    assert len(times_of(one)) == 60


def test_progress_ends_with_all_frames(color, tmp_path):
    calls = []
    source = FilmWriter().write(tmp_path / "film.mp4", three_scenes())
    color(source, progress=lambda *arguments: calls.append(arguments))
    assert calls[-1] == ("Colorizing", 60, 60)
    assert ("Scanning", 60, 60) in calls
