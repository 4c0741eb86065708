"""Tests of the many kinds of TIFF files."""

import numpy as np
import pytest
import tifffile
from image_files import RECORDS, exif_of, ramp, read, rgb_profile
from PIL import Image

from colorkeras import image_io
from colorkeras.image_io import DecodedImage, Metadata
from colorkeras.image_io.formats import tiff
from colorkeras.utils.errors import UserError

GRAY, DEEP = ramp((30, 40)), ramp((30, 40), np.uint16)
RGB = np.random.default_rng(0).integers(0, 65536, (30, 40, 3), np.uint16)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("predictor", [False, True])
def test_deep_gray(order, compression, predictor, tmp_path):
    settings = {"compression": compression, "predictor": predictor and compression is not None}
    for kind, pixels in (("minisblack", DEEP), ("miniswhite", 65535 - DEEP)):
        path = tmp_path / f"{kind}.tif"
        tifffile.imwrite(path, pixels, byteorder=order, photometric=kind, **settings)
        (picture,), contents = read(path)
        np.testing.assert_array_equal(picture.pixels, DEEP)
        assert picture.pixels.dtype.isnative and not contents.notes


@pytest.mark.parametrize("planes", ["contig", "separate"])
@pytest.mark.parametrize("tile", [None, (16, 16)])
def test_deep_colors(planes, tile, tmp_path):
    pixels = RGB if planes == "contig" else np.moveaxis(RGB, -1, 0)
    settings = {"planarconfig": planes, "tile": tile, "photometric": "rgb"}
    tifffile.imwrite(tmp_path / "a.tif", pixels, **settings)
    np.testing.assert_array_equal(read(tmp_path / "a.tif")[0][0].pixels, RGB)


