"""Tests of streaming, compared with the same computation in one graph."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color import guided_upsampling
from colorkeras.inference import streaming
from colorkeras.utils.errors import UserError


def colored_small(small):
    return tf.repeat(small, 3, axis=-1) * [1.0, 0.9, 0.8]


@pytest.mark.parametrize("shape", [(130, 70), (130, 70, 3)], ids=["gray", "RGB"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_strips_make_the_whole(shape, dtype, monkeypatch):
    levels = np.random.default_rng(0).random(shape)
    pixels = (levels * (np.iinfo(dtype).max if dtype != "float32" else 1)).astype(dtype)
    tensor = tf.constant(pixels.reshape(130, 70, -1))
    expected_small = guided_upsampling.downscale_luma(tensor, tf.constant([32, 17]))
    expected = guided_upsampling.upsample_color(
        expected_small, colored_small(expected_small), tensor, 1.5
    )

    monkeypatch.setattr(guided_upsampling, "PIXELS_PER_STRIP", 70 * 9)
    small = streaming.downscale_luma(pixels, 32)
    np.testing.assert_allclose(small, expected_small, atol=1e-6)
    large = streaming.upsample_color(pixels, small, colored_small(small), 1.5)
    assert large.dtype == dtype and large.shape == (130, 70, 3)
    tolerance = 1e-5 if dtype == "float32" else 1
    np.testing.assert_allclose(large, np.asarray(expected, np.float64), atol=tolerance)


def test_a_network_of_one_size_gets_it():
    assert streaming.downscale_luma(np.zeros([50, 20], np.uint8), 96, 32).shape == (1, 32, 32, 1)


def test_pictures_of_all_sizes_and_threads_share_a_graph(monkeypatch):
    traced = []

    def counted(function):
        def count(*arguments):
            traced.append(function.__name__)
            return function(*arguments)

        return count

    for name in ("downscale_luma_rows", "upsample_color_rows"):
        monkeypatch.setattr(streaming, name, counted(getattr(streaming, name)))
    streaming._graphs.cache_clear()

    def color(height):
        pixels = np.zeros([height, 3 * height, 3], np.uint16)
        small = streaming.downscale_luma(pixels, 6 + height // 4)
        return streaming.upsample_color(pixels, small, colored_small(small)).shape

    sizes = range(8, 20)
    with ThreadPoolExecutor(4) as pool:
        shapes = list(pool.map(color, sizes))
    assert shapes == [(height, 3 * height, 3) for height in sizes]
    assert sorted(traced) == ["downscale_luma_rows", "upsample_color_rows"]
    streaming._graphs.cache_clear()


def test_too_long_a_side_is_refused():
    with pytest.raises(UserError, match="262145x1 pixels"):
        streaming.downscale_luma(np.zeros([1, 2**18 + 1], np.uint8), 96)
