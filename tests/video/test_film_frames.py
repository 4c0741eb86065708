"""Tests that frames are found again at any position in a film."""

import dataclasses

import numpy as np
import pytest
from video.films import FilmWriter, lumas_of, moving_bars

from colorkeras.utils.errors import UserError
from colorkeras.video.film import Film
from colorkeras.video.film_frames import FrameSource
from colorkeras.video.film_scan import scan

NUM_FRAMES = 300


def noisy_bars():
    """Return moving bars with noise, so that frames differ and extend over several packets."""
    noise = np.random.default_rng(0).normal(0, 6, [NUM_FRAMES, 96, 128, 1])
    return np.clip(moving_bars(NUM_FRAMES, 96, 128) + noise, 0, 255).astype(np.uint8)


def planes(path, timeline, first):
    """Return three frames that a new `FrameSource` reads."""
    with FrameSource(path, timeline, 1) as source:
        return np.stack([plane.copy() for plane in source.planes(first, first + 3)])


FILMS = {
    "film.mpg": FilmWriter(video="mpeg1video"),
    "b_frames.mpg": FilmWriter(video="mpeg1video", sound="mp2", options={"bf": "1"}),
    "dvd.vob": FilmWriter(video="mpeg2video", sound="ac3", options={"bf": "2", "g": "15"}),
    "film.ts": FilmWriter(video="mpeg2video", sound="mp2", options={"bf": "2"}),
    "film.mkv": FilmWriter(),
    "film.avi": FilmWriter(),
}


@pytest.mark.parametrize("name", FILMS)
def test_frames_at_any_position(name, tmp_path):
    path = FILMS[name].write(tmp_path / name, noisy_bars())
    expected = lumas_of(path)
    assert len(expected) == NUM_FRAMES
    for start in (0.0, 4.0):
        timeline = scan(path, 1, start)
        before = len(expected) - len(timeline.pts)
        assert timeline.num_before in (before, None)
        for first in range(0, len(timeline.pts) - 3, 20):
            number = before + first
            actual = planes(path, timeline, first)
            np.testing.assert_array_equal(actual, expected[number : number + 3], str(number))


def test_recent_frames_are_not_decoded_again(tmp_path, monkeypatch):
    path = FilmWriter().write(tmp_path / "film.mkv", noisy_bars()[:60])
    expected, calls, restart = lumas_of(path), [], FrameSource._restart
    monkeypatch.setattr(FrameSource, "_restart", lambda *args: calls.append(args) or restart(*args))
    with FrameSource(path, scan(path, 1), 1) as source:
        for first, stop in ((0, 20), (8, 30), (20, 28), (45, 50), (46, 52)):
            planes = np.stack([plane.copy() for plane in source.planes(first, stop)])
            np.testing.assert_array_equal(planes, expected[first:stop])
        assert len(calls) == 1
        list(source.planes(30, 31))
        assert len(calls) == 2


@pytest.fixture
def film(tmp_path):
    return FilmWriter().write(tmp_path / "film.mkv", moving_bars(100))


def test_frames_are_counted_if_seeking_fails(film, monkeypatch):
    monkeypatch.setattr(Film, "seek", lambda film, seconds: False)
    timeline = scan(film, 1, start=1.0)
    assert timeline.num_before == 25
    np.testing.assert_array_equal(planes(film, timeline, 40), lumas_of(film)[65:68])


def test_frames_are_counted_if_their_times_differ(film):
    timeline = scan(film, 1)
    timeline = dataclasses.replace(timeline, pts=timeline.pts + 1)
    np.testing.assert_array_equal(planes(film, timeline, 40), lumas_of(film)[40:43])


def test_frames_that_are_not_found_again(film):
    timeline = scan(film, 1, start=3.0)
    assert timeline.num_before is None
    timeline = dataclasses.replace(timeline, pts=timeline.pts + 1)
    with pytest.raises(UserError, match="was not found again"):
        planes(film, timeline, 0)
