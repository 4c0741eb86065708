"""Tests for color detection."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import colorkeras.data
from colorkeras.color.bt601 import LUMA_WEIGHTS
from colorkeras.image_io.color_detection import is_colored, is_nearly_gray

PHOTOGRAPHS = sorted((Path(colorkeras.data.__file__).parent / "sample_photographs").glob("*.jpg"))


def saved(pixels, quality=75):
    """Return the pixels after a round trip through a JPEG file."""
    buffer = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


def sepia(luma):
    return np.stack([luma**0.8 * 255, luma * 225, luma**1.25 * 190 + 10], axis=-1)


def aged(luma):
    """Return a sepia image on paper with yellowed edges."""
    rows, columns = (np.linspace(-0.7, 0.7, side) for side in luma.shape)
    distance = np.hypot(rows[:, np.newaxis], columns)[..., np.newaxis]
    return sepia(luma) * (1 - distance * [0.05, 0.1, 0.18])


def noisy(luma):
    return sepia(luma) + np.random.default_rng(0).normal(0, 8, (*luma.shape, 3))


TONINGS = {
    "gray": lambda luma: luma[..., np.newaxis].repeat(3, axis=-1) * 255,
    "sepia": sepia,
    "aged": aged,
    "noisy": noisy,
    "cyanotype": lambda luma: np.stack(
        [luma**1.6 * 235, luma**1.1 * 245, 60 + luma**0.6 * 190], axis=-1
    ),
    "selenium": lambda luma: np.stack([luma * 250 + 5, luma**1.05 * 245, luma * 248], axis=-1),
    "two tones": lambda luma: np.stack(
        [luma * 255, luma * 240, np.where(luma < 0.5, luma * 260, luma * 200 + 30)], axis=-1
    ),
}


@pytest.fixture(params=PHOTOGRAPHS, ids=lambda path: path.stem)
def photograph(request):
    with Image.open(request.param) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("name", TONINGS)
def test_toned_photographs_are_not_colored(name, photograph):
    toned = TONINGS[name](photograph @ LUMA_WEIGHTS / 255)
    assert not is_colored(saved(toned))


def test_colored_photographs(photograph):
    assert is_colored(photograph)
    assert is_colored(photograph.astype(np.uint16) * 257)
    gray = np.rint(photograph @ LUMA_WEIGHTS)[..., np.newaxis]
    assert is_colored(saved(gray + 0.5 * (photograph - gray)))


def test_a_colored_part_is_enough():
    pixels = np.linspace(0, 255, 400).astype(np.uint8)[:, np.newaxis, np.newaxis]
    pixels = np.broadcast_to(pixels, (400, 400, 3)).copy()
    pixels[:40, :40] = (200, 60, 60)
    assert is_colored(pixels)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (257, 3), (513, 300)])
def test_any_size(shape):
    assert not is_colored(np.zeros(shape, np.uint8))
    assert not is_colored(np.zeros((*shape, 3), np.uint16))
    assert not is_colored(np.full((*shape, 3), (255, 250, 240), np.uint8))


def test_scanner_noise_is_not_color():
    noise = np.random.default_rng(0).normal(128, 12, (1024, 1024, 3))
    assert not is_colored(np.clip(noise, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("tint", [0, 2, 40])
def test_nearly_gray(tint, dtype):
    gray = np.random.default_rng(0).integers(50, 200, (40, 50)).astype(int)
    pixels = np.stack([gray + tint, gray, gray - tint], axis=-1)
    assert is_nearly_gray((pixels * (np.iinfo(dtype).max // 255)).astype(dtype)) is (tint < 5)
    assert is_nearly_gray(gray.astype(np.uint8))
