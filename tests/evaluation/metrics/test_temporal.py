"""Tests for temporal metrics on films with known motion and color changes."""

import numpy as np
import pytest
import tensorflow as tf

pytest.importorskip("cv2", reason="requires the 'video' extra")

import cv2

from colorkeras.color.spaces_numpy import luma
from colorkeras.evaluation.metrics.temporal import (
    TEMPORAL,
    chroma_changes,
    drift_errors,
    warping_errors,
)

STEP = 2

RED, GREEN = np.array([10, 0, 0]), np.array([0, 10, 0])


@pytest.fixture(scope="module")
def film():
    """A view that moves across a color texture, float32 `[6, 60, 96, 3]` in [60, 190]."""
    noise = np.random.default_rng(0).normal(size=[60, 120, 3]).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 3)
    texture = np.clip(125 + 25 * smooth / smooth.std(), 60, 190).round()
    return np.stack([texture[:, STEP * number :][:, :96] for number in range(6)])


def tinted(film, tints):
    """Add a color with zero luma to each frame."""
    return film + np.stack([tint - luma(tint.astype(np.float32)) for tint in tints])[:, None, None]


def value_of(name, truth, output):
    metric = TEMPORAL[name]
    numbers = metric.per_image(truth, output)
    assert numbers.shape == (len(truth) - 1, 2)
    return float(metric.finalize(tf.reduce_mean(numbers, axis=0)))


@pytest.mark.parametrize("name", TEMPORAL)
def test_truth_has_little_error(film, name):
    assert value_of(name, film, film) < 0.5


@pytest.mark.parametrize("name", TEMPORAL)
def test_gray_and_constant_tints_have_none(film, name):
    gray = np.repeat(luma(film), 3, axis=-1)
    assert value_of(name, film, gray) == pytest.approx(0, abs=1e-3)
    assert value_of(name, film, tinted(gray, [RED] * 6)) == pytest.approx(0, abs=1e-3)


def test_flicker_by_hand(film):
    gray = np.repeat(luma(film), 3, axis=-1)
    flickering = tinted(gray, [RED, GREEN] * 3)
    # Red minus green has a Cb of (-0.299 + 0.587) / 1.772 and a Cr of (1 - 0.299 + 0.587) / 1.402.
    expected = 10 * np.hypot(0.288 / 1.772, 1.288 / 1.402)
    assert value_of("warping_error", film, flickering) == pytest.approx(expected, rel=1e-4)
    errors = drift_errors(film, flickering)
    assert errors[1::2, 1] == pytest.approx(0, abs=1e-3)
    np.testing.assert_allclose(errors[::2, 1] / errors[::2, 0], expected**2, rtol=1e-4)


def test_slow_drift_by_hand(film):
    gray = np.repeat(luma(film), 3, axis=-1)
    drifting = tinted(gray, [RED * number for number in range(6)])
    # Red has a Cb of -0.299 / 1.772 and a Cr of 0.701 / 1.402.
    step = 10 * np.hypot(0.299 / 1.772, 0.5)
    assert value_of("warping_error", film, drifting) == pytest.approx(step, rel=1e-4)
    errors = drift_errors(film, drifting)
    np.testing.assert_allclose(
        np.sqrt(errors[:, 1] / errors[:, 0]), step * np.arange(1, 6), rtol=1e-4
    )


def test_hidden_pixels_do_not_count(film):
    share = warping_errors(film, film)[:, 0]
    # Two of 96 columns come into view in each frame.
    assert (share <= 1 - STEP / 96 + 1e-6).all() and share.min() > 0.9
    assert (np.diff(drift_errors(film, film)[:, 0]) < 0).all()
    changes = chroma_changes(film, tinted(film, [RED, GREEN] * 3))
    assert changes.shape == (5, 60, 96)
    assert (changes[:, :, -STEP:] == 0).all() and changes[:, :, 10:-10].min() > 5
