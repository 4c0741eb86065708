"""Tests for batches of films: file names, previews, progress bars and durations."""

import io
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from video.films import FilmWriter, lumas_of, moving_bars, three_scenes

import colorkeras
from colorkeras.cli import colorize_films
from colorkeras.config.colorize_options import ColorizeOptions
from colorkeras.inference.batch.plan import BatchItem
from colorkeras.inference.color_hints import Hint, HintList
from colorkeras.utils.errors import UserError
from colorkeras.video import color_films, film_frames, preview
from colorkeras.video.entry import color_film
from colorkeras.video.film_options import FilmOptions


def preview_of(model, source, target, **fields):
    item = BatchItem(source, (target,), **fields)
    result = color_film(model, item, ColorizeOptions(), FilmOptions(is_preview=True))
    assert result.error is None, result.error
    with Image.open(target) as sheet:
        return np.asarray(sheet.convert("YCbCr")).astype(float), result.notes


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such file names")
@pytest.mark.parametrize("is_preview", [False, True])
def test_file_names_may_be_invalid_utf8(is_preview, unet, tmp_path):
    written = FilmWriter(sound="aac").write(tmp_path / "film.mp4", moving_bars(6))
    source = written.rename(tmp_path / os.fsdecode(b"caf\xe9.mp4"))
    target = tmp_path / os.fsdecode(b"caf\xe9_color" + (b".png" if is_preview else b".mp4"))
    item = BatchItem(source, (target,))
    result = color_film(unet, item, ColorizeOptions(), FilmOptions(is_preview=is_preview))
    assert result.error is None, result.error
    assert target.exists() and (is_preview or len(lumas_of(target)) == 6)


def test_a_preview_applies_hints_to_their_scene_only(tmp_path):
    model = colorkeras.load("photo")
    source = FilmWriter().write(tmp_path / "film.mkv", three_scenes())
    hints = HintList([Hint(32, 40, "#7a1f2b", radius=6, time=0.9)])
    plain, _ = preview_of(model, source, tmp_path / "plain.png")
    hinted, notes = preview_of(model, source, tmp_path / "hinted.png", hints=hints)
    red = (hinted - plain)[..., 2]
    assert np.abs(red[:48, :64]).max() == 0 and np.abs(red[50:]).max() == 0
    assert red[38:42, 70:].max() > 5 and notes == []


def test_a_preview_mentions_unused_hints(tmp_path):
    source = FilmWriter().write(tmp_path / "film.mkv", moving_bars(5))
    hints = HintList([Hint(32, 40, "#7a1f2b", time=9.0)])
    model = colorkeras.load("photo")
    _, notes = preview_of(model, source, tmp_path / "sheet.png", hints=hints)
    assert notes == ["ignored 1 hint outside the time range of the output"]


@pytest.mark.parametrize("is_preview", [False, True])
def test_files_are_closed_after_errors(is_preview, unet, tmp_path, monkeypatch):
    closed = []

    class Source(film_frames.FrameSource):
        def close(self):
            closed.append(self)
            super().close()

        def planes(self, first, stop):
            raise UserError("a film", "another film", "Choose another one.")

    for module in (preview, color_films):
        monkeypatch.setattr(module, "FrameSource", Source)
    source = FilmWriter().write(tmp_path / "film.mp4", moving_bars(5))
    target = tmp_path / ("sheet.png" if is_preview else "color.mp4")
    item = BatchItem(source, (target,))
    result = color_film(unet, item, ColorizeOptions(), FilmOptions(is_preview=is_preview))
    assert result.status == "failed" and len(closed) == 1


def test_seconds_do_not_include_waiting_for_other_films(unet, tmp_path):
    source = FilmWriter().write(tmp_path / "film.mp4", moving_bars(3))
    waiting, results = threading.Event(), []

    def first_film(stage, finished, total):
        waiting.set()
        time.sleep(0.5)

    def color(name, options):
        item = BatchItem(source, (tmp_path / name,))
        results.append(color_film(unet, item, ColorizeOptions(), options))

    options = FilmOptions(progress=first_film)
    thread = threading.Thread(target=color, args=("first.mp4", options))
    thread.start()
    assert waiting.wait(60)
    color("second.mp4", FilmOptions())
    thread.join()
    first, second = results
    assert first.seconds > 2 and second.seconds < first.seconds - 1


def test_each_film_has_its_own_progress_bar(monkeypatch):
    """Films whose stages alternate must not replace each other's bars."""
    bars, both = [], threading.Barrier(2)

    class Bar(colorize_films.tqdm):
        def __init__(self, *args, **kwargs):
            bars.append(self)
            self.updates = []
            super().__init__(*args, **kwargs | {"file": io.StringIO()})

        def update(self, n=1):
            self.updates.append(n)
            return super().update(n)

    def films(model, item, options, film_options):
        for finished in range(1, 4):
            for stage in ("Scanning", "Colorizing")[: 1 + (finished == 3)]:
                both.wait(10)
                film_options.stage(stage)(finished, 3)

    monkeypatch.setattr(colorize_films, "tqdm", Bar)
    monkeypatch.setattr(colorize_films, "color_film", films)
    monkeypatch.setattr(colorize_films, "is_film", lambda path: True)
    options = type("Options", (), dict.fromkeys(("start", "duration", "preview")))
    options.workers = "2"
    colorizer = colorize_films.FilmColorizer(options)
    items = [BatchItem(Path(f"{name}.mp4"), ()) for name in "ab"]
    threads = [threading.Thread(target=colorizer, args=(None, item, None)) for item in items]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [bar.updates for bar in bars if bar.desc == "Scanning"] == [[1, 1, 1], [1, 1, 1]]
    assert [bar.updates for bar in bars if bar.desc == "Colorizing"] == [[3], [3]]
    assert all(bar.disable for bar in bars)  # A closed bar is disabled.
