"""Tests for color conversions, against published values, and for gamut mapping."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color.ciede2000 import ciede2000
from colorkeras.color.spaces import (
    from_uint8,
    lab_to_rgb,
    luma,
    luma_chroma_to_rgb,
    rgb_to_chroma,
    rgb_to_lab,
    saturate,
    to_uint8,
)

RED, GREEN, BLUE = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]
YELLOW, CYAN, MAGENTA = [1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0]
BLACK, WHITE = [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]

# Sharma, Wu, Dalal 2005, table 1: L1 a1 b1 L2 a2 b2 and the color difference.
SHARMA = (
    (50.0000, 2.6772, -79.7751, 50.0000, 0.0000, -82.7485, 2.0425),
    (50.0000, 3.1571, -77.2803, 50.0000, 0.0000, -82.7485, 2.8615),
    (50.0000, 2.8361, -74.0200, 50.0000, 0.0000, -82.7485, 3.4412),
    (50.0000, -1.3802, -84.2814, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, -1.1848, -84.8006, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, -0.9009, -85.5211, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, 0.0000, 0.0000, 50.0000, -1.0000, 2.0000, 2.3669),
    (50.0000, -1.0000, 2.0000, 50.0000, 0.0000, 0.0000, 2.3669),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0009, 7.1792),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0010, 7.1792),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0011, 7.2195),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0012, 7.2195),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0009, -2.4900, 4.8045),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0010, -2.4900, 4.8045),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0011, -2.4900, 4.7461),
    (50.0000, 2.5000, 0.0000, 50.0000, 0.0000, -2.5000, 4.3065),
    (50.0000, 2.5000, 0.0000, 73.0000, 25.0000, -18.0000, 27.1492),
    (50.0000, 2.5000, 0.0000, 61.0000, -5.0000, 29.0000, 22.8977),
    (50.0000, 2.5000, 0.0000, 56.0000, -27.0000, -3.0000, 31.9030),
    (50.0000, 2.5000, 0.0000, 58.0000, 24.0000, 15.0000, 19.4535),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.1736, 0.5854, 1.0000),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.2972, 0.0000, 1.0000),
    (50.0000, 2.5000, 0.0000, 50.0000, 1.8634, 0.5757, 1.0000),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.2592, 0.3350, 1.0000),
    (60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644),
    (63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630),
    (61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731),
    (35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645),
    (22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373),
    (36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146),
    (90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441),
    (90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381),
    (6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377),
    (2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082),
)


@pytest.fixture(scope="module")
def colors():
    """Random RGB values in `[0, 1]` and the corners of the RGB cube, float32 `[n, 3]`."""
    corners = np.stack(np.meshgrid([0, 1], [0, 1], [0, 1]), axis=-1).reshape(-1, 3)
    random = np.random.default_rng(0).random((5000, 3))
    return tf.constant(np.concatenate([corners, random]), tf.float32)


@pytest.mark.parametrize(
    "value, level",
    [
        (-0.1, 0),
        (0.0, 0),
        (0.49 / 255, 0),
        (0.51 / 255, 1),
        (254.49 / 255, 254),
        (254.51 / 255, 255),
        (1.0, 255),
        (1.2, 255),
        (1e30, 255),
    ],
)
def test_to_uint8_rounds_and_clips(value, level):
    result = to_uint8(tf.constant([value]))
    assert result.dtype == tf.uint8
    assert result.numpy().tolist() == [level]


def test_uint8_round_trip():
    levels = np.arange(256, dtype=np.uint8)
    scaled = from_uint8(levels)
    assert scaled.dtype == tf.float32
    assert (float(scaled[0]), float(scaled[255])) == (0.0, 1.0)
    np.testing.assert_array_equal(to_uint8(scaled), levels)


# ITU-R BT.601-7, sections 2.5.1 and 2.5.2, to the precision of JFIF.
@pytest.mark.parametrize(
    "rgb, y, cb, cr",
    [
        (RED, 0.299, -0.1687, 0.5),
        (GREEN, 0.587, -0.3313, -0.4187),
        (BLUE, 0.114, 0.5, -0.0813),
        (YELLOW, 0.886, -0.5, 0.0813),
        (WHITE, 1.0, 0.0, 0.0),
        (BLACK, 0.0, 0.0, 0.0),
        ([0.4, 0.4, 0.4], 0.4, 0.0, 0.0),
    ],
)
def test_luma_and_chroma_are_those_of_bt601(rgb, y, cb, cr):
    np.testing.assert_allclose(luma(tf.constant(rgb)), [y], atol=1e-6)
    np.testing.assert_allclose(rgb_to_chroma(tf.constant(rgb)), [cb, cr], atol=5e-5)


def test_leading_shape_is_kept():
    rgb = tf.zeros([2, 4, 5, 3])
    assert luma(rgb).shape == [2, 4, 5, 1]
    assert rgb_to_chroma(rgb).shape == [2, 4, 5, 2]
    assert rgb_to_lab(rgb).shape == [2, 4, 5, 3]
    assert luma_chroma_to_rgb(luma(rgb), rgb_to_chroma(rgb)).shape == [2, 4, 5, 3]
    assert ciede2000(rgb, rgb).shape == [2, 4, 5]


def test_colors_inside_the_gamut_are_unchanged(colors):
    result = luma_chroma_to_rgb(luma(colors), rgb_to_chroma(colors))
    np.testing.assert_allclose(result, colors, atol=1e-6)


def _lumas_and_chromas(scale):
    """Return all combinations of luma, from black to white, and chroma in many directions."""
    angles = np.linspace(0, 2 * np.pi, 73)
    # The last color is gray.
    chroma = np.concatenate([scale * np.stack([np.cos(angles), np.sin(angles)], -1), [[0, 0]]])
    lumas = np.concatenate([[0, 1e-7, 1 - 1e-7, 1], np.arange(256) / 255])
    pairs = np.broadcast_arrays(lumas[:, None, None], chroma[None])
    return [tf.constant(array, tf.float32) for array in (pairs[0][..., :1], pairs[1])]


@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e-3, 0.2, 0.5, 1.0, 10.0, 1e6, 3e38])
def test_any_chroma_keeps_luma_and_hue(scale):
    y, chroma = _lumas_and_chromas(scale)
    rgb = luma_chroma_to_rgb(y, chroma)
    assert np.isfinite(rgb).all()
    assert tf.reduce_min(rgb) >= 0.0 and tf.reduce_max(rgb) <= 1.0
    np.testing.assert_allclose(luma(rgb), y, atol=1e-6)
    # After rounding to 8 bits, luma may differ by half a level.
    np.testing.assert_allclose(luma(from_uint8(to_uint8(rgb))), y, atol=0.5 / 255 + 1e-6)

    unit = chroma / max(scale, 1e-30)
    result = rgb_to_chroma(rgb)
    cross = unit[..., 0] * result[..., 1] - unit[..., 1] * result[..., 0]
    np.testing.assert_allclose(cross, 0.0, atol=1e-6)
    assert tf.reduce_min(tf.reduce_sum(unit * result, axis=-1)) >= -1e-6


def test_gamut_mapping_keeps_as_much_chroma_as_possible():
    y, chroma = _lumas_and_chromas(10.0)
    rgb = luma_chroma_to_rgb(y, chroma)[:, :-1]
    room = tf.minimum(tf.reduce_min(rgb, axis=-1), 1 - tf.reduce_max(rgb, axis=-1))
    np.testing.assert_allclose(room, 0.0, atol=1e-6)


def test_luma_outside_its_range_is_clipped():
    rgb = luma_chroma_to_rgb(tf.constant([[-0.5], [1.5]]), tf.constant([[0.1, 0.2]] * 2))
    np.testing.assert_array_equal(rgb, [BLACK, WHITE])


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.0, 1.5, 4.0])
def test_saturate_scales_chroma_and_keeps_luma(factor):
    generator = np.random.default_rng(0)
    muted = tf.constant(generator.uniform(0.45, 0.55, (50, 3)), tf.float32)
    result = saturate(muted, factor)
    np.testing.assert_allclose(luma(result), luma(muted), atol=1e-6)
    np.testing.assert_allclose(rgb_to_chroma(result), factor * rgb_to_chroma(muted), atol=1e-6)
    strong = tf.constant(generator.uniform(0, 1, (500, 3)), tf.float32)
    result = saturate(strong, factor)
    assert tf.reduce_min(result) >= 0 and tf.reduce_max(result) <= 1
    np.testing.assert_allclose(luma(result), luma(strong), atol=1e-6)


# Values from B. Lindbloom's calculator (sRGB, D65), which uses the same matrix.
@pytest.mark.parametrize(
    "rgb, lab",
    [
        (RED, [53.2408, 80.0925, 67.2032]),
        (GREEN, [87.7347, -86.1827, 83.1793]),
        (BLUE, [32.2970, 79.1875, -107.8602]),
        (YELLOW, [97.1393, -21.5537, 94.4780]),
        (CYAN, [91.1132, -48.0875, -14.1312]),
        (MAGENTA, [60.3242, 98.2343, -60.8249]),
        (WHITE, [100.0, 0.0, 0.0]),
        (BLACK, [0.0, 0.0, 0.0]),
        ([128 / 255] * 3, [53.5850, 0.0, 0.0]),
        # These values lie in the linear segments of both curves.
        ([0.01] * 3, [0.6991, 0.0, 0.0]),
    ],
)
def test_lab_of_srgb_colors(rgb, lab):
    np.testing.assert_allclose(rgb_to_lab(tf.constant(rgb)), lab, atol=0.01)


def test_lab_to_rgb_is_the_inverse():
    rgb = np.random.default_rng(0).random((50, 3)).astype(np.float32)
    np.testing.assert_allclose(lab_to_rgb(rgb_to_lab(rgb)), rgb, atol=1e-4)


def test_lab_outside_the_gamut_is_clipped():
    rgb = lab_to_rgb(tf.constant([[50.0, 200.0, 0.0], [120.0, 0.0, 0.0], [-5.0, 0.0, 0.0]]))
    assert rgb.numpy().min() == 0 and rgb.numpy().max() == pytest.approx(1)
    np.testing.assert_allclose(rgb[1:], [[1, 1, 1], [0, 0, 0]], atol=1e-6)


@pytest.mark.parametrize("pair", SHARMA)
def test_ciede2000_agrees_with_the_published_pairs(pair):
    # float64, because the hues of pairs 9 to 15 differ by 180 degrees within 0.002.
    first, second = tf.cast(pair[:3], tf.float64), tf.cast(pair[3:6], tf.float64)
    np.testing.assert_allclose(ciede2000(first, second), pair[6], atol=1e-4)
    np.testing.assert_allclose(ciede2000(second, first), pair[6], atol=1e-4)


def test_ciede2000_of_float32_images(colors):
    lab = rgb_to_lab(colors)
    np.testing.assert_array_equal(ciede2000(lab, lab), np.zeros(len(lab)))
    other = tf.reverse(lab, axis=[0])
    there, back = ciede2000(lab, other), ciede2000(other, lab)
    assert np.isfinite(there).all()
    np.testing.assert_allclose(there, back, rtol=1e-4, atol=1e-4)
    exact = ciede2000(tf.cast(lab, tf.float64), tf.cast(other, tf.float64))
    np.testing.assert_allclose(there, exact, rtol=1e-3, atol=1e-3)
