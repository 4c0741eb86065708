"""Tests for variants of JPEG files."""

import numpy as np
import pytest
from image_files import jpeg_bytes, ramp, read, segment
from PIL import Image

from colorkeras import image_io
from colorkeras.image_io import DecodedImage, Metadata
from colorkeras.utils.errors import UserError

SMOOTH = Image.fromarray(ramp((3, 4))).resize((40, 32), Image.Resampling.BILINEAR)


@pytest.mark.parametrize(
    "settings", [{"progressive": True}, {"subsampling": "4:2:0"}, {"quality": 5}]
)
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_kinds_of_files(mode, settings, tmp_path):
    image = SMOOTH
    if mode != "L":
        image = image.convert("RGB").convert(mode)
    (tmp_path / "a.jpg").write_bytes(jpeg_bytes(image, **settings))
    (decoded,), contents = read(tmp_path / "a.jpg")
    gray = decoded.pixels if decoded.pixels.ndim == 2 else decoded.pixels[..., 1]
    assert np.abs(gray.astype(int) - np.asarray(SMOOTH)).max() < 40
    assert not contents.notes
    if mode != "CMYK":
        assert decoded.pixels.ndim == 2


def test_results_are_close_to_the_original(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    image_io.save(tmp_path / "a.jpg", iter([DecodedImage(pixels)]), Metadata())
    with Image.open(tmp_path / "a.jpg") as image:
        # Chroma has the same resolution as luma.
        assert [layer[1:3] for layer in image.layer] == [(1, 1)] * 3
        tables = image.quantization
    (tmp_path / "b.jpg").write_bytes(jpeg_bytes(Image.fromarray(pixels), quality=95))
    with Image.open(tmp_path / "b.jpg") as image:
        assert tables == image.quantization


def test_first_image_of_several(tmp_path):
    others = [Image.new("L", (20, 10), 9)]
    SMOOTH.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=others)
    (decoded,), contents = read(tmp_path / "a.jpg")
    assert contents.format == "MPO" and decoded.size == (32, 40)
    assert contents.notes == ["only the first of 2 images in the file was colorized"]
    image_io.save(tmp_path / "b.jpg", iter([decoded]), contents.metadata)
    assert not read(tmp_path / "b.jpg")[1].notes


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("missing", [1, 2, 3, 30, 2000])
def test_missing_end_markers(missing, progressive, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (200, 300), np.uint8)
    path = tmp_path / "a.jpg"
    Image.fromarray(noise).save(path, progressive=progressive)
    (expected,), _ = read(path)
    path.write_bytes(path.read_bytes()[:-missing])
    if missing > 2:
        with pytest.raises(UserError, match="the end of the file is missing"):
            read(path)
        return
    (image,), contents = read(path)
    np.testing.assert_array_equal(image.pixels, expected.pixels)
    assert contents.notes == ["the file's end marker is missing, but the pixel data is complete"]


@pytest.mark.parametrize("settings", [{}, {"subsampling": 0}, {"restart_marker_blocks": 4}])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_no_missing_pixels_pass_for_complete(mode, settings, tmp_path):
    rows, columns = np.mgrid[0:64, 0:96]
    noise = np.random.default_rng(0).normal(0, 4, (64, 96))
    waves = 128 + 60 * np.sin(columns / 9) + 40 * np.cos(rows / 7) + noise
    image = Image.fromarray(np.stack([waves, waves[::-1], waves[:, ::-1]], -1).astype(np.uint8))
    content = jpeg_bytes(image.convert(mode), **settings)
    (tmp_path / "a.jpg").write_bytes(content)
    (expected,), _ = read(tmp_path / "a.jpg")
    for missing in range(1, 40):
        (tmp_path / "a.jpg").write_bytes(content[:-missing])
        try:
            (found,), _ = read(tmp_path / "a.jpg")
        except UserError:
            continue
        np.testing.assert_array_equal(found.pixels, expected.pixels)


def test_stereo_files(tmp_path):
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8))
    image.save(tmp_path / "a.mpo", "MPO", save_all=True, append_images=[image])
    (_,), contents = read(tmp_path / "a.mpo")
    assert image_io.is_image("a.MPO") and image_io.result_suffix("a.mpo") == ".jpg"
    assert contents.notes == ["only the first of 2 images in the file was colorized"]


def test_names_of_other_programs_are_limited(tmp_path):
    names = ["Adobe_CM", *(f"Program{number}" for number in range(3000))]
    extra = b"".join(segment(0xE4, name.encode() + b"\0data") for name in names)
    SMOOTH.save(tmp_path / "a.jpg", extra=extra + segment(0xEE, b"Adobe\0d" + bytes(5)))
    shown = "Adobe_CM, Program0, Program1, Program2, Program3"
    assert read(tmp_path / "a.jpg")[1].notes == [
        f"the data of other programs ({shown} and 2996 more) was left out"
    ]
