"""Tests for combining carried and predicted colors."""

import numpy as np
import pytest

pytest.importorskip("cv2", reason="requires the 'video' extra")

from colorkeras.video.carried_color import blend, fill

SHAPE = (40, 60)


def flat(*values):
    return np.full([*SHAPE, len(values)], values, np.float32)


@pytest.fixture
def left():
    """Confidence of 1 in the left half and 0 in the right half."""
    return np.repeat([[1.0, 0.0]], 30, axis=1).repeat(40, axis=0).astype(np.float32)


def test_confident_colors_are_kept():
    carried, confidence = flat(0.2, -0.1), np.ones(SHAPE, np.float32)
    np.testing.assert_allclose(fill(carried, flat(0, 0), confidence), carried, atol=1e-6)


def test_prediction_replaces_uncertain_colors():
    predicted, confidence = flat(0.2, -0.1), np.zeros(SHAPE, np.float32)
    np.testing.assert_array_equal(fill(flat(0, 0), predicted, confidence), predicted)


def test_carried_color_spreads_into_new_parts(left):
    filled = fill(flat(0.3, 0.1), flat(0.1, 0.0), left)
    np.testing.assert_allclose(filled[:, :32], flat(0.3, 0.1)[:, :32], atol=0.01)
    # The shift fades smoothly with distance.
    assert 0.1 < filled[20, 59, 0] < filled[20, 40, 0] <= 0.3
    assert np.abs(np.diff(filled, axis=1)).max() < 0.05


def test_edges_of_the_prediction_are_kept(left):
    predicted = flat(0.0)
    predicted[10:30, 35:50] = -0.2
    filled = fill(flat(0.1), predicted, left)
    assert filled[20, 34, 0] - filled[20, 35, 0] == pytest.approx(0.2, abs=0.02)


def test_blend_follows_position_and_confidence(left):
    ones = np.ones(SHAPE, np.float32)
    mixed = blend((flat(0.4), ones), (flat(0.0), ones), 0.25)
    np.testing.assert_allclose(mixed, flat(0.3), atol=1e-6)
    mixed = blend((flat(0.4), left), (flat(0.0), 1 - left), 0.25)
    np.testing.assert_allclose(mixed[:, :30], flat(0.4)[:, :30], atol=1e-3)
    np.testing.assert_allclose(mixed[:, 30:], flat(0.0)[:, 30:], atol=2e-3)


def test_blend_without_confidence_interpolates():
    zeros = np.zeros(SHAPE, np.float32)
    mixed = blend((flat(0.4), zeros), (flat(0.0), zeros), 0.5)
    np.testing.assert_allclose(mixed, flat(0.2), atol=1e-6)
