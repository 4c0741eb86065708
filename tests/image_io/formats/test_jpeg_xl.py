"""Tests for JPEG XL and JPEG 2000 files."""

import io
import sys

import numpy as np
import pytest
from image_files import ramp, read
from PIL import Image

from colorkeras.image_io.formats.jpeg_xl import header_size
from colorkeras.utils.errors import UserError

SIZES = [(6, 5), (8, 8), (160, 120), (1920, 1080), (3001, 77), (1, 1), (256, 256), (1, 40000)]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_declared_sizes(size):
    pytest.importorskip("pillow_jxl")
    content = io.BytesIO()
    exif = Image.Exif()
    exif[271] = "Leica"
    for settings in ({}, {"exif": exif.tobytes()}):
        content.seek(0)
        content.truncate()
        Image.new("L", size).save(content, "JXL", **settings)
        assert header_size(content) == size


def test_size_is_checked_before_pixels_are_decoded(tmp_path, monkeypatch):
    plugin = pytest.importorskip("pillow_jxl.JpegXLImagePlugin")
    Image.fromarray(ramp((30, 40))).save(tmp_path / "a.jxl", "JXL", lossless=True)
    np.testing.assert_array_equal(read(tmp_path / "a.jxl")[0][0].pixels, ramp((30, 40)))
    monkeypatch.setattr(plugin, "Decoder", None)
    with pytest.raises(UserError, match="40x30 pixels"):
        read(tmp_path / "a.jxl", max_megapixels=0.001)


def test_missing_reader_is_named(tmp_path, monkeypatch):
    (tmp_path / "a.jxl").write_bytes(b"\xff\x0a" + bytes(99))
    monkeypatch.setattr("colorkeras.image_io.reading._pillow_readers", dict)
    with pytest.raises(UserError, match=r"JPEG XL.*\n.*\n.*colorkeras\[codecs\]"):
        read(tmp_path / "a.jxl")


def test_jpeg_2000_keeps_16_bits(tmp_path):
    imagecodecs = pytest.importorskip("imagecodecs")
    color = np.random.default_rng(0).integers(0, 65536, (30, 40, 3), np.uint16)
    for pixels, bits in ((color, 16), (color >> 4, 12), (ramp((30, 40), np.uint16), 16)):
        content = imagecodecs.jpeg2k_encode(pixels, level=0, bitspersample=bits)
        (tmp_path / "a.jp2").write_bytes(content)
        (image,), contents = read(tmp_path / "a.jp2")
        expected = np.rint(pixels * (65535 / (2**bits - 1)))
        np.testing.assert_array_equal(image.pixels, expected)
        assert not contents.notes


@pytest.mark.parametrize("num_channels", [2, 4])
def test_jpeg_2000_with_transparency_keeps_16_bits(num_channels, tmp_path, monkeypatch):
    imagecodecs = pytest.importorskip("imagecodecs")
    pixels = np.random.default_rng(0).integers(0, 65536, (30, 40, num_channels), np.uint16)
    pixels[..., -1] = 65535
    pixels[:9, :, -1] = 0
    (tmp_path / "a.jp2").write_bytes(imagecodecs.jpeg2k_encode(pixels, level=0))
    (image,), _ = read(tmp_path / "a.jp2")
    np.testing.assert_array_equal(image.alpha, pixels[..., -1])
    expected = pixels[9:, :, 0] if num_channels == 2 else pixels[9:, :, :3]
    np.testing.assert_array_equal(image.pixels[9:], expected)
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    with pytest.raises(UserError, match="16-bit pixels with transparency"):
        read(tmp_path / "a.jp2")
