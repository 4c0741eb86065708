"""Tests for `colorkeras colorize` with films."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from video.films import FilmWriter, av, lumas_of, moving_bars, three_scenes, times_of

from colorkeras import cli
from colorkeras.inference.batch import film_names


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Function that runs the command with `unet` in a folder with a film and two images."""
    monkeypatch.chdir(tmp_path)
    Path("scans").mkdir()
    FilmWriter(sound="aac").write("scans/film.mkv", three_scenes())
    Image.fromarray(np.full([20, 30], 120, np.uint8)).save("scans/a.jpg")
    Path("scans/b.mp4").write_text("not a film")

    def colorize(words, model="unet"):
        try:
            status = cli.main(["colorize", "--model", model, *words.split()])
        except SystemExit as stop:
            status = stop.code
        return status, *capsys.readouterr()

    return colorize


def test_one_film(run):
    status, output, errors = run("scans/film.mkv")
    assert (status, output) == (cli.DONE, "scans/film_color.mkv\n"), errors
    assert len(times_of("scans/film_color.mkv")) == 60
    status, output, _ = run("scans/film.mkv")
    assert status == cli.DONE and "skipped because its output file already exists" in output


def test_films_and_images_in_a_folder(run):
    status, output, errors = run("scans -o color --report report.csv")
    assert status == cli.FAILED and "2 done, 0 skipped, 1 failed" in output
    assert "Colorizing 3 files with unet" in errors
    assert "'scans/b.mp4', which cannot be opened as a film" in errors
    assert {path.name for path in Path("color").iterdir()} == {"a.jpg", "film.mkv"}
    with Path("report.csv").open(newline="") as file:
        statuses = {row["source"]: row["status"] for row in csv.DictReader(file)}
    assert statuses == {"scans/a.jpg": "done", "scans/b.mp4": "failed", "scans/film.mkv": "done"}


def test_films_in_folders_are_ignored_without_the_extra(run, monkeypatch):
    monkeypatch.setattr("colorkeras.inference.batch.find.can_read_films", lambda: False)
    status, output, _ = run("scans -o color --report report.csv")
    assert status == cli.DONE and "2 ignored" in output
    assert "it is a film; install the 'video' extra" in Path("report.csv").read_text()


def test_a_part_in_another_container(run):
    words = "scans/film.mkv -o part.mp4 --start 00:00:01 --duration 0.4 --saturation 0 --no-mark"
    status, output, errors = run(words)
    assert (status, output) == (cli.DONE, "part.mp4\n"), errors
    assert len(times_of("part.mp4")) == 10
    with av.open("part.mp4") as film:
        assert "comment" not in film.metadata
        frame = next(film.decode(video=0)).to_ndarray(format="rgb24")
    assert np.ptp(frame.astype(int), axis=-1).max() <= 3


def test_a_preview_shows_each_scene(run):
    status, output, errors = run("scans/film.mkv --preview")
    assert (status, output) == (cli.DONE, "scans/film_preview.jpg\n"), errors
    with Image.open("scans/film_preview.jpg") as sheet:
        assert sheet.width == 2 * 64 + 8 and sheet.height > 2 * 48
    status, output, _ = run("scans/film.mkv --preview -o sheet.png")
    assert (status, output) == (cli.DONE, "sheet.png\n")


@pytest.mark.parametrize("output", ["", " -o sheets", " -o sheet.png"])
def test_previews_do_not_replace_each_other(run, output):
    FilmWriter().write("scans/film.mp4", moving_bars(3))
    words = f"scans/film.mkv scans/film.mp4 --preview --overwrite{output}"
    status, output, errors = run(words)
    assert status == cli.FAILED and "1 done, 0 skipped, 1 failed" in output
    assert "which have the same output file" in errors


def test_names_may_look_like_addresses(run):
    FilmWriter(sound="aac").write(Path("scans/film.mp4").absolute(), moving_bars(3))
    Path("scans/film.mp4").rename("10:15.mp4")
    status, output, errors = run("10:15.mp4")
    assert (status, output) == (cli.DONE, "10:15_color.mp4\n"), errors


