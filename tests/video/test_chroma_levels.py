"""Tests for restoring the distribution of chroma after averaging."""

import numpy as np
import pytest

from colorkeras.video.chroma_levels import chroma_levels, level_gains


@pytest.fixture
def predictions():
    """Cb and Cr of 20 predictions that differ by noise, float32 `[20, h, w, 2]`."""
    generator = np.random.default_rng(0)
    chroma = np.zeros([40, 60, 2])
    chroma[:, 30:] = (0.12, -0.16)
    noise = generator.normal(0, 0.05, [20, 40, 60, 2])
    return (chroma * generator.uniform(0.2, 1.8, [20, 40, 60, 1]) + noise).astype(np.float32)


def test_colorfulness_by_hand():
    halves = np.zeros([40, 60, 2], np.float32)
    halves[:, :30] = (0.6, 0.8)
    # Standard deviations and means are half of 0.6 and 0.8.
    assert chroma_levels(halves)[0] == pytest.approx(0.5 + 0.3 * 0.5)
    np.testing.assert_allclose(chroma_levels(halves)[1:], [0] * 8 + [1] * 8, atol=1e-6)
    assert not chroma_levels(0 * halves).any()


def test_colorfulness_is_restored(predictions):
    predicted = np.mean([chroma_levels(each) for each in predictions], axis=0)
    average = predictions.mean(0)
    averaged = chroma_levels(average)
    assert averaged[0] < 0.8 * predicted[0]
    restored = average * level_gains(average, predicted, averaged)
    assert chroma_levels(restored)[0] == pytest.approx(predicted[0], rel=0.1)
    hue, new_hue = (np.arctan2(each[..., 1], each[..., 0]) for each in (average, restored))
    np.testing.assert_allclose(new_hue, hue, atol=1e-5)


def test_gray_remains_gray():
    """Strong colors become stronger, and the slight tint of gray areas weaker."""
    gray, strong = np.zeros([40, 60, 2], np.float32), np.full([40, 60, 2], 0.1, np.float32)
    averaged = np.linspace(0.05, 0.15, 16)
    predicted = np.linspace(0.01, 0.2, 16)
    arguments = np.append(0.1, predicted), np.append(0.08, averaged)
    assert not (gray * level_gains(gray, *arguments)).any()
    assert level_gains(strong, *arguments).min() > 1
    assert level_gains(strong / 2, *arguments).max() < 1


def test_a_slight_loss_is_accepted():
    chroma, levels = np.full([4, 4, 2], 0.1, np.float32), np.linspace(0.1, 0.2, 17)
    np.testing.assert_array_equal(level_gains(chroma, levels, 0.985 * levels), 1)
    assert level_gains(chroma, levels, 0.95 * levels).min() > 1


def test_gains_are_limited():
    levels = np.linspace(0.1, 0.2, 17)
    for factor in (1e-6, 0.01):
        gains = level_gains(np.full([4, 4, 2], 0.1, np.float32), levels, factor * levels)
        assert gains.max() <= 1.5
    assert np.isfinite(level_gains(np.zeros([4, 4, 2], np.float32), 0 * levels, 0 * levels)).all()
