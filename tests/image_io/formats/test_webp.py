"""Tests for variants of WebP files."""

import io

import numpy as np
import pytest
from image_files import XMP, exif_of, read
from PIL import Image

from colorkeras.utils.errors import UserError

NOISE = np.random.default_rng(0).integers(0, 256, (30, 41, 3), np.uint8)
NOTE = "the end of the file is missing, but the pixel data is complete"


def webp(**settings):
    """Return a lossless WebP file as bytes."""
    buffer = io.BytesIO()
    Image.fromarray(NOISE).save(buffer, "WEBP", lossless=True, **settings)
    return buffer.getvalue()


@pytest.mark.parametrize("missing", [1, 30])
@pytest.mark.parametrize("name", ["exif", "xmp"])
def test_missing_metadata_at_the_end(name, missing, tmp_path):
    content = webp(**{name: XMP if name == "xmp" else exif_of().tobytes()})
    (tmp_path / "a.webp").write_bytes(content[:-missing])
    (image,), contents = read(tmp_path / "a.webp")
    np.testing.assert_array_equal(image.pixels, NOISE)
    assert contents.notes == [NOTE] and contents.metadata.is_lossless


def test_missing_frames_at_the_end(tmp_path):
    others = [Image.fromarray(NOISE[::-1]), Image.fromarray(NOISE[:, ::-1])]
    content = webp(save_all=True, append_images=others)
    (tmp_path / "a.webp").write_bytes(content[:-500])
    (image,), contents = read(tmp_path / "a.webp")
    np.testing.assert_array_equal(image.pixels, NOISE)
    assert contents.notes == [NOTE, "only the first of 2 images in the file was colorized"]


@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("missing", [20, 1000])
def test_missing_pixels_are_refused(missing, lossless, tmp_path):
    Image.fromarray(NOISE).save(tmp_path / "a.webp", lossless=lossless)
    (tmp_path / "a.webp").write_bytes((tmp_path / "a.webp").read_bytes()[:-missing])
    with pytest.raises(UserError, match="the end of the file is missing"):
        read(tmp_path / "a.webp")


def test_extra_bytes_at_the_end(tmp_path):
    (tmp_path / "a.webp").write_bytes(webp() + b"extra")
    (image,), contents = read(tmp_path / "a.webp")
    np.testing.assert_array_equal(image.pixels, NOISE)
    assert not contents.notes