def test_deep_gray_in_three_channels_is_gray(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", DEEP[..., np.newaxis].repeat(3, -1), photometric="rgb")
    np.testing.assert_array_equal(read(tmp_path / "a.tif")[0][0].pixels, DEEP)


@pytest.mark.parametrize("kind", ["unassalpha", "assocalpha", "unspecified"])
@pytest.mark.parametrize("color", [DEEP, RGB], ids=["gray", "rgb"])
def test_deep_transparency(kind, color, tmp_path):
    alpha = np.full((30, 40), 65535, np.uint16)
    alpha[5:] = 32768
    stored = color
    if kind == "assocalpha":
        share = (alpha / 65535).reshape(30, 40, *[1] * (color.ndim - 2))
        stored = np.rint(color * share).astype(np.uint16)
    photometric = "rgb" if color.ndim == 3 else "minisblack"
    settings = {"photometric": photometric, "extrasamples": [kind], "planarconfig": "contig"}
    tifffile.imwrite(tmp_path / "a.tif", np.dstack([stored, alpha]), **settings)
    (picture,), contents = read(tmp_path / "a.tif")
    assert np.abs(picture.pixels.astype(int) - color).max() <= (2 if kind == "assocalpha" else 0)
    if kind == "unspecified":
        assert picture.alpha is None
        assert contents.notes == ["channels of unknown meaning were left out"]
    else:
        np.testing.assert_array_equal(picture.alpha, alpha)
        assert not contents.notes


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_deflate", "packbits", "raw"])
def test_shallow_compressions(compression, tmp_path):
    for image in (Image.fromarray(GRAY), Image.fromarray((RGB >> 8).astype(np.uint8))):
        image.save(tmp_path / "a.tif", compression=compression)
        np.testing.assert_array_equal(read(tmp_path / "a.tif")[0][0].pixels, np.asarray(image))


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt", "raw"])
def test_bilevel(compression, tmp_path):
    bits = GRAY > 99
    Image.fromarray(bits).save(tmp_path / "a.tif", compression=compression)
    np.testing.assert_array_equal(read(tmp_path / "a.tif")[0][0].pixels, bits * 255)


def test_white_is_zero(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", 255 - GRAY, photometric="miniswhite")
    np.testing.assert_array_equal(read(tmp_path / "a.tif")[0][0].pixels, GRAY)
    Image.fromarray(GRAY > 99).save(tmp_path / "b.tif", tiffinfo={262: 0})
    np.testing.assert_array_equal(read(tmp_path / "b.tif")[0][0].pixels, (GRAY > 99) * 255)


def test_deep_gray_without_imagecodecs(tmp_path):
    Image.fromarray(DEEP).save(tmp_path / "a.tif", compression="tiff_lzw")
    (picture,), contents = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(picture.pixels, DEEP)
    assert not contents.notes
    Image.fromarray(65535 - DEEP).save(tmp_path / "a.tif", compression="tiff_lzw")
    content = bytearray((tmp_path / "a.tif").read_bytes())
    at = content.index(b"\x06\x01\x03\0\x01\0\0\0\x01")
    content[at + 8] = 0
    (tmp_path / "a.tif").write_bytes(content)
    np.testing.assert_array_equal(read(tmp_path / "a.tif")[0][0].pixels, DEEP)


def test_deep_colors_without_imagecodecs_become_shallow_and_it_is_said(tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "a.tif", RGB, photometric="rgb")

    def fail(self, **settings):
        raise ValueError("<COMPRESSION.LZW: 5> requires the 'imagecodecs' package")

    monkeypatch.setattr(tifffile.TiffPage, "asarray", fail)
    (picture,), contents = read(tmp_path / "a.tif")
    assert np.abs(picture.pixels - RGB / 257).max() < 1.01
    (note,) = contents.notes
    assert note.startswith("16 bits became 8 (") and "imagecodecs" in note


@pytest.mark.parametrize("dtype", [np.float32, np.int16, np.uint32, np.float64])
def test_pixels_of_other_types(dtype, tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.ones((9, 7), dtype), photometric="minisblack")
    with pytest.raises(UserError, match="cannot be read"):
        read(tmp_path / "a.tif")


def test_pixels_of_twelve_bits(tmp_path):
    Image.fromarray(DEEP).save(tmp_path / "a.tif")
    content = (tmp_path / "a.tif").read_bytes()
    entry = b"\x02\x01\x03\0\x01\0\0\0"
    assert entry + b"\x10" in content
    (tmp_path / "a.tif").write_bytes(content.replace(entry + b"\x10", entry + b"\x0c"))
    with pytest.raises(UserError, match="pixels of 12 bits"):
        read(tmp_path / "a.tif")


def test_pages_of_every_kind(tmp_path):
    bits = GRAY > 99
    profile = rgb_profile(1.8)
    settings = {"metadata": None, "software": False}
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for page, kind in ((GRAY, "minisblack"), (DEEP[:20], "minisblack"), (RGB, "rgb")):
            file.write(page, photometric=kind, iccprofile=profile, **settings)
        file.write(GRAY[:9], photometric="miniswhite", **settings)
        file.write(bits, photometric="minisblack", **settings)
    pictures, contents = read(tmp_path / "a.tif")
    assert contents.num_pages == 5 and not contents.notes
    sizes = [(30, 40), (20, 40), (30, 40), (9, 40), (30, 40)]
    assert [picture.size for picture in pictures] == sizes
    assert [picture.pixels.itemsize for picture in pictures] == [1, 2, 2, 1, 1]
    # The profile of the pages before is not that of the last ones.
    np.testing.assert_array_equal(pictures[3].pixels, 255 - GRAY[:9])
    assert not np.array_equal(pictures[0].pixels, GRAY)
    assert contents.metadata.has_profile


def test_profile_of_a_later_page_is_not_that_of_the_first(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(GRAY, photometric="minisblack", metadata=None)
        file.write(GRAY, photometric="minisblack", metadata=None, iccprofile=rgb_profile(1.8))
    pictures, contents = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(pictures[0].pixels, GRAY)
    assert not contents.metadata.has_profile


def test_iptc_of_tiff_files(tmp_path):
    for kind, value in (("B", RECORDS + bytes(-len(RECORDS) % 4)), ("I", None)):
        if value is None:
            padded = RECORDS + bytes(-len(RECORDS) % 4)
            value = tuple(np.frombuffer(padded, "<u4").tolist())
        tag = (33723, kind, len(value), value, True)
        tifffile.imwrite(tmp_path / "a.tif", GRAY, extratags=[tag], byteorder="<")
        (picture,), contents = read(tmp_path / "a.tif")
        image_io.save(tmp_path / "b.tif", iter([picture]), contents.metadata)
        with tifffile.TiffFile(tmp_path / "b.tif") as file:
            assert bytes(file.pages[0].tags[33723].value).startswith(RECORDS)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("is_big", [False, True])
def test_exif_of_either_byte_order_in_files_of_either_size(order, is_big, tmp_path, monkeypatch):
    if is_big:
        monkeypatch.setattr(tiff, "_MAX_CLASSIC", 100)
    exif = exif_of()
    exif.endian = order
    metadata = Metadata(exif=exif, dpi=(300.0, 300.0))
    image_io.mark(metadata, "colorkeras")
    path = tmp_path / "a.tif"
    image_io.save(path, iter([DecodedImage(RGB), DecodedImage(DEEP)]), metadata, num_pages=2)
    with tifffile.TiffFile(path) as file:
        assert file.is_bigtiff is is_big and file.byteorder == ("<" if is_big else order)
        assert [page.shape for page in file.pages] == [(30, 40, 3), (30, 40)]
        tags = file.pages[0].tags
        assert tags["ExifTag"].value["ExposureTime"] == (1, 2)
        assert tags["GPSTag"].value["GPSLongitudeRef"] == "E"
        np.testing.assert_array_equal(file.pages[0].asarray(), RGB)
    pictures, contents = read(path)
    np.testing.assert_array_equal(pictures[0].pixels, RGB)
    np.testing.assert_array_equal(pictures[1].pixels, DEEP)
    assert contents.metadata.exif[271] == "Leica"
    assert contents.metadata.exif[0x8769][33434] == 0.5


def test_layers_of_editors_are_left_out(tmp_path):
    layers = (37724, 7, 9, b"gray face", True)
    tifffile.imwrite(tmp_path / "a.tif", GRAY, extratags=[layers])
    (picture,), contents = read(tmp_path / "a.tif")
    image_io.save(tmp_path / "b.tif", iter([picture]), contents.metadata)
    assert b"gray face" not in (tmp_path / "b.tif").read_bytes()
