"""Tests for stable scene colors, with a stand-in for the network."""

import itertools

import numpy as np
import pytest

pytest.importorskip("cv2", reason="requires the 'video' extra")

import cv2

from colorkeras.color.spaces_numpy import luma_chroma_to_rgb, rgb_to_chroma
from colorkeras.inference.color_hints import Hint
from colorkeras.inference.color_settings import ColorSettings
from colorkeras.inference.streaming import downscale_luma
from colorkeras.utils.errors import UserError
from colorkeras.video.optical_flow import warp
from colorkeras.video.scene_color import KEY_INTERVAL, MAX_FRAMES_AHEAD, SceneColorizer

HEIGHT, WIDTH, STEP = 60, 96, 2

BLUE, BLUE_CHROMA = "#4040c0", rgb_to_chroma(np.array([0x40, 0x40, 0xC0]) / 255)


class Exported:
    """Stand-in for an export."""

    def __init__(self, takes_hints):
        self.takes_hints = takes_hints
        self.path = "stand-in"


class FlickeringPredictor:
    """Fake predictor that makes bright pixels yellow and dark ones blue, with varying tints.

    A hint applies to all pixels whose luma differs by less than 0.1 from the luma at the hint.
    """

    def __init__(self, takes_hints=True, flicker=0.05):
        self.exported = Exported(takes_hints)
        self._generator, self._flicker = np.random.default_rng(0), flicker
        self.hints = []

    def network_input(self, pixels):
        return downscale_luma(pixels, max(pixels.shape))

    def predict(self, grayscale, settings, hints=None):
        self.hints.append(hints)
        shift = self._flicker * self._generator.choice([-1, 1], size=2)
        if settings.seed:
            shift = self._generator.uniform(-0.2, 0.2, 2)
        luma = grayscale[0]
        chroma = (0.5 - luma) * np.array([0.3, -0.1]) + shift
        if hints is not None:
            for row, column in np.argwhere(hints[0, ..., 2] > 0):
                near = np.abs(luma[..., 0] - luma[row, column, 0]) < 0.1
                chroma[near] = hints[0, row, column, :2]
        return luma_chroma_to_rgb(luma, chroma.astype(np.float32))[np.newaxis]


class RepeatablePredictor(FlickeringPredictor):
    """Fake predictor whose tint depends only on the frame."""

    def predict(self, grayscale, settings, hints=None):
        self._generator = np.random.default_rng(grayscale.view(np.uint32).ravel())
        return super().predict(grayscale, settings, hints)


def film(num_frames=24):
    """Return `(time, luma)` pairs of a view that moves across a texture with two levels."""
    noise = np.random.default_rng(1).normal(size=[HEIGHT, 300]).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), 2)
    patches = cv2.GaussianBlur(noise, (0, 0), 6)
    texture = np.where(patches > 0, 0.65, 0.35) + 0.03 * noise / noise.std()
    texture = np.clip(texture, 0.2, 0.8).astype(np.float32)
    return [
        (number / 25, np.ascontiguousarray(texture[:, STEP * number :][:, :WIDTH]))
        for number in range(num_frames)
    ]


def warping_error(chroma):
    """Return the RMS difference between consecutive frames along the known motion."""
    motion = np.full([HEIGHT, WIDTH, 2], (STEP, 0), np.float32)
    inner = np.s_[:, : WIDTH - STEP]
    differences = [
        (later - warp(earlier, motion))[inner] for earlier, later in itertools.pairwise(chroma)
    ]
    return np.sqrt(np.mean(np.square(differences)))


def colorize(frames, predictor=None, hints=(), **settings):
    colorizer = SceneColorizer(
        predictor or FlickeringPredictor(), ColorSettings(**settings), tuple(hints)
    )
    return list(colorizer.colorize(iter(frames)))


def test_colors_do_not_flicker():
    frames, predictor = film(), FlickeringPredictor()
    single = [
        rgb_to_chroma(predictor.predict(luma[None, ..., None], ColorSettings())[0])
        for _, luma in frames
    ]
    stable = colorize(frames)
    assert [chroma.shape for chroma in stable] == [(HEIGHT, WIDTH, 2)] * len(frames)
    assert {chroma.dtype for chroma in stable} == {np.dtype(np.float32)}
    assert warping_error(stable) < 0.15 * warping_error(single)
    # The mean color matches the predictions.
    assert np.abs(np.mean(stable) - np.mean(single)) < 0.02


def test_predictions_at_every_frame_are_not_needed():
    predictor = FlickeringPredictor()
    colorize(film(25), predictor)
    assert len(predictor.hints) == 1 + 24 // KEY_INTERVAL
    assert all(hints is None for hints in predictor.hints)


def test_colors_are_within_the_gamut():
    for (_, luma), chroma in zip(film(5), colorize(film(5), saturation=4.0), strict=True):
        rgb = luma_chroma_to_rgb(luma[..., np.newaxis], chroma)
        np.testing.assert_allclose(rgb_to_chroma(rgb), chroma, atol=1e-5)


def test_coloring_is_deterministic():
    np.testing.assert_array_equal(colorize(film(10)), colorize(film(10)))


