"""Tests that guided upsampling in NumPy matches the TensorFlow implementation."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color import guided_upsampling, guided_upsampling_numpy

RANDOM = np.random.default_rng(0)


def colored_small(small):
    return np.clip(small + 0.2 * RANDOM.standard_normal([*small.shape[:3], 3], np.float32), 0, 1)


@pytest.mark.parametrize("shape", [(130, 70), (20, 30), (130, 70, 3), (1, 300, 3), (1, 1)])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float16", "float32", "float64"])
def test_equals_the_graph(shape, dtype, monkeypatch):
    monkeypatch.setattr(guided_upsampling_numpy, "PIXELS_PER_STRIP", 70 * 9)
    is_integer = dtype.startswith("uint")
    pixels = (RANDOM.random(shape) * (np.iinfo(dtype).max if is_integer else 1)).astype(dtype)
    tensor = tf.constant(pixels.reshape(*shape[:2], -1))
    small_size = guided_upsampling_numpy.scaled_size(shape[:2], 32, 1.5)
    assert small_size == tuple(guided_upsampling.scaled_size(shape[:2], 32, 1.5).numpy())

    small = guided_upsampling_numpy.downscale_luma(pixels, small_size)
    assert small.dtype == np.float32 and small.shape == (1, *small_size, 1)
    np.testing.assert_allclose(
        small, guided_upsampling.downscale_luma(tensor, tf.constant(small_size)), atol=1e-6
    )
    rgb = colored_small(small)
    large = guided_upsampling_numpy.upsample_color(pixels, small, rgb, 1.5)
    expected = guided_upsampling.upsample_color(tf.constant(small), rgb, tensor, 1.5)
    assert large.dtype == dtype and large.shape == (*shape[:2], 3)
    tolerance = {"uint8": 1, "uint16": 8, "float16": 1e-3}.get(dtype, 3e-5)
    np.testing.assert_allclose(
        large.astype(float), expected.numpy().astype(float), atol=tolerance, rtol=0
    )


def test_an_image_that_is_not_enlarged_keeps_the_predicted_chroma():
    pixels = RANDOM.integers(40, 200, [20, 30], np.uint8)
    small = guided_upsampling_numpy.downscale_luma(pixels, (20, 30))
    rgb = np.clip(small + np.array([0.05, 0.0, -0.1]), 0, 1).astype(np.float32)
    large = guided_upsampling_numpy.upsample_color(pixels, small, rgb)
    red_minus_blue = large[..., 0].astype(int) - large[..., 2]
    assert np.abs(red_minus_blue - 0.15 * 255).max() <= 1


def test_input_pixels_are_not_changed():
    pixels = RANDOM.random([40, 50]).astype(np.float32)
    before = pixels.copy()
    small = guided_upsampling_numpy.downscale_luma(pixels, (8, 10))
    guided_upsampling_numpy.upsample_color(pixels, small, colored_small(small))
    np.testing.assert_array_equal(pixels, before)
