"""Tests that each `scan` effect occurs with the right frequency and strength."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color.gradients import neighbor_differences
from colorkeras.color.spaces import luma
from colorkeras.data.augmentation import AUGMENTATIONS, scan
from colorkeras.data.stateless_random import Randomness

NUM_IMAGES = 400


def plain(*color, size=1):
    """Return many images in one color, float32 `[NUM_IMAGES, size, size, len(color)]`."""
    return np.full((NUM_IMAGES, size, size, len(color)), color, np.float32)


def ramp(width=101):
    """Return many images that consist of one row from black to white."""
    line = np.linspace(0, 1, width, dtype=np.float32)
    return np.broadcast_to(line[:, np.newaxis], (NUM_IMAGES, 1, width, 1))


def noise(size=16):
    return np.random.default_rng(0).random((NUM_IMAGES, size, size, 1), np.float32)


def apply(effect, images):
    return effect(images, Randomness(1, 2)).numpy()


def roughness(images):
    """Return each image's mean squared difference between neighboring pixels."""
    return sum(np.mean(steps**2, axis=(1, 2, 3)) for steps in neighbor_differences(images))


# Responses range from luma to the square root of a film's weight for the color, because light
# intensity is about the square of a color value.
@pytest.mark.parametrize(
    ("color", "darkest", "brightest"),
    [
        ((1, 0, 0), 0, (1 / 3) ** 0.5),
        ((0, 1, 0), 0, 0.5**0.5),
        ((0, 0, 1), 0.114, 1),
        ((1, 1, 0), 0, 0.886),
    ],
)
def test_film_response_covers_its_range(color, darkest, brightest):
    gray = apply(scan.film, plain(*color))
    np.testing.assert_allclose([gray.min(), gray.max()], [darkest, brightest], atol=0.02)
    # Every type of film occurs, but not in all images.
    assert np.std(gray) > 0.1


@pytest.mark.parametrize("level", [0, 0.3, 1])
def test_film_keeps_gray(level):
    np.testing.assert_allclose(apply(scan.film, plain(level, level, level)), level, atol=1e-6)


def test_blur_preserves_the_sum():
    spot = plain(0, size=9)
    spot[:, 4, 4] = 1
    blurred = apply(scan.blur, spot)
    np.testing.assert_allclose(blurred.sum(axis=(1, 2, 3)), 1, atol=1e-5)
    np.testing.assert_allclose(blurred, blurred[:, ::-1, ::-1], atol=1e-6)
    np.testing.assert_allclose(blurred, blurred.transpose(0, 2, 1, 3), atol=1e-6)
    # Gaussians of 0.8 and 0.3 pixels leave 25% and 98% at the center.
    peaks = blurred[:, 4, 4, 0]
    assert 0.24 < peaks.min() < 0.3 and 0.95 < peaks.max() < 0.99
    assert (roughness(apply(scan.blur, noise())) < roughness(noise())).all()


@pytest.mark.parametrize("size", [1, 2, 5])
def test_blur_keeps_constant_images(size):
    np.testing.assert_allclose(apply(scan.blur, plain(0.7, size=size)), 0.7, atol=1e-6)


def test_blur_pads_with_border_pixels():
    half_white = (ramp(8) > 0.5).astype(np.float32)
    ends = apply(scan.blur, half_white)[:, :, [0, -1]]
    np.testing.assert_allclose(ends, half_white[:, :, [0, -1]], atol=1e-6)


def test_tone_curves_increase_from_black_to_white():
    curves = apply(scan.tone_curve, ramp())[:, 0, :, 0]
    assert (np.diff(curves) > -1e-6).all()
    np.testing.assert_allclose(curves[:, [0, -1]], [[0, 1]] * NUM_IMAGES, atol=1e-6)
    middle, contrast = curves[:, 50], curves[:, 75] - curves[:, 25]
    assert 0.2 < middle.min() < 0.4 and 0.6 < middle.max() < 0.8
    assert 0.25 < contrast.min() < 0.4 and 0.6 < contrast.max() < 0.75


def test_grain_varies_in_strength():
    grainy = apply(scan.grain, plain(0.5, size=32))
    deviations = grainy.std(axis=(1, 2, 3))
    assert deviations.min() < 0.005
    assert deviations.max() == pytest.approx(scan.MAX_GRAIN, rel=0.1)
    np.testing.assert_allclose(grainy.mean(axis=(1, 2, 3)), 0.5, atol=0.01)
    assert (roughness(grainy) > 0).all()


