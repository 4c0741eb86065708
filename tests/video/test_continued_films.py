"""Tests that killed runs resume after the finished segments and produce the same packets.

pytest -m faults tests/video/test_continued_films.py --kills 10
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from video.films import FilmWriter, lumas_of, moving_bars, packets_of, three_scenes

import colorkeras
from colorkeras.config.colorize_options import ColorizeOptions
from colorkeras.inference.batch.plan import BatchItem
from colorkeras.video import color_films
from colorkeras.video.color_films import colorize_film
from colorkeras.video.film_options import FilmOptions

SEGMENT = 8

PROGRAM = f"""
import sys, time
from colorkeras.video import work_folder
work_folder.MAX_FRAMES = {SEGMENT}
save = work_folder.WorkFolder.save_segment
def slow_save(self, segment, arrays):
    save(self, segment, arrays)
    time.sleep(0.2)
work_folder.WorkFolder.save_segment = slow_save
from colorkeras.cli import main
sys.exit(main(["colorize", "film.mp4", "--model", "unet", "--workers", "2"]))
"""


def start(folder):
    path = str(Path(colorkeras.__file__).parents[1])
    environment = os.environ | {"PYTHONPATH": path}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=folder, env=environment, stderr=subprocess.PIPE
    )


def finished(folder):
    """Return the modification times of finished segments by name."""
    return {path.name: path.stat().st_mtime_ns for path in folder.glob(".film_color.*/[0-9]*.npz")}


@pytest.fixture
def film(tmp_path):
    return FilmWriter(sound="aac").write(tmp_path / "film.mp4", three_scenes())


@pytest.fixture
def short_segments(monkeypatch):
    monkeypatch.setattr("colorkeras.video.work_folder.MAX_FRAMES", SEGMENT)


@pytest.mark.faults
def test_killed_at_any_moment(short_segments, unet, tmp_path, pytestconfig):
    kills = pytestconfig.getoption("--kills")
    # At most two segments, one for each worker, are finished before each kill.
    film = FilmWriter(sound="aac").write(tmp_path / "film.mp4", three_scenes(SEGMENT * kills))
    item = BatchItem(film, (tmp_path / "whole.mp4",))
    assert colorize_film(unet, item, ColorizeOptions(), FilmOptions()).error is None
    random, known = np.random.default_rng(0), {}
    for _ in range(kills):
        process = start(tmp_path)
        count = len(known)
        while process.poll() is None and len(finished(tmp_path)) == count:
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.1))
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        now = finished(tmp_path)
        assert known.items() <= now.items()  # No finished segment is rewritten.
        known = now
    process = start(tmp_path)
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert packets_of(tmp_path / "film_color.mp4") == packets_of(tmp_path / "whole.mp4")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "film.mp4",
        "film_color.mp4",
        "whole.mp4",
    ]


def test_finished_segments_are_not_colored_again(film, short_segments, unet, tmp_path, monkeypatch):
    whole, item = (BatchItem(film, (tmp_path / f"{name}.mp4",)) for name in ("whole", "color"))
    assert colorize_film(unet, whole, ColorizeOptions(), FilmOptions()).error is None
    colored = []

    class Counting(color_films.SceneColorizer):
        def colorize(self, *arguments):
            for chroma in super().colorize(*arguments):
                colored.append(None)
                if len(colored) == 30:
                    raise MemoryError
                yield chroma

    monkeypatch.setattr(color_films, "SceneColorizer", Counting)
    result = colorize_film(unet, item, ColorizeOptions(), FilmOptions())
    assert result.status == "failed" and not item.results[0].exists()
    num_finished = len(colored)
    result = colorize_film(unet, item, ColorizeOptions(), FilmOptions())
    assert result.error is None
    # At most one segment was unfinished.
    assert len(colored) - num_finished <= 60 - (num_finished - SEGMENT)
    assert packets_of(item.results[0]) == packets_of(whole.results[0])


def test_segments_overlap(film, short_segments, unet, tmp_path, monkeypatch):
    """Later frames of the scene affect the last colors of a segment."""
    ranges, planes = [], color_films.FrameSource.planes

    def recorded(self, first, stop):
        ranges.append((first, stop))
        return planes(self, first, stop)

    monkeypatch.setattr(color_films.FrameSource, "planes", recorded)
    monkeypatch.setattr(color_films, "MAX_FRAMES_AHEAD", 10)
    item = BatchItem(film, (tmp_path / "color.mp4",))
    assert colorize_film(unet, item, ColorizeOptions(), FilmOptions()).error is None
    # Scenes of 20 frames have three segments.
    assert ranges[:4] == [(0, 16), (6, 20), (13, 20), (20, 36)]
    assert len(lumas_of(item.results[0])) == 60


def test_other_settings_start_again(film, short_segments, unet, tmp_path):
    item = BatchItem(film, (tmp_path / "color.mp4",))

    def stop(stage, finished, total):
        if finished == 40 and stage == "Colorizing":
            raise MemoryError

    result = colorize_film(unet, item, ColorizeOptions(), FilmOptions(progress=stop))
    assert result.status == "failed"
    calls = []
    options = ColorizeOptions(saturation=0.0)
    progress = FilmOptions(progress=lambda *arguments: calls.append(arguments))
    assert colorize_film(unet, item, options, progress).error is None
    assert ("Scanning", 60, 60) in calls
    assert len(lumas_of(item.results[0])) == 60


def test_stopped_films_end_soon(film, unet, tmp_path):
    options = FilmOptions()
    options.stopped.set()
    item = BatchItem(film, (tmp_path / "color.mp4",))
    with pytest.raises(KeyboardInterrupt):
        colorize_film(unet, item, ColorizeOptions(), options)
    assert not item.results[0].exists()


def test_memory_does_not_depend_on_the_length(unet, tmp_path, monkeypatch):
    """Only look-ahead frames are in memory at the same time."""
    source = FilmWriter().write(tmp_path / "film.mp4", moving_bars(120))
    waiting, colored = [], []
    planes = color_films.FrameSource.planes

    def counted(self, first, stop):
        for plane in planes(self, first, stop):
            waiting.append(plane)
            yield plane

    class Watching(color_films.SceneColorizer):
        def colorize(self, *arguments):
            for chroma in super().colorize(*arguments):
                assert len(waiting) - len(colored) <= 16
                colored.append(chroma)
                yield chroma

    monkeypatch.setattr(color_films.FrameSource, "planes", counted)
    monkeypatch.setattr(color_films, "SceneColorizer", Watching)
    item = BatchItem(source, (tmp_path / "color.mp4",))
    assert colorize_film(unet, item, ColorizeOptions(), FilmOptions()).error is None