def test_quality_changes_the_size(run):
    for quality in (30, 90):
        run(f"scans/film.mkv -o {quality}.mkv --quality {quality}")
    assert Path("30.mkv").stat().st_size < Path("90.mkv").stat().st_size


def test_hints_apply_to_the_scene_at_their_time(run):
    hint = {"x": 32, "y": 40, "color": "#7a1f2b", "radius": 6, "time": 0.9}
    content = {"version": 1, "width": 64, "height": 48, "hints": [hint]}
    Path("hints.json").write_text(json.dumps(content))
    run("scans/film.mkv -o plain.mkv", "photo")
    status, _, errors = run("scans/film.mkv -o hinted.mkv --hints hints.json", "photo")
    assert status == cli.DONE, errors

    def red(path):
        with av.open(path) as film:
            planes = [np.frombuffer(f.planes[2], np.uint8) for f in film.decode(video=0)]
        return np.array([plane.mean() for plane in planes])

    change = red("hinted.mkv") - red("plain.mkv")
    assert change[24:39].min() > 1
    assert np.abs(change[:20]).max() < 0.5 and np.abs(change[40:]).max() < 0.5
    assert np.abs(lumas_of("hinted.mkv") - lumas_of("plain.mkv").astype(float)).mean() < 1


UNUSABLE = [
    ("scans/film.mkv --variations 2", "--variations for the film 'scans/film.mkv'", "an image"),
    ("scans/film.mkv --side-by-side", "--side-by-side for the film", "an image"),
    ("scans --gallery g.html", "--gallery for the film", "an image"),
    ("scans/film.mkv --keep-tone", "--keep-tone for the film", "an image"),
    ("scans/film.mkv --straighten", "--straighten for the film", "an image"),
    ("scans/film.mkv --crop-borders", "--crop-borders for the film", "an image"),
    ("scans/a.jpg --preview", "--preview for 'scans/a.jpg', which is not a film", "a film"),
    ("scans/a.jpg --start 1", "--start for 'scans/a.jpg'", "a film"),
    ("scans --duration 1", "--duration for 'scans/a.jpg'", "a film"),
    ("scans/film.mkv --start 1:2:3:4", "--start '1:2:3:4'", "HH:MM:SS or seconds"),
    ("scans/film.mkv --duration 0", "--duration 0", "more than 0 seconds"),
    ("scans/film.mkv -o new.avi", "'new.avi' for a film", ".mp4, .mkv"),
    ("scans/film.mkv -o new.jpg", "'new.jpg' for a film", ".mp4, .mkv"),
    ("scans/a.jpg -o new.mp4", "'new.mp4'", ".jpg"),
    ("scans/a.jpg --format mkv", "--format 'mkv' for images", "jpg"),
    ("scans/film.mkv --format jpg", "--format 'jpg' for films", "mkv"),
]


@pytest.mark.parametrize(("words", "received", "expected"), UNUSABLE)
def test_unusable_options_change_nothing(run, words, received, expected):
    before = sorted(Path().rglob("*"))
    status, _, errors = run(words)
    assert status == cli.UNUSABLE
    assert received in errors and expected in errors and "Fix: " in errors
    assert sorted(Path().rglob("*")) == before


def test_films_are_recognized_by_their_content(run, tmp_path):
    Path("scans/film.mkv").rename("scans/film")
    FilmWriter().write("scans/film.mp4", moving_bars(3))
    Path("scans/film.mp4").rename("scans/other.data")
    Path("scans/code.ts").write_text("export const answer = 42\n")
    assert film_names.is_film("scans/film") and film_names.is_film("scans/other.data")
    assert not film_names.is_film("scans/code.ts") and not film_names.is_film("scans/a.jpg")
    for brand in (b"crx ", b"heim", b"hevx", b"avis"):
        Path("scans/image").write_bytes(b"\0\0\0\x18ftyp" + brand + bytes(300))
        assert not film_names.is_film("scans/image"), brand
    status, output, errors = run("scans/film")
    assert (status, output) == (cli.DONE, "scans/film_color.mp4\n"), errors
