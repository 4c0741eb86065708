"""Tests for downscaling and guided upsampling."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color import guided_upsampling
from colorkeras.color.guided_upsampling import (
    downscale_luma,
    guided_filter_coefficients,
    scaled_size,
    upsample_chroma,
    upsample_color,
)
from colorkeras.color.spaces import luma, luma_chroma_to_rgb, rgb_to_chroma


def test_area_means_by_hand():
    pixels = tf.constant([[0, 30, 60], [90, 120, 150]], tf.uint8)[..., tf.newaxis]
    small = downscale_luma(pixels, tf.constant([1, 2]))[0, ..., 0] * 255
    # Each of the two pixels covers one column and half of the middle column.
    np.testing.assert_allclose(small, [[(45 + 75 / 2) / 1.5, (105 + 75 / 2) / 1.5]], rtol=1e-5)


@pytest.mark.parametrize("size", [(97, 61), (1, 500), (500, 1), (64, 64), (3, 4)])
def test_downscaling_preserves_the_mean(size, monkeypatch):
    monkeypatch.setattr(guided_upsampling, "PIXELS_PER_STRIP", 100)
    pixels = np.random.default_rng(0).integers(0, 256, [*size, 1]).astype(np.uint8)
    small = downscale_luma(tf.constant(pixels), scaled_size(size, 32))
    assert max(small.shape[1:3]) == min(32, max(size))
    assert float(tf.reduce_mean(small)) == pytest.approx(pixels.mean() / 255, abs=1e-5)


def test_whole_blocks_are_averaged():
    pixels = np.random.default_rng(1).random([64, 96, 1], np.float32)
    small = downscale_luma(tf.constant(pixels), tf.constant([16, 24]))
    expected = pixels.reshape(16, 4, 24, 4).mean(axis=(1, 3))
    np.testing.assert_allclose(small[0, ..., 0], expected, atol=1e-6)


def test_small_images_can_be_enlarged():
    pixels = tf.constant([[0.0, 1.0]])[..., tf.newaxis]
    small = downscale_luma(pixels, tf.constant([2, 4]))[0, ..., 0]
    np.testing.assert_allclose(small, [[0, 0.25, 0.75, 1]] * 2, atol=1e-6)


def colored(size):
    """Return a grayscale image with smooth luma, a downscaled copy, and that copy in color."""
    rows, columns = np.meshgrid(*(np.linspace(0.2, 0.8, n) for n in size), indexing="ij")
    pixels = tf.constant(((rows + columns) / 2).astype(np.float32)[..., np.newaxis])
    grayscale = downscale_luma(pixels, scaled_size(size, 16))
    chroma = tf.concat([0.1 * grayscale, 0.05 - 0.1 * grayscale], axis=-1)
    return pixels, grayscale, luma_chroma_to_rgb(grayscale, chroma)


def test_chroma_linear_in_luma_is_upsampled_exactly():
    pixels, grayscale, rgb = colored((200, 150))
    large = upsample_color(grayscale, rgb, pixels)
    np.testing.assert_allclose(luma(large), pixels, atol=1e-6)
    chroma = rgb_to_chroma(large)[20:-20, 20:-20]
    gray = pixels[20:-20, 20:-20, 0]
    np.testing.assert_allclose(chroma[..., 0], 0.1 * gray, atol=0.004)
    np.testing.assert_allclose(chroma[..., 1], 0.05 - 0.1 * gray, atol=0.004)


def test_colors_do_not_bleed_over_edges():
    """Chroma given at a tenth of the resolution changes exactly at the luma edge."""
    pixels = np.full([160, 160, 1], 0.3, np.float32)
    pixels[:, 75:] = 0.7  # The edge lies within a pixel of the small image.
    grayscale = downscale_luma(tf.constant(pixels), tf.constant([16, 16]))
    share = (grayscale - 0.3) / 0.4  # Fraction of this pixel on the bright side.
    chroma = tf.concat([0.1 * (1 - share), 0.1 * share], axis=-1)
    large = upsample_color(grayscale, luma_chroma_to_rgb(grayscale, chroma), tf.constant(pixels))
    blue = rgb_to_chroma(large)[80, :, 0].numpy()
    assert blue[:75].min() > 0.07
    assert blue[75:].max() < 0.03


def test_strips_leave_no_seams(monkeypatch):
    pixels, grayscale, rgb = colored((90, 70))
    whole = upsample_color(grayscale, rgb, pixels)
    for num_pixels in (1, 70 * 7, 70 * 45):
        monkeypatch.setattr(guided_upsampling, "PIXELS_PER_STRIP", num_pixels)
        np.testing.assert_allclose(upsample_color(grayscale, rgb, pixels), whole, atol=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_luma_is_kept_in_every_dtype(dtype):
    _, grayscale, rgb = colored((64, 48))
    levels = np.random.default_rng(2).random([64, 48, 1])
    scale = 1 if dtype.startswith("float") else np.iinfo(dtype).max
    pixels = tf.constant((levels * scale).astype(dtype))
    large = upsample_color(grayscale, rgb, pixels)
    assert large.dtype == dtype and large.shape == [64, 48, 3]
    tolerance = 1e-6 if scale == 1 else 0.5 / scale + 1e-6
    np.testing.assert_allclose(
        luma(tf.cast(large, tf.float64) / scale),
        tf.cast(pixels, tf.float64) / scale,
        atol=tolerance,
    )


def test_graphs_and_eager_calls_agree():
    pixels = tf.cast(tf.random.stateless_uniform([70, 50, 3], [0, 1], 0, 256, tf.int32), tf.uint8)

    def color(pixels):
        grayscale = downscale_luma(pixels, scaled_size(tf.shape(pixels)[:2], 16))
        return upsample_color(
            grayscale, tf.repeat(grayscale, 3, axis=-1) * [1.0, 0.9, 0.8], pixels, 2.0
        )

    graph = tf.function(
        color, input_signature=[tf.TensorSpec([None, None, 3], tf.uint8)], autograph=False
    )
    np.testing.assert_array_equal(graph(pixels), color(pixels))


def test_saturation_scales_chroma():
    pixels, grayscale, rgb = colored((64, 48))
    gray = upsample_color(grayscale, rgb, pixels, 0.0)
    np.testing.assert_allclose(gray, np.repeat(pixels, 3, axis=-1), atol=1e-6)
    half, once = (rgb_to_chroma(upsample_color(grayscale, rgb, pixels, s)) for s in (0.5, 1.0))
    np.testing.assert_allclose(once, 2 * half, atol=1e-5)


def test_chroma_is_kept_without_enlargement():
    generator = np.random.default_rng(3)
    pixels = tf.constant(generator.random([20, 30, 1], np.float32))
    chroma = generator.normal(0, 0.02, [1, 20, 30, 2]).astype(np.float32)
    rgb = luma_chroma_to_rgb(pixels[tf.newaxis], chroma)
    np.testing.assert_allclose(upsample_color(pixels[tf.newaxis], rgb, pixels), rgb[0], atol=1e-5)


def test_flat_luma_has_flat_chroma():
    luma, chroma = tf.fill([1, 9, 9, 1], 0.4), tf.ones([1, 9, 9, 2]) * [0.1, -0.2]
    lines = guided_filter_coefficients(luma, chroma)
    np.testing.assert_allclose(lines[..., :2], np.zeros([1, 9, 9, 2]), atol=1e-3)
    np.testing.assert_allclose(lines[..., 2:] + 0.4 * lines[..., :2], chroma, atol=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (33, 47), (32, 32)])
def test_upsampled_chroma_has_the_size_of_luma(size):
    grayscale = np.random.default_rng(0).random([2, *size, 1], np.float32)
    chroma = np.broadcast_to([0.1, -0.2], [2, -(-size[0] // 4), -(-size[1] // 4), 2])
    upsampled = upsample_chroma(grayscale, chroma.astype(np.float32), 4)
    np.testing.assert_allclose(upsampled, np.broadcast_to([0.1, -0.2], [2, *size, 2]), atol=1e-5)


def test_upsampled_chroma_follows_edges_of_luma():
    # The edge lies within a chroma pixel.
    left = np.arange(64) < 30
    grayscale = np.broadcast_to(np.where(left, 0.2, 0.8)[:, np.newaxis], [1, 64, 64, 1])
    truth = np.where(left, -0.1, 0.2)
    chroma = np.broadcast_to(truth.reshape(16, 4).mean(1)[:, np.newaxis], [1, 16, 16, 2])
    upsampled = upsample_chroma(grayscale.astype(np.float32), chroma.astype(np.float32), 4)
    np.testing.assert_allclose(upsampled[0, 32, :, 0], truth, atol=0.01)
