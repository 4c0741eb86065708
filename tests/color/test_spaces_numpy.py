"""Tests that luma and chroma in NumPy match the TensorFlow implementation."""

import numpy as np
import pytest

from colorkeras.color import spaces, spaces_numpy

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(3,), (7, 3), (2, 5, 4, 3)])
def test_luma_and_chroma_are_those_of_tensorflow(shape):
    rgb = RANDOM.random(shape, np.float32)
    for name in ("luma", "rgb_to_chroma"):
        ours, theirs = getattr(spaces_numpy, name)(rgb), getattr(spaces, name)(rgb)
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("shape", [(), (50,), (4, 5)])
def test_rgb_is_that_of_tensorflow(shape):
    y = RANDOM.random([*shape, 1], np.float32)
    chroma = RANDOM.normal(0, 0.4, [*shape, 2]).astype(np.float32)
    copies = y.copy(), chroma.copy()
    rgb = spaces_numpy.luma_chroma_to_rgb(y, chroma)
    assert rgb.dtype == np.float32
    np.testing.assert_allclose(rgb, spaces.luma_chroma_to_rgb(y, chroma), atol=1e-6)
    for argument, copy in zip((y, chroma), copies, strict=True):
        np.testing.assert_array_equal(argument, copy)


def test_black_white_and_gray_have_no_color():
    y = np.array([[0.0], [1.0], [0.5]])
    rgb = spaces_numpy.luma_chroma_to_rgb(y, np.array([[0.2, -0.1], [0.2, -0.1], [0, 0]]))
    np.testing.assert_array_equal(rgb, y * np.ones(3))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float64"])
def test_luma_of_pixels(dtype):
    maximum = 1 if dtype == "float64" else np.iinfo(dtype).max
    rgb = (RANDOM.random([4, 3, 3]) * maximum).astype(dtype)
    expected = (rgb / maximum) @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(spaces_numpy.luma_of_pixels(rgb), expected, atol=1e-6)
    gray = rgb[..., 0]
    np.testing.assert_allclose(spaces_numpy.luma_of_pixels(gray), gray / maximum, atol=1e-6)


def test_to_uint8_clips_and_rounds():
    assert spaces_numpy.to_uint8(np.array([-0.1, 0.5, 1.2])).tolist() == [0, 128, 255]
