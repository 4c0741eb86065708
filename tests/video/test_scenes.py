"""Tests for cut detection."""

import numpy as np
import pytest
from PIL import Image

from colorkeras.data import sample
from colorkeras.video.scenes import find_cuts

NUM_FRAMES = 20


@pytest.fixture(scope="module")
def shots():
    """Pans across two photographs, as lists of uint8 `[72, 128]`."""
    paths = {path.name: path for path, _ in sample.photographs()}
    grays = []
    for name in ("coffee.jpg", "raccoon.jpg"):
        with paths[name].open("rb") as stream, Image.open(stream) as image:
            grays.append(np.asarray(image.convert("L").resize((200, 150))))
    return [pan(gray, 3) for gray in grays]


@pytest.fixture(scope="module")
def slow_shot(shots):
    """Pan across a photograph at one pixel per frame, as a list of uint8 `[72, 108]`."""
    return [shots[0][0][:, left : left + 108] for left in range(NUM_FRAMES)]


def pan(gray, step):
    return [gray[20:92, left : left + 128] for left in np.minimum(step * np.arange(NUM_FRAMES), 72)]


def mixed(first, second, share):
    return np.rint((1 - share) * first + share * second).astype(np.uint8)


def test_hard_cuts(shots):
    first, second = shots
    assert list(find_cuts(first + second + first)) == [NUM_FRAMES, 2 * NUM_FRAMES]


def test_cut_in_the_last_frames(shots):
    first, second = shots
    assert list(find_cuts(first + second[:1])) == [NUM_FRAMES]


def test_cut_between_dark_shots(shots):
    dark = [frame // 8 for shot in shots for frame in shot]
    assert list(find_cuts(dark)) == [NUM_FRAMES]


def test_no_cuts_in_fast_pans(shots):
    for shot in shots:
        assert list(find_cuts(shot)) == []
        assert list(find_cuts(shot[::3])) == []


@pytest.mark.parametrize("length", [1, 2, 3])
def test_no_cuts_at_flashes(slow_shot, length):
    first = slow_shot
    for flash in (
        [np.minimum(frame, 135) + np.uint8(120) for frame in first],
        [np.full_like(frame, 255) for frame in first],
    ):
        film = [*first[:8], *flash[8 : 8 + length], *first[8 + length :]]
        assert list(find_cuts(film)) == []


def test_flicker_and_noise_are_no_cuts(shots):
    generator = np.random.default_rng(0)
    film = [
        np.clip(frame * generator.normal(1, 0.1) + generator.normal(0, 12, frame.shape), 0, 255)
        for frame in shots[0]
    ]
    assert list(find_cuts(frame.astype(np.uint8) for frame in film)) == []


def test_scene_begins_after_a_fade_to_black(shots):
    first, second = shots
    shares = np.linspace(0, 1, NUM_FRAMES)
    out = [mixed(frame, 0 * frame, share) for frame, share in zip(first, shares, strict=True)]
    back = [mixed(0 * frame, frame, share) for frame, share in zip(second, shares, strict=True)]
    [cut] = find_cuts(out + back)
    assert NUM_FRAMES <= cut <= NUM_FRAMES + 4


def test_uniform_frames_have_no_cuts():
    assert list(find_cuts([])) == []
    assert list(find_cuts([np.zeros([1, 1], np.uint8)] * 12)) == []
    assert list(find_cuts([np.full([72, 128], level, np.uint8) for level in range(12)])) == []


def test_reads_at_most_four_frames_ahead(shots):
    numbers = []

    def frames():
        for number, frame in enumerate(shots[0] + shots[1]):
            numbers.append(number)
            yield frame

    assert next(find_cuts(frames())) == NUM_FRAMES
    assert numbers[-1] == NUM_FRAMES + 4
