"""Tests for optical flow on frames with known motion."""

import numpy as np
import pytest

pytest.importorskip("cv2", reason="requires the 'video' extra")

import cv2

from colorkeras.video.optical_flow import FlowEstimator, Motion, is_consistent, warp

INNER = np.s_[16:-16, 16:-16]


@pytest.fixture(scope="module")
def texture():
    """Smooth random gray levels, uint8 `[120, 160]`."""
    noise = np.random.default_rng(0).normal(size=[120, 160]).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 3)
    return np.clip(128 + 50 * smooth / smooth.std(), 0, 255).astype(np.uint8)


def shifted(image, right, down):
    """Shift an image to the right and down, by at most 16 pixels."""
    padded = np.pad(image, 16, "reflect")
    return np.ascontiguousarray(
        padded[16 - down : 16 - down + len(image), 16 - right : 16 - right + image.shape[1]]
    )


@pytest.mark.parametrize(("right", "down"), [(0, 0), (3, -2), (-7, 5)])
def test_flow_of_shifted_frames(texture, right, down):
    forward, backward = FlowEstimator().estimate(texture, shifted(texture, right, down))
    error = np.abs(forward.vectors - (right, down))[INNER]
    assert error.mean() < 0.1
    assert np.abs(backward.vectors + forward.vectors)[INNER].mean() < 0.1
    assert forward.confidence[INNER].mean() > 0.95
    np.testing.assert_allclose(
        backward.warp(texture.astype(np.float32))[INNER],
        shifted(texture, right, down)[INNER],
        atol=12,
    )


def test_pixels_that_leave_the_frame_are_not_certain(texture):
    forward, _ = FlowEstimator().estimate(texture, shifted(texture, 8, 0))
    assert forward.confidence[:, -7:].max() == 0
    assert forward.confidence[INNER].mean() > 0.95


def test_covered_pixels_are_not_certain(texture):
    covered = texture.copy()
    covered[40:80, 60:100] = shifted(texture, 11, 13)[40:80, 60:100][::-1, ::-1]
    forward, _ = FlowEstimator().estimate(texture, covered)
    assert forward.confidence[44:76, 64:96].mean() < 0.35
    assert forward.confidence[INNER].mean() > 0.6


def test_change_of_lighting_keeps_confidence(texture):
    brighter = np.minimum(texture, 205) + np.uint8(50)
    forward, _ = FlowEstimator().estimate(np.minimum(texture, 205), brighter)
    assert forward.confidence.mean() > 0.9


def test_estimation_is_deterministic(texture):
    other = shifted(texture, 4, 3)
    first, second = (FlowEstimator().estimate(texture, other)[0] for _ in range(2))
    np.testing.assert_array_equal(first.vectors, second.vectors)


@pytest.mark.parametrize("shape", [(1, 1), (15, 200), (16, 16)])
def test_small_frames(shape):
    frame = np.zeros(shape, np.uint8)
    for motion in FlowEstimator().estimate(frame, frame):
        np.testing.assert_array_equal(motion.vectors, np.zeros([*shape, 2]))
        np.testing.assert_array_equal(motion.confidence, np.ones(shape))


def test_motions_are_composed():
    ramp = np.tile(np.arange(40, dtype=np.float32), [20, 1])
    one = Motion(np.full([20, 40, 2], (3, 0), np.float32), np.full([20, 40], 0.5, np.float32))
    two = Motion(np.full([20, 40, 2], (4, 1), np.float32), np.full([20, 40], 0.8, np.float32))
    both = one.then(two)
    np.testing.assert_array_equal(both.vectors, np.full([20, 40, 2], (7, 1)))
    np.testing.assert_allclose(both.confidence, 0.4)
    np.testing.assert_array_equal(both.warp(ramp)[:, :33], ramp[:, 7:])


def test_opposite_flow_is_consistent_inside_the_frame():
    right = np.full([8, 30, 2], (5, 0), np.float32)
    expected = np.tile(np.arange(30) < 25, [8, 1])
    np.testing.assert_array_equal(is_consistent(right, -right), expected)
    assert not is_consistent(right, right).any()


def test_warp_keeps_channels():
    assert warp(np.zeros([4, 5, 1], np.float32), np.zeros([4, 5, 2], np.float32)).shape == (4, 5, 1)
