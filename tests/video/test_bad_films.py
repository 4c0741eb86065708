"""Tests for films that cannot be colorized, or only in part."""

import errno
import shutil

import numpy as np
import pytest
from video.films import FilmWriter, av, lumas_of, moving_bars, packets_of, three_scenes

from colorkeras.config.colorize_options import ColorizeOptions
from colorkeras.inference.batch.plan import BatchItem
from colorkeras.video.color_films import colorize_film
from colorkeras.video.film_options import FilmOptions
from colorkeras.video.film_scan import scan


def sound_only(folder):
    path = FilmWriter(sound="aac").write(folder / "full.mp4", moving_bars(5))
    with av.open(str(path)) as film, av.open(str(folder / "film.mp4"), "w") as output:
        copy = output.add_stream_from_template(film.streams.audio[0])
        for packet in film.demux(film.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = copy
                output.mux(packet)
    return folder / "film.mp4"


def without_frames(folder):
    path = folder / "film.mkv"
    with av.open(str(path), "w") as output:
        output.add_stream("libx264", rate=25).width = 64
        output.start_encoding()
    return path


def with_undecodable_frames(folder):
    path = FilmWriter(video="ffv1").write(folder / "full.mkv", moving_bars(5))
    with av.open(str(path)) as film, av.open(str(folder / "film.mkv"), "w") as output:
        copy = output.add_stream_from_template(film.streams.video[0])
        for number in range(5):
            packet = av.Packet(b"\xff" * 40)
            packet.stream, packet.time_base = copy, copy.time_base
            packet.pts = packet.dts = 40 * number
            output.mux(packet)
    return folder / "film.mkv"


def text(folder):
    (folder / "film.mp4").write_text("not a film")
    return folder / "film.mp4"


def empty(folder):
    (folder / "film.mp4").touch()
    return folder / "film.mp4"


def without_index(folder):
    path = FilmWriter().write(folder / "film.mp4", moving_bars(30))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def changing_size(folder):
    parts = [
        FilmWriter(video="mpeg2video").write(folder / f"{width}.mpg", moving_bars(8, 48, width))
        for width in (64, 96)
    ]
    path = folder / "film.mpg"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def endless(folder):
    times = [0, 40, 49 * 3600 * 1000]
    return FilmWriter(times=times).write(folder / "film.mkv", moving_bars(3))


def encrypted(folder):
    container = {
        "encryption_scheme": "cenc-aes-ctr",
        "encryption_key": "00112233445566778899aabbccddeeff",
        "encryption_kid": "00112233445566778899aabbccddeeff",
    }
    return FilmWriter(container=container).write(folder / "film.mp4", moving_bars(10))


def large(folder):
    return FilmWriter().write(folder / "film.mp4", moving_bars(3, 160, 320))


BAD = [
    (sound_only, "no video stream"),
    (without_frames, "cannot be opened as a film"),
    (with_undecodable_frames, "no frame can be decoded"),
    (text, "cannot be opened as a film"),
    (empty, "cannot be opened as a film"),
    (without_index, "cannot be opened as a film"),
    (changing_size, "changes from 64x48 to 96x48 pixels"),
    (endless, "span 49 hours"),
    (encrypted, "encrypted"),
    (large, "320x160 pixels"),
]


@pytest.mark.parametrize(("make", "reason"), BAD, ids=lambda value: getattr(value, "__name__", ""))
def test_films_that_cannot_be_colored(make, reason, unet, tmp_path):
    source = make(tmp_path)
    before = sorted(tmp_path.iterdir())
    options = ColorizeOptions(max_megapixels=0.04)
    item = BatchItem(source, (tmp_path / "color.mp4",))
    result = colorize_film(unet, item, options, FilmOptions())
    assert result.status == "failed" and reason in result.error.received
    assert source.name in result.error.received and result.error.fix
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("suffix", "fix"), [("mp4", "Pass --output with a name that ends in .mkv"), ("m4v", ".mkv")]
)
def test_sound_that_can_be_neither_copied_nor_decoded(suffix, fix, unet, tmp_path):
    source = FilmWriter(sound="tta").write(tmp_path / "film.mkv", moving_bars(10))
    for _, _, content in packets_of(source)[1]:
        damaged = source.read_bytes().replace(content, b"\xff" * len(content))
        source.write_bytes(damaged)
    item = BatchItem(source, (tmp_path / f"color.{suffix}",))
    result = colorize_film(unet, item, ColorizeOptions(), FilmOptions())
    assert result.status == "failed" and "it cannot be decoded" in result.error.received
    assert fix in result.error.fix
    assert [path.name for path in tmp_path.iterdir()] == ["film.mkv"]
    item = BatchItem(source, (tmp_path / "color.mkv",))
    result = colorize_film(unet, item, ColorizeOptions(), FilmOptions())
    assert result.status == "done" and packets_of(source)[1] == packets_of(item.results[0])[1]


