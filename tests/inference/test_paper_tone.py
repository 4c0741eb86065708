"""Tests for adding the paper tone to predicted colors."""

import numpy as np
import pytest

from colorkeras.color import guided_upsampling
from colorkeras.color.spaces import luma
from colorkeras.image_io.color_detection import tone_curve
from colorkeras.inference.paper_tone import keep_tone


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_each_luma_gets_its_tone_and_keeps_its_color(dtype, monkeypatch):
    scale = np.iinfo(dtype).max
    levels = np.linspace(0.3, 0.7, 60 * 50).reshape(60, 50)
    toned = (np.stack([1.1 * levels, levels, 0.8 * levels + 0.1], axis=-1) * scale).astype(dtype)
    blue = np.repeat(luma(toned / scale), 3, axis=-1)
    blue[..., 2] += 0.1
    colored = (blue * scale).astype(dtype)
    monkeypatch.setattr(guided_upsampling, "PIXELS_PER_STRIP", 50 * 7)
    kept = keep_tone(tone_curve(toned), colored)
    assert kept.dtype == dtype
    difference = (kept / scale - toned / scale) - (colored / scale - luma(colored / scale))
    assert np.abs(difference).max() < 0.02
    np.testing.assert_allclose(luma(kept / scale), luma(colored / scale), atol=1 / 255)
