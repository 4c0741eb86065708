"""Tests for variants of TIFF files."""

import subprocess
import sys

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
def test_16_bit_gray(order, compression, predictor, tmp_path):
    settings = {"compression": compression, "predictor": predictor and compression is not None}
    for kind, pixels in (("minisblack", DEEP), ("miniswhite", 65535 - DEEP)):
        path = tmp_path / f"{kind}.tif"
        tifffile.imwrite(path, pixels, byteorder=order, photometric=kind, **settings)
        (decoded,), contents = read(path)
        np.testing.assert_array_equal(decoded.pixels, DEEP)
        assert decoded.pixels.dtype.isnative and not contents.notes


@pytest.mark.parametrize("planes", ["contig", "separate"])
@pytest.mark.parametrize("tile", [None, (16, 16)])
def test_16_bit_colors(planes, tile, tmp_path):
    pixels = RGB if planes == "contig" else np.moveaxis(RGB, -1, 0)
    settings = {"planarconfig": planes, "tile": tile, "photometric": "rgb"}
    tifffile.imwrite(tmp_path / "a.tif", pixels, **settings)
    np.testing.assert_array_equal(read(tmp_path / "a.tif")[0][0].pixels, RGB)


def test_16_bit_gray_in_three_channels_is_gray(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", DEEP[..., np.newaxis].repeat(3, -1), photometric="rgb")
    np.testing.assert_array_equal(read(tmp_path / "a.tif")[0][0].pixels, DEEP)


@pytest.mark.parametrize("kind", ["unassalpha", "assocalpha", "unspecified"])
@pytest.mark.parametrize("color", [DEEP, RGB], ids=["gray", "rgb"])
def test_16_bit_transparency(kind, color, tmp_path):
    alpha = np.full((30, 40), 65535, np.uint16)
    alpha[5:] = 32768
    stored = color
    if kind == "assocalpha":
        share = (alpha / 65535).reshape(30, 40, *[1] * (color.ndim - 2))
        stored = np.rint(color * share).astype(np.uint16)
    photometric = "rgb" if color.ndim == 3 else "minisblack"
    settings = {"photometric": photometric, "extrasamples": [kind], "planarconfig": "contig"}
    tifffile.imwrite(tmp_path / "a.tif", np.dstack([stored, alpha]), **settings)
    (decoded,), contents = read(tmp_path / "a.tif")
    assert np.abs(decoded.pixels.astype(int) - color).max() <= (2 if kind == "assocalpha" else 0)
    if kind == "unspecified":
        assert decoded.alpha is None
        assert contents.notes == ["channels of unknown meaning were left out"]
    else:
        np.testing.assert_array_equal(decoded.alpha, alpha)
        assert not contents.notes


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_deflate", "packbits", "raw"])
def test_8_bit_compressions(compression, tmp_path):
    for image in (Image.fromarray(GRAY), Image.fromarray((RGB >> 8).astype(np.uint8))):
        image.save(tmp_path / "a.tif", compression=compression)
        np.testing.assert_array_equal(read(tmp_path / "a.tif")[0][0].pixels, np.asarray(image))


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt", "raw"])
def test_bilevel(compression, tmp_path):
    bits = GRAY > 99
    Image.fromarray(bits).save(tmp_path / "a.tif", compression=compression)
    np.testing.assert_array_equal(read(tmp_path / "a.tif")[0][0].pixels, bits * 255)


def test_min_is_white(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", 255 - GRAY, photometric="miniswhite")
    np.testing.assert_array_equal(read(tmp_path / "a.tif")[0][0].pixels, GRAY)
    Image.fromarray(GRAY > 99).save(tmp_path / "b.tif", tiffinfo={262: 0})
    np.testing.assert_array_equal(read(tmp_path / "b.tif")[0][0].pixels, (GRAY > 99) * 255)


def test_16_bit_gray_lzw(tmp_path):
    Image.fromarray(DEEP).save(tmp_path / "a.tif", compression="tiff_lzw")
    (decoded,), contents = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(decoded.pixels, DEEP)
    assert not contents.notes
    Image.fromarray(65535 - DEEP).save(tmp_path / "a.tif", compression="tiff_lzw")
    content = bytearray((tmp_path / "a.tif").read_bytes())
    at = content.index(b"\x06\x01\x03\0\x01\0\0\0\x01")
    content[at + 8] = 0
    (tmp_path / "a.tif").write_bytes(content)
    np.testing.assert_array_equal(read(tmp_path / "a.tif")[0][0].pixels, DEEP)


def test_lost_bits_are_reported(tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "a.tif", RGB, photometric="rgb")

    def fail(self, **settings):
        raise ValueError("<COMPRESSION.LZW: 5> requires the 'imagecodecs' package")

    monkeypatch.setattr(tifffile.TiffPage, "asarray", fail)
    (decoded,), contents = read(tmp_path / "a.tif")
    assert np.abs(decoded.pixels - RGB / 257).max() < 1.01
    (note,) = contents.notes
    assert note.startswith("the bit depth was reduced from 16 to 8 bits (compression ")
    assert "codecs" in note


@pytest.mark.parametrize(
    ("dtype", "message"),
    [
        (np.float16, "16-bit floating-point"),
        (np.float32, "32-bit floating-point"),
        (np.float64, "64-bit floating-point"),
        (np.uint32, "32-bit pixels are not supported because their range is unknown"),
        (np.int32, "32-bit pixels are not supported because their range is unknown"),
        (np.complex64, "64-bit complex"),
    ],
)
def test_pixels_of_unknown_range_are_refused_by_name(dtype, message, tmp_path):
    pages = [GRAY, np.ones((9, 7), dtype)]
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for page in pages:
            file.write(page, photometric="minisblack", metadata=None)
    with pytest.raises(UserError, match=f"page 2 of 2: {message}"):
        read(tmp_path / "a.tif")


@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
@pytest.mark.parametrize("dtype", [np.int8, np.int16])
def test_signed_samples_are_shifted(dtype, compression, tmp_path):
    if compression == "lzw":
        pytest.importorskip("imagecodecs")
    unsigned = GRAY if dtype == np.int8 else DEEP
    signed = (unsigned.astype(int) + np.iinfo(dtype).min).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", signed, compression=compression)
    (image,), contents = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(image.pixels, unsigned)
    assert not contents.notes


def test_samples_of_undefined_format_are_unsigned(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", DEEP.view(np.int16), metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
        file.pages[0].tags[339].overwrite(4)
    np.testing.assert_array_equal(read(tmp_path / "a.tif")[0][0].pixels, DEEP)


def test_further_planes_of_gray_images_are_reported(tmp_path):
    planes = np.stack([GRAY, *[255 - GRAY] * 4])
    settings = {"photometric": "minisblack", "planarconfig": "separate"}
    tifffile.imwrite(tmp_path / "a.tif", planes, **settings)
    (image,), contents = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(image.pixels, GRAY)
    assert contents.notes == ["channels of unknown meaning were left out"]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_hidden_inks_do_not_matter(dtype, tmp_path):
    alpha = np.full(GRAY.shape, np.iinfo(dtype).max, dtype)
    alpha[:9] = 0
    found = []
    for hidden in (0, 200):
        inks = np.zeros((*GRAY.shape, 4), dtype)
        inks[..., 3], inks[:9] = ramp(GRAY.shape, dtype), hidden
        settings = {"photometric": "separated", "extrasamples": ["unassalpha"]}
        tifffile.imwrite(tmp_path / "a.tif", np.dstack([inks, alpha]), **settings)
        found += read(tmp_path / "a.tif")[0]
    np.testing.assert_array_equal(found[0].pixels, found[1].pixels)
    np.testing.assert_array_equal(found[0].alpha > 0, alpha > 0)


def test_further_inks_are_reported(tmp_path):
    inks = np.dstack([GRAY] * 5)
    settings = {"photometric": "separated", "extrasamples": ["unspecified"]}
    tifffile.imwrite(tmp_path / "a.tif", inks, **settings)
    assert read(tmp_path / "a.tif")[1].notes == ["channels of unknown meaning were left out"]


def test_big_endian_bigtiff_is_named(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", GRAY, byteorder=">", bigtiff=True)
    with pytest.raises(UserError, match="BigTIFF in big-endian byte order"):
        read(tmp_path / "a.tif")


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_packed_bits_use_the_full_range(bits, tmp_path):
    pytest.importorskip("imagecodecs")
    levels = np.linspace(0, 2**bits - 1, 1200).astype(np.uint16).reshape(30, 40)
    packed = np.packbits(
        (levels[..., np.newaxis] >> np.arange(bits)[::-1] & 1).astype(np.uint8).reshape(30, -1), 1
    )
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((30, packed.shape[1]), np.uint8), metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
        tags, offset = file.pages[0].tags, file.pages[0].dataoffsets[0]
        tags[256].overwrite(40)
        tags[258].overwrite(bits)
    with (tmp_path / "a.tif").open("r+b") as stream:
        stream.seek(offset)
        stream.write(packed.tobytes())
    (image,), _ = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(image.pixels, np.rint(levels * (65535 / (2**bits - 1))))


def test_lab_becomes_srgb(tmp_path):
    lightness, zero = np.linspace(0, 255, 1200).reshape(30, 40), np.zeros((30, 40))
    for dtype, scale in ((np.uint8, 1), (np.uint16, 257)):
        lab = np.dstack([np.rint(lightness) * scale, zero, zero]).astype(dtype)
        tifffile.imwrite(tmp_path / "a.tif", lab, photometric="cielab")
        (image,), _ = read(tmp_path / "a.tif")
        assert image.pixels.dtype == dtype and image.pixels.ndim == 2
        y = ((np.rint(lightness) / 2.55 + 16) / 116) ** 3
        y = np.where(np.rint(lightness) / 2.55 > 8, y, np.rint(lightness) / 2.55 / 903.3)
        srgb = np.where(y <= 0.0031308, 12.92 * y, 1.055 * y ** (1 / 2.4) - 0.055)
        assert np.abs(image.pixels / np.iinfo(dtype).max - srgb).max() < 1 / 255
    # Saturated red, and green with a negative a*.
    for lab, rgb in (([139, 81, 70], [255, 0, 0]), ([224, 256 - 79, 81], [0, 255, 0])):
        tifffile.imwrite(
            tmp_path / "a.tif", np.full((4, 4, 3), lab, np.uint8), photometric="cielab"
        )
        np.testing.assert_allclose(read(tmp_path / "a.tif")[0][0].pixels[0, 0], rgb, atol=12)


SMALL = GRAY[::2, ::2]
DIRECTORIES = {
    "preview first": [(SMALL, 1, []), (GRAY, 0, [])],
    "pyramid": [(GRAY, 0, []), (SMALL, 1, []), (SMALL, 1, [])],
    "mask": [(GRAY, 0, []), (GRAY > 99, 4, [])],
    "preview of a mask": [(GRAY, 0, []), (SMALL > 99, 5, [])],
    "child": [(SMALL, 1, [(GRAY, 0)])],
    "larger child": [(SMALL, 0, [(GRAY, 0)])],
    "smaller child": [(GRAY, 0, [(SMALL, 0)])],
    "reduced child": [(GRAY, 0, [(np.vstack([GRAY, GRAY]), 1)])],
    "previews only": [(SMALL, 1, []), (GRAY, 1, [])],
    "depth map": [(GRAY, 0, []), (GRAY, 8, [])],
    "mask by its kind": [(GRAY, 0, []), (GRAY > 99, 0, [])],
    "depth map by its kind": [(GRAY, 0, []), (255 - GRAY, 0, [])],
    "semantic mask by its kind": [(GRAY, 0, []), (255 - GRAY, 0, [])],
}
KINDS = {"mask by": 4, "depth map by": 51177, "semantic mask by": 52527}


@pytest.mark.parametrize("name", DIRECTORIES)
def test_directories_that_are_not_pages(name, tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for pixels, subfile_type, children in DIRECTORIES[name]:
            kind = 1 if pixels is GRAY else KINDS.get(name.removesuffix(" its kind"), 1)
            settings = {"photometric": kind, "metadata": None}
            file.write(pixels, subfiletype=subfile_type, subifds=len(children), **settings)
            for child, child_type in children:
                file.write(child, subfiletype=child_type, **settings)
    if name == "mask":
        # tifffile also declares a mask by its subfile type, but other programs do not.
        with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
            file.pages[1].tags[262].overwrite(1)
    (image,), contents = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(image.pixels, GRAY)
    assert contents.num_pages == 1 and contents.num_pixels == GRAY.size and not contents.notes


@pytest.mark.parametrize("tag", [256, 257])
def test_images_without_pixels_are_refused(tag, tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", GRAY, metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
        file.pages[0].tags[tag].overwrite(0)
    with pytest.raises(UserError, match="cannot be read"):
        read(tmp_path / "a.tif")


@pytest.mark.parametrize("kind", ["dng", "cfa", "linear raw", "child", "reduced child"])
def test_raw_files_are_refused(kind, tmp_path):
    dng = [(50706, "B", 4, bytes([1, 4, 0, 0]), True)] if kind == "dng" else []
    raw = {"photometric": 32803 if kind == "cfa" else 34892, "metadata": None}
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(SMALL, subifds="child" in kind, extratags=dng, metadata=None)
        if kind != "dng":
            raw["subfiletype"] = kind == "reduced child"
            pixels = DEEP if kind == "cfa" else np.stack([DEEP] * 3, -1)
            file.write(pixels, planarconfig=None if kind == "cfa" else "contig", **raw)
    with pytest.raises(UserError, match="Export the raw file as TIFF or JPEG"):
        read(tmp_path / "a.tif")


COMPRESSIONS = ["jpeg", "jpeg2000", "webp", "zstd", "lzma", "jpegxl", "packbits", "lerc", "deflate"]


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_compressions_of_imagecodecs(compression, tmp_path):
    pytest.importorskip("imagecodecs")
    rows, columns = np.mgrid[0:256:4, 0:256:4]
    smooth = np.stack([rows, columns, 255 - rows], axis=-1).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", smooth, photometric="rgb", compression=compression)
    (image,), contents = read(tmp_path / "a.tif")
    assert np.abs(image.pixels.astype(int) - smooth).max() <= 12 and not contents.notes


WITHOUT_IMAGECODECS = """
import sys
sys.modules["imagecodecs"] = None
import numpy as np
from colorkeras import image_io
from colorkeras.utils.errors import UserError
image_io.use_own_limits()
for path in sys.argv[1:]:
    try:
        with image_io.open_image(path) as contents:
            image = next(contents.pages)
        print(image.pixels.dtype, int(image.pixels.astype(np.int64).sum()), *contents.notes)
    except UserError as error:
        print(error.received)
"""


def test_lzw_without_imagecodecs(tmp_path):
    pytest.importorskip("imagecodecs")
    planes = np.moveaxis(RGB, -1, 0)
    cases = [
        (RGB, {}),
        (RGB, {"predictor": True}),
        (RGB, {"predictor": True, "tile": (16, 16), "byteorder": ">"}),
        (planes, {"planarconfig": "separate", "rowsperstrip": 7}),
        (RGB - np.uint16(32768), {"rowsperstrip": 7}),
    ]
    paths = []
    for number, (pixels, settings) in enumerate(cases):
        paths.append(tmp_path / f"{number}.tif")
        settings = {"photometric": "rgb", "compression": "lzw", **settings}
        tifffile.imwrite(paths[-1], pixels, metadata=None, **settings)
    paths.append(tmp_path / "damaged.tif")
    tifffile.imwrite(paths[-1], RGB, photometric="rgb", compression="lzw")
    with tifffile.TiffFile(paths[-1], mode="r+") as file:
        file.pages[0].tags[279].overwrite(5000)
    paths.append(tmp_path / "jpeg2000.tif")
    tifffile.imwrite(paths[-1], GRAY, compression="jpeg2000")
    paths.append(tmp_path / "zstd.tif")
    tifffile.imwrite(paths[-1], GRAY, compression="zstd")
    paths.append(tmp_path / "packed.tif")
    tifffile.imwrite(paths[-1], DEEP >> 4, bitspersample=12)
    program = [sys.executable, "-c", WITHOUT_IMAGECODECS, *paths]
    process = subprocess.run(program, capture_output=True, text=True, check=True)
    *lines, damaged, compressed, new, packed = process.stdout.splitlines()
    expected = [int(RGB.sum(dtype=np.int64))] * 4
    expected.append(int((RGB - np.uint16(32768)).sum(dtype=np.int64)))
    assert lines == [f"uint16 {total}" for total in expected]
    assert "the LZW (5) data is damaged" in damaged
    assert "compression JPEG2000 (34712) requires pip install 'colorkeras[codecs]'" in compressed
    assert "compression ZSTD (50000) requires pip install 'colorkeras[codecs]'" in new
    assert "packed 12-bit samples require pip install 'colorkeras[codecs]'" in packed
    assert process.stderr == ""


def test_pages_of_every_kind(tmp_path):
    bits = GRAY > 99
    profile = rgb_profile(1.8)
    settings = {"metadata": None, "software": False}
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for page, kind in ((GRAY, "minisblack"), (DEEP[:20], "minisblack"), (RGB, "rgb")):
            file.write(page, photometric=kind, iccprofile=profile, **settings)
        file.write(GRAY[:9], photometric="miniswhite", **settings)
        file.write(bits, photometric="minisblack", **settings)
    images, contents = read(tmp_path / "a.tif")
    assert contents.num_pages == 5 and not contents.notes
    sizes = [(30, 40), (20, 40), (30, 40), (9, 40), (30, 40)]
    assert [decoded.size for decoded in images] == sizes
    assert [decoded.pixels.itemsize for decoded in images] == [1, 2, 2, 1, 1]
    # Profiles from earlier pages do not apply to the last ones.
    np.testing.assert_array_equal(images[3].pixels, 255 - GRAY[:9])
    assert not np.array_equal(images[0].pixels, GRAY)
    assert contents.metadata.has_profile


def test_profile_of_a_later_page(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(GRAY, photometric="minisblack", metadata=None)
        file.write(GRAY, photometric="minisblack", metadata=None, iccprofile=rgb_profile(1.8))
    images, contents = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(images[0].pixels, GRAY)
    assert not contents.metadata.has_profile


def test_iptc_of_tiff_files(tmp_path):
    for kind, value in (("B", RECORDS + bytes(-len(RECORDS) % 4)), ("I", None)):
        if value is None:
            padded = RECORDS + bytes(-len(RECORDS) % 4)
            value = tuple(np.frombuffer(padded, "<u4").tolist())
        tag = (33723, kind, len(value), value, True)
        tifffile.imwrite(tmp_path / "a.tif", GRAY, extratags=[tag], byteorder="<")
        (decoded,), contents = read(tmp_path / "a.tif")
        image_io.save(tmp_path / "b.tif", iter([decoded]), contents.metadata)
        with tifffile.TiffFile(tmp_path / "b.tif") as file:
            assert bytes(file.pages[0].tags[33723].value).startswith(RECORDS)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("is_big", [False, True])
def test_exif_in_both_byte_orders_and_big_files(order, is_big, tmp_path, monkeypatch):
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
    images, contents = read(path)
    np.testing.assert_array_equal(images[0].pixels, RGB)
    np.testing.assert_array_equal(images[1].pixels, DEEP)
    assert contents.metadata.exif[271] == "Leica"
    assert contents.metadata.exif[0x8769][33434] == 0.5


def test_editor_layers_are_left_out(tmp_path):
    layers = (37724, 7, 9, b"gray face", True)
    tifffile.imwrite(tmp_path / "a.tif", GRAY, extratags=[layers])
    (decoded,), contents = read(tmp_path / "a.tif")
    image_io.save(tmp_path / "b.tif", iter([decoded]), contents.metadata)
    assert b"gray face" not in (tmp_path / "b.tif").read_bytes()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("settings", [{"rowsperstrip": 10}, {"tile": (16, 16)}])
def test_missing_strips_and_tiles_are_refused(settings, compression, dtype, tmp_path):
    pixels = ramp((30, 40), dtype)
    tifffile.imwrite(tmp_path / "a.tif", pixels, compression=compression, **settings)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
        tags = file.pages[0].tags
        at, length = (324, 325) if "tile" in settings else (273, 279)
        tags[at].overwrite([0, *tags[at].value[1:]])
        tags[length].overwrite([0, *tags[length].value[1:]])
    message = "1 of 6 tiles" if "tile" in settings else "1 of 3 strips"
    with pytest.raises(UserError, match=f"pixels are missing: {message}"):
        read(tmp_path / "a.tif")


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_deflate", "packbits"])
def test_files_with_truncated_tags_are_refused(compression, tmp_path):
    image = Image.fromarray((RGB >> 8).astype(np.uint8))
    image.save(tmp_path / "a.tif", compression=compression)
    # libtiff writes the values of the tags, such as the bit depth, at the end.
    (tmp_path / "a.tif").write_bytes((tmp_path / "a.tif").read_bytes()[:-1])
    with pytest.raises(UserError, match="the end of the file is missing"):
        read(tmp_path / "a.tif")


def test_tags_without_values_are_reported(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", GRAY, iccprofile=rgb_profile(1.8), metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        offset = file.pages[0].tags[34675].offset
    content = bytearray((tmp_path / "a.tif").read_bytes())
    content[offset + 8 : offset + 12] = (10**6).to_bytes(4, "little")
    (tmp_path / "a.tif").write_bytes(content)
    (image,), contents = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(image.pixels, GRAY)
    assert contents.notes == ["damaged metadata was left out"]


@pytest.mark.parametrize("is_damaged", [False, True])
def test_damaged_exif_tags_are_reported_once(is_damaged, tmp_path):
    tags = [(315, "s", 0, "a long name of a person", False)]
    tifffile.imwrite(tmp_path / "a.tif", GRAY, extratags=tags, software=False, metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        offset = file.pages[0].tags[315].offset
    content = bytearray((tmp_path / "a.tif").read_bytes())
    # EXIF 3.0 added the type 129 for text in UTF-8, which tifffile does not support.
    content[offset + 2 : offset + 4] = (129).to_bytes(2, "little")
    if is_damaged:
        content[offset + 4 : offset + 8] = (10**6).to_bytes(4, "little")
    (tmp_path / "a.tif").write_bytes(content)
    _, contents = read(tmp_path / "a.tif")
    assert contents.notes == ["damaged EXIF tags were left out"] * is_damaged
    assert (contents.metadata.exif is None) is is_damaged


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("compression", ["zlib", "lzw", "zstd"])
def test_damaged_data_is_named(compression, dtype, tmp_path):
    pytest.importorskip("imagecodecs")
    noise = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (30, 40), dtype)
    tifffile.imwrite(tmp_path / "a.tif", noise, compression=compression)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
        tag = file.pages[0].tags[279]
        tag.overwrite(tag.value[0] // 2)
        name = file.pages[0].compression.name
    with pytest.raises(UserError, match=rf"\(the {name} \(\d+\) data is damaged\)"):
        read(tmp_path / "a.tif")


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ({259: 34661}, r"compression JBIG \(34661\) is not supported"),
        ({259: 9999}, "compression 9999 is not supported"),
        ({262: 2}, r"photometric interpretation RGB \(2\) requires 3 samples per pixel, not 1"),
        ({262: 8}, r"photometric interpretation CIELAB \(8\) requires 3 samples per pixel, not 1"),
        ({262: 3}, "the color map is missing"),
        ({262: 9999}, "the photometric interpretation 9999 is not supported"),
        ({339: 2, 258: 4}, "signed 4-bit pixels are not supported"),
    ],
)
@pytest.mark.parametrize("dtype", [np.int8, np.int16])
def test_unsupported_kinds_are_named(tags, message, dtype, tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for _ in range(2):
            file.write(np.zeros((30, 40), dtype), metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
        for number, value in {339: 1, **tags}.items():
            file.pages[1].tags[number].overwrite(value)
    with pytest.raises(UserError, match=f"page 2 of 2: .*{message}"):
        read(tmp_path / "a.tif")


def test_palettes_with_8_bit_levels(tmp_path):
    palette = np.random.default_rng(0).integers(0, 256, (3, 256), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", GRAY, photometric="palette", colormap=palette)
    np.testing.assert_array_equal(read(tmp_path / "a.tif")[0][0].pixels, palette.T[GRAY])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("num_colors", [1, 3])
def test_channels_of_unknown_meaning_are_reported(num_colors, dtype, tmp_path):
    pixels = np.dstack([ramp((30, 40), dtype)] * (num_colors + 1))
    settings = {"photometric": "rgb" if num_colors == 3 else "minisblack", "planarconfig": "contig"}
    tifffile.imwrite(tmp_path / "a.tif", pixels, extrasamples=["unspecified"], **settings)
    (image,), contents = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(image.pixels, ramp((30, 40), dtype))
    assert contents.notes == ["channels of unknown meaning were left out"]


@pytest.mark.parametrize("across", [1, 2, 4])
@pytest.mark.parametrize("down", [1, 2])
def test_uncompressed_ycbcr(across, down, tmp_path):
    rows, columns = np.mgrid[0:32, 0:40]
    rgb = np.stack([rows * 8, columns * 6, 255 - rows * 8], -1).astype(np.uint8)
    luma, *chroma = np.moveaxis(np.asarray(Image.fromarray(rgb).convert("YCbCr")), -1, 0)
    blocks = (32 // down, down, 40 // across, across)
    luma = luma.reshape(blocks).swapaxes(1, 2).reshape(32 // down, 40 // across, -1)
    chroma = [channel.reshape(blocks).mean((1, 3)).round() for channel in chroma]
    content = np.dstack([luma, *chroma]).astype(np.uint8).tobytes()
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((32, 40, 3), np.uint8), photometric="ycbcr")
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
        tags, offset = file.pages[0].tags, file.pages[0].dataoffsets[0]
        tags[530].overwrite((across, down))
        tags[279].overwrite(len(content))
        file.filehandle.seek(offset)
        file.filehandle.write(content)
    (image,), contents = read(tmp_path / "a.tif")
    assert np.abs(image.pixels.astype(int) - rgb).max() <= 15 and not contents.notes


def test_other_errors_have_no_cause(tmp_path, monkeypatch):
    pixels, error = np.zeros((30, 40, 5), np.uint8), ValueError("a message of tifffile")

    def fail(*args, **settings):
        raise error

    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="separated", planarconfig="contig")
    monkeypatch.setattr(tifffile.TiffPage, "asarray", fail)
    with pytest.raises(UserError, match="a message of tifffile") as raised:
        read(tmp_path / "a.tif")
    assert raised.value.__cause__ is error and error.__cause__ is None
