"""Tests for processing images in strips."""

import numpy as np
import pytest

from colorkeras.inference import streaming
from colorkeras.utils.errors import UserError


def test_small_images_are_enlarged_up_to_a_factor():
    ramp = np.linspace(0, 1, 40, dtype=np.float32) * np.ones([20, 1], np.float32)
    small = streaming.downscale_luma(ramp, 96, max_scale=1.25)
    assert small.shape == (1, 25, 50, 1)
    interpolated = np.interp((np.arange(50) + 0.5) / 1.25 - 0.5, np.arange(40), ramp[0])
    np.testing.assert_allclose(small[0, :, :, 0], interpolated * np.ones([25, 1]), atol=1e-6)
    assert streaming.downscale_luma(ramp, 45, max_scale=1.25).shape == (1, 22, 45, 1)


def test_a_network_of_one_size_gets_it():
    assert streaming.downscale_luma(np.zeros([50, 20], np.uint8), 96, 32).shape == (1, 32, 32, 1)


def test_too_long_a_side_is_refused():
    with pytest.raises(UserError, match="262145x1 pixels"):
        streaming.downscale_luma(np.zeros([1, 2**18 + 1], np.uint8), 96)
