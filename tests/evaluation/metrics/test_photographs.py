"""Tests that compare metrics for photographs with values computed by hand."""

import sys

import numpy as np
import pytest

from colorkeras.color.spaces import from_uint8, luma, rgb_to_chroma, rgb_to_lab
from colorkeras.evaluation.metrics import photographs
from colorkeras.utils.errors import UserError

SKIN = [
    (60, 40, 30),
    (120, 80, 60),
    (180, 140, 120),
    (230, 190, 170),
    (240, 210, 190),
    (90, 60, 50),
]
"""Skin color of each portrait."""


def portrait(color, size=(20, 10)):
    """Return a green portrait with a uniform central box that covers 40% of each side."""
    image = np.full((*size, 3), (0, 255, 0), np.uint8)
    image[round(0.3 * size[0]) : round(0.7 * size[0]), 3:7] = color
    return image


def lab_of(color):
    return rgb_to_lab(from_uint8(np.uint8(color))).numpy()


def test_skin_errors_of_the_truth_are_zero():
    truths = [portrait(color) for color in SKIN]
    for tercile in photographs.skin_errors(truths, truths):
        assert tercile["error"] == tercile["a"] == tercile["b"] == 0
        assert tercile["constant_error"] > 0


def test_skin_errors_by_hand():
    truths = [portrait(color) for color in SKIN]
    gray = [np.repeat(image[..., :1], 3, axis=-1) for image in truths]
    constant = np.median([lab_of(color)[1:] for color in SKIN], axis=0)
    darkest_first = sorted(SKIN, key=lambda color: lab_of(color)[0])
    pairs = [darkest_first[2 * tercile : 2 * tercile + 2] for tercile in range(3)]
    for pair, tercile in zip(pairs, photographs.skin_errors(truths, gray), strict=True):
        ab = np.array([lab_of(color)[1:] for color in pair])
        expected = np.linalg.norm(ab, axis=1).mean()
        assert tercile["error"] == pytest.approx(expected, abs=0.02)
        expected = np.linalg.norm(ab - constant, axis=1).mean()
        assert tercile["constant_error"] == pytest.approx(expected, abs=1e-3)
        assert [tercile["a"], tercile["b"]] == pytest.approx(list(-ab.mean(axis=0)), abs=0.02)


def test_incoherence_by_hand():
    image = np.zeros((2, 4, 3), np.uint8)
    image[:, :2] = (200, 100, 100)
    image[:, 2:] = (100, 100, 200)
    halves = np.repeat([[0, 0, 1, 1]], 2, axis=0)
    first = photographs.chroma_variances(image, halves)
    assert photographs.incoherence([first]) == pytest.approx(0, abs=1e-9)
    # Every segment contains equal parts of both colors.
    second = photographs.chroma_variances(image, np.repeat([[0, 1, 0, 1]], 2, axis=0))
    assert photographs.incoherence([second]) == pytest.approx(1)
    # Pooling is a plain mean here, because both images have the same total variance.
    assert photographs.incoherence([first, second]) == pytest.approx(0.5)
    gray = photographs.chroma_variances(np.zeros_like(image), halves)
    assert photographs.incoherence([gray]) == 0


def test_superpixels_cover_the_image_and_see_luma_only():
    pytest.importorskip("skimage")
    image = np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)
    labels = photographs.superpixels(image)
    assert labels.shape == (60, 90)
    assert np.array_equal(np.unique(labels), np.arange(labels.max() + 1))
    assert 70 <= labels.max() + 1 <= 130
    gray = np.repeat(np.rint(255 * luma(from_uint8(image)).numpy()).astype(np.uint8), 3, axis=-1)
    assert (photographs.superpixels(gray) == labels).mean() > 0.95


def test_superpixels_without_scikit_image_are_explained(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.segmentation", None)
    with pytest.raises(UserError, match="pip install scikit-image"):
        photographs.superpixels(np.zeros((8, 8, 3), np.uint8))


def test_random_hints_are_means_of_patches_inside_the_image():
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    positions, chroma = photographs.random_hints(image, 200)
    assert positions.min(axis=0).tolist() == [1, 1] and positions.max(axis=0).tolist() == [3, 5]
    row, column = positions[0]
    patch = rgb_to_chroma(from_uint8(image[row - 1 : row + 2, column - 1 : column + 2]))
    np.testing.assert_allclose(chroma[0], np.mean(patch, axis=(0, 1)), atol=1e-6)
    again, _ = photographs.random_hints(image, 200)
    other, _ = photographs.random_hints(image, 200, seed=[0, 1])
    np.testing.assert_array_equal(positions, again)
    assert (positions != other).any()


def test_spread_hints_by_hand():
    gray = np.float32([[0.5, 0.5, 0.5, 0.9]])
    positions, chroma = [(0, 0), (0, 2)], np.array([[0.1, 0.0], [0.0, 0.3]])
    spread = photographs.spread_hints(gray, positions, chroma, sigma=1.0)
    near, far = 1.0, np.exp(-2.0)
    expected = (near * chroma[0] + far * chroma[1]) / (near + far)
    np.testing.assert_allclose(spread[0, 0], expected, atol=1e-6)
    np.testing.assert_allclose(spread[0, 1], chroma.mean(axis=0), atol=1e-6)
    # A luma unlike that of any hint does not change their relative weights.
    weights = np.exp([-9 / 2, -1 / 2])
    np.testing.assert_allclose(spread[0, 3], weights @ chroma / weights.sum(), atol=1e-6)


def test_spread_hints_do_not_cross_edges_of_luma():
    gray = np.zeros((1, 20), np.float32)
    gray[:, 10:] = 1.0
    chroma = np.array([[0.2, 0.0], [0.0, 0.2]])
    spread = photographs.spread_hints(gray, [(0, 0), (0, 19)], chroma)
    np.testing.assert_allclose(spread[0, :10], [chroma[0]] * 10, atol=1e-6)
    np.testing.assert_allclose(spread[0, 10:], [chroma[1]] * 10, atol=1e-6)


def test_hints_on_every_pixel_reproduce_uniform_chroma():
    image = np.full((6, 6, 3), (200, 120, 80), np.uint8)
    positions, chroma = photographs.random_hints(image, 5)
    gray = luma(from_uint8(image)).numpy()[..., 0]
    spread = photographs.spread_hints(gray, positions, chroma)
    np.testing.assert_allclose(spread, rgb_to_chroma(from_uint8(image)), atol=1e-6)