def test_truncated_films_are_colored_to_their_end(unet, tmp_path):
    whole = FilmWriter(sound="aac").write(tmp_path / "whole.mkv", moving_bars(100, 96, 128))
    source = tmp_path / "film.mkv"
    source.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    item = BatchItem(source, (tmp_path / "color.mkv",))
    result = colorize_film(unet, item, ColorizeOptions(), FilmOptions())
    assert result.status == "done" and "may be incomplete" in " ".join(result.notes)
    colored = lumas_of(item.results[0])
    assert 20 < len(colored) < 100
    assert np.abs(colored - lumas_of(source)[: len(colored)].astype(float)).mean() < 3


def test_damaged_packets_are_reported(unet, tmp_path):
    whole = FilmWriter(options={"g": "10"}).write(tmp_path / "film.mkv", moving_bars(60, 96, 128))
    content = bytearray(whole.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    whole.write_bytes(content)
    item = BatchItem(whole, (tmp_path / "color.mkv",))
    result = colorize_film(unet, item, ColorizeOptions(), FilmOptions())
    assert result.status == "done" and result.notes


def test_damage_is_counted(tmp_path):
    writer = FilmWriter(video="ffv1", options={"g": "1"})
    source = writer.write(tmp_path / "film.mkv", moving_bars(5))
    content = packets_of(source)[0][2][2]
    source.write_bytes(source.read_bytes().replace(content, b"\xff" * len(content)))
    assert scan(source, 1).notes == [
        "it is damaged: 1 packet could not be decoded, and errors were found in 0 frames"
    ]


def test_a_range_outside_the_film(unet, tmp_path):
    source = FilmWriter().write(tmp_path / "film.mp4", moving_bars(10))
    item = BatchItem(source, (tmp_path / "color.mp4",))
    result = colorize_film(unet, item, ColorizeOptions(), FilmOptions(start=100.0))
    assert result.status == "failed" and "--start 00:01:40.000" in result.error.received
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_a_full_disk_leaves_no_output_and_the_run_continues(unet, tmp_path, monkeypatch):
    monkeypatch.setattr("colorkeras.video.work_folder.MAX_FRAMES", 8)
    source = FilmWriter().write(tmp_path / "film.mp4", three_scenes())
    item = BatchItem(source, (tmp_path / "color.mp4",))
    savez, calls = np.savez, []

    def fails(stream, **arrays):
        calls.append(stream)
        if len(calls) == 5:
            raise OSError(errno.ENOSPC, "No space left on device")
        savez(stream, **arrays)

    monkeypatch.setattr(np, "savez", fails)
    result = colorize_film(unet, item, ColorizeOptions(), FilmOptions())
    assert result.status == "failed" and "No space left" in result.error.received
    assert not item.results[0].exists()
    result = colorize_film(unet, item, ColorizeOptions(), FilmOptions())
    assert result.status == "done"
    num_segments = 9
    assert len(calls) == 1 + num_segments + 1  # The timeline, all segments, and the failed write.


def test_a_film_is_not_colored_twice_at_once(unet, tmp_path):
    source = FilmWriter().write(tmp_path / "film.mp4", moving_bars(10))
    item = BatchItem(source, (tmp_path / "color.mp4",))
    inner = []

    def progress(stage, finished, total):
        if stage == "Colorizing" and not inner:
            from colorkeras.video.work_folder import WorkFolder

            inner.append(None)
            with pytest.raises(Exception, match="another process"):
                WorkFolder(item.results[0], {}).__enter__()

    result = colorize_film(unet, item, ColorizeOptions(), FilmOptions(progress=progress))
    assert result.status == "done" and inner


def test_films_without_seekable_timestamps(unet, tmp_path, monkeypatch):
    """In joined transport streams, clocks restart."""
    monkeypatch.setattr("colorkeras.video.work_folder.MAX_FRAMES", 8)
    part = FilmWriter(video="mpeg2video").write(tmp_path / "part.ts", three_scenes(10))
    source = tmp_path / "film.ts"
    with source.open("wb") as stream:
        for _ in range(2):
            with part.open("rb") as again:
                shutil.copyfileobj(again, stream)
    item = BatchItem(source, (tmp_path / "color.mp4",))
    result = colorize_film(unet, item, ColorizeOptions(), FilmOptions(num_workers=2))
    assert result.error is None
    before, after = lumas_of(source), lumas_of(item.results[0])
    assert len(before) == len(after) == 60
    assert np.abs(before.astype(float) - after).mean() < 3