def test_grain_is_stationary_and_correlated():
    unit = (apply(scan.grain, plain(0.5, size=8)) - 0.5)[..., 0]
    variance = np.mean(unit**2, axis=0)
    np.testing.assert_allclose(variance, variance.mean(), rtol=0.35)
    neighbors = np.corrcoef(unit[:, :, 1:].ravel(), unit[:, :, :-1].ravel())[0, 1]
    assert 0.1 < neighbors < 0.5


def test_grain_depends_on_density():
    half, tenth, *ends = (apply(scan.grain, plain(level)) - level for level in (0.5, 0.1, 0, 1))
    np.testing.assert_allclose(tenth, 0.6 * half, atol=1e-6)
    np.testing.assert_array_equal(ends, np.zeros_like(ends))


def test_fading_reduces_the_range():
    faded = apply(scan.fading, ramp())[:, 0, :, 0]
    black, white = faded[:, 0], faded[:, -1]
    assert 0 <= black.min() < 0.05 and 0.2 < black.max() <= scan.MAX_FADING
    assert 1 - scan.MAX_FADING <= white.min() < 0.8 and 0.95 < white.max() <= 1
    np.testing.assert_allclose(faded[:, 50], (black + white) / 2, atol=1e-6)


def test_unevenness_is_smooth_and_keeps_the_center():
    gray = apply(scan.unevenness, plain(0.5, size=33))
    np.testing.assert_allclose(gray[:, 16, 16], 0.5, atol=1e-6)
    most = 0.5 * (2 * scan.MAX_SLOPE + scan.MAX_VIGNETTE)
    assert np.ptp(gray, axis=(1, 2, 3)).max() > 0.15
    assert np.abs(gray - 0.5).max() <= most
    assert max(np.abs(steps).max() for steps in neighbor_differences(gray)) < most / 16


@pytest.mark.parametrize("effect", [effect for effect, _ in scan.EFFECTS])
def test_effects_differ_between_images(effect):
    images = np.repeat(noise(8)[:1], NUM_IMAGES, axis=0)
    changed = apply(effect, images).reshape(NUM_IMAGES, -1)
    assert len(np.unique(changed, axis=0)) == NUM_IMAGES


@pytest.mark.parametrize("level", [None, 0, 1])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 7), (7, 1), (2, 3), (33, 47)])
def test_degrade_accepts_any_size(height, width, level):
    rgb = np.random.default_rng(0).random((20, height, width, 3), np.float32)
    gray = apply(scan.degrade, rgb if level is None else np.full_like(rgb, level))
    assert gray.shape == (20, height, width, 1) and gray.dtype == np.float32
    assert np.isfinite(gray).all()
    assert gray.min() >= 0 and gray.max() <= 1


@pytest.mark.parametrize("share", [0, scan.CLEAN_SHARE, 1])
def test_share_of_clean_images(share):
    rgb = np.random.default_rng(0).random((NUM_IMAGES, 4, 4, 3), np.float32)
    gray = scan.degrade(rgb, Randomness(1, 2), clean_share=share).numpy()
    clean = (gray == luma(rgb).numpy()).all(axis=(1, 2, 3)).mean()
    # Five standard deviations. By chance, a few images receive no effect.
    assert share - 0.1 < clean < share + 0.1


def test_share_of_images_with_each_effect(monkeypatch):
    def paint(level):
        return lambda gray, randomness: gray * 0 + level

    for position, (_, share) in enumerate(scan.EFFECTS):
        levels = [1.0 if other == position else 0.0 for other in range(len(scan.EFFECTS))]
        effects = [(paint(level), share if level else 0.0) for level in levels]
        monkeypatch.setattr(scan, "EFFECTS", effects)
        gray = scan.degrade(plain(0, 0, 0), Randomness(1, 2), clean_share=0)
        # Five standard deviations.
        assert np.mean(gray) == pytest.approx(share, abs=0.125)


def test_degraded_images_remain_recognizable(crops):
    rgb = crops / np.float32(255)
    gray = scan.degrade(rgb, Randomness(1, 2), clean_share=0).numpy()
    likeness = [
        np.corrcoef(one.ravel(), other.ravel())[0, 1]
        for one, other in zip(gray, luma(rgb).numpy(), strict=True)
    ]
    assert np.median(likeness) > 0.9
    assert np.median(np.abs(gray - luma(rgb)).mean(axis=(1, 2, 3))) > 0.02


def test_target_colors_are_not_degraded(crops):
    rgb = tf.constant(crops / np.float32(255))
    flipped, clean = AUGMENTATIONS["flip"](rgb, Randomness(1, 2))
    scanned, degraded = AUGMENTATIONS["scan"](rgb, Randomness(1, 2))
    np.testing.assert_array_equal(scanned, flipped)
    assert (degraded.numpy() != clean.numpy()).any(axis=(1, 2, 3)).sum() > len(crops) / 2