def test_state_continues_a_scene(tmp_path):
    frames, predictor = film(24), FlickeringPredictor()
    first = SceneColorizer(predictor, ColorSettings())
    chroma = list(first.colorize(iter(frames[:13])))
    np.savez(tmp_path / "state.npz", **first.state)
    with np.load(tmp_path / "state.npz", allow_pickle=False) as stored:
        state = dict(stored)
    chroma += SceneColorizer(predictor, ColorSettings()).colorize(iter(frames[13:]), state)
    assert len(chroma) == 24
    assert warping_error(chroma[11:15]) < 0.02
    assert warping_error(chroma) < 0.02


def test_parts_of_a_scene_match_the_whole():
    """Frames that follow a part prevent a jump where a scene is divided."""
    frames, predictor = film(26), RepeatablePredictor()
    num_frames = 6 * KEY_INTERVAL + 1
    whole = np.array(colorize(frames, predictor))
    first, rest = (SceneColorizer(predictor, ColorSettings()) for _ in range(2))
    parts = list(first.colorize(iter(frames), num_frames=num_frames))
    assert len(parts) == num_frames
    parts += rest.colorize(iter(frames[num_frames:]), first.state)
    np.testing.assert_array_equal(parts, whole)


def test_colors_hardly_lag_behind_predictions():
    """The average extends in both directions of time."""
    luma = film(1)[0][1]
    frames = [(number / 25, luma) for number in range(49)]
    predictor = FlickeringPredictor(flicker=0)
    expected, predict = colorize(frames[:1], predictor)[0], predictor.predict
    shifts = iter(np.linspace(-0.1, 0.1, 25, dtype=np.float32))

    def changing(grayscale, settings, hints=None):
        chroma = rgb_to_chroma(predict(grayscale, settings, hints)[0]) + next(shifts)
        return luma_chroma_to_rgb(grayscale[0], chroma)[np.newaxis]

    predictor.predict = changing
    # An average of earlier predictions only would lag by 0.03.
    assert np.abs(colorize(frames, predictor)[24] - expected).mean() < 0.015


def test_hints_hold_from_their_time_and_follow_motion():
    hint = Hint(60, 30, BLUE, radius=3, time=0.4)
    frames = film(24)
    level = frames[10][1][28:33, 58:63].mean()
    # The hint is limited by the gamut.
    possible = rgb_to_chroma(luma_chroma_to_rgb(np.array([level]), BLUE_CHROMA))
    with_hint, without = (
        colorize(frames, FlickeringPredictor(flicker=0), hints=hints) for hints in ([hint], [])
    )
    for number, (_, luma) in enumerate(frames):
        near = np.abs(cv2.GaussianBlur(luma, (0, 0), 2) - level) < 0.05
        difference = np.linalg.norm(with_hint[number][near] - possible, axis=-1)
        if number < 10:
            # Only the choice of key frames may cause differences.
            assert np.abs(with_hint[number] - without[number]).max() < 0.06, number
            assert np.median(difference) > 0.1, number
        else:
            assert np.median(difference) < 0.02, number
        # Other colors are not affected.
        far = np.abs(luma - level) > 0.2
        assert np.abs(with_hint[number] - without[number])[far].mean() < 0.06, number


def test_later_hints_take_precedence():
    hints = [Hint(60, 30, color, radius=3, time=0.0) for color in ("#c04040", BLUE)]
    chroma = colorize(film(1), hints=hints)[0]
    np.testing.assert_allclose(chroma[30, 60], BLUE_CHROMA, atol=0.02)


def test_hints_before_the_frames_hold():
    chroma = colorize([(5.0, film(1)[0][1])], hints=[Hint(60, 30, BLUE, radius=3, time=1.0)])
    np.testing.assert_allclose(chroma[0][30, 60], BLUE_CHROMA, atol=0.02)


def test_seed_colors_the_whole_scene():
    frames = film(24)
    first, second = (colorize(frames, FlickeringPredictor(), seed=seed) for seed in (1, 1))
    np.testing.assert_array_equal(first, second)
    assert warping_error(first) < 0.02


def test_models_without_hints():
    predictor = FlickeringPredictor(takes_hints=False)
    assert warping_error(colorize(film(), predictor)) < 0.02
    with pytest.raises(UserError, match="does not support hints"):
        SceneColorizer(predictor, ColorSettings(), (Hint(1, 1, BLUE, radius=2, time=0.0),))


def test_reads_few_frames_ahead():
    numbers = []

    def frames():
        for number, frame in enumerate(film(100)):
            numbers.append(number)
            yield frame

    colored = SceneColorizer(FlickeringPredictor(), ColorSettings()).colorize(frames())
    for number, _ in enumerate(colored):
        assert numbers[-1] - number <= MAX_FRAMES_AHEAD + KEY_INTERVAL


@pytest.mark.parametrize("shape", [(1, 1), (2, 40), (17, 16)])
@pytest.mark.parametrize("num_frames", [1, 6])
def test_small_frames(shape, num_frames):
    frames = [(number / 25, np.full(shape, 0.4, np.float32)) for number in range(num_frames)]
    assert [chroma.shape for chroma in colorize(frames)] == [(*shape, 2)] * num_frames


def test_no_frames():
    assert colorize([]) == []


def test_equal_and_distant_times():
    luma = film(1)[0][1]
    chroma = colorize([(time, luma) for time in (0, 0, 0, 0, 0, 0, 1e6, 1e6)])
    assert np.isfinite(chroma).all()
