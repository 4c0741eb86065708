"""Tests for reading metadata and preserving it in each format."""

import io
import math
import struct

import numpy as np
import pytest
import tifffile
from image_files import (
    GPS,
    IPTC,
    RECORDS,
    XMP,
    exif_of,
    jpeg_bytes,
    ramp,
    read,
    resource,
    rgb_profile,
    segment,
    with_thumbnail,
)
from PIL import ExifTags, Image, PngImagePlugin

from colorkeras import image_io
from colorkeras.image_io import FORMATS, DecodedImage, Metadata
from colorkeras.image_io.metadata import KINDS, kinds_present

SOFTWARE = "colorkeras 1.0, model unet"
RED = np.full((30, 40, 3), (200, 20, 20), np.uint8)
CASES = [
    (suffix, dtype)
    for suffix, dtypes in {
        kind.suffixes[0]: (np.uint8, np.uint16) if kind.has_16_bits else (np.uint8,)
        for kind in FORMATS.values()
        if kind.write is not None
    }.items()
    for dtype in dtypes
]


def kind_of(suffix):
    return next(kind for kind in FORMATS.values() if suffix in kind.suffixes)


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{case[1].__name__}")
def case(request):
    return request.param


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    """Path of a sideways grayscale JPEG file with all types of metadata."""
    path = tmp_path_factory.mktemp("scan") / "scan.jpg"
    thumbnail = jpeg_bytes(Image.new("L", (160, 120), 99))
    image = Image.fromarray(ramp((40, 30)))
    path.write_bytes(
        jpeg_bytes(
            image,
            exif=with_thumbnail(exif_of(orientation=6).tobytes(), thumbnail),
            xmp=XMP.replace(b"dc:rights", b'tiff:Orientation="6" dc:rights', 1).replace(
                b"xmlns:dc", b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:dc', 1
            ),
            dpi=(300, 600),
            comment="Found in the attic",
            icc_profile=rgb_profile(2.2),
            extra=segment(0xED, b"Photoshop 3.0\0" + IPTC),
        )
    )
    return path


def colored_copy(source, path, dtype, software=SOFTWARE):
    """Save another image with a file's metadata; return the notes."""
    _, contents = read(source)
    notes = [] if software is None else image_io.mark(contents.metadata, software)
    pixels = RED if dtype == np.uint8 else RED.astype(np.uint16) * 257
    return notes + image_io.save(path, iter([DecodedImage(pixels)]), contents.metadata)


def test_scan_has_all_kinds(scan):
    (decoded,), contents = read(scan)
    assert kinds_present(contents.metadata) == list(KINDS)
    assert contents.metadata.has_profile and contents.metadata.has_thumbnail
    assert decoded.size == (30, 40)
    assert contents.notes == ["the maker note (focus points) was left out"]


def test_each_kind_is_kept_or_named(case, scan, tmp_path):
    suffix, dtype = case
    path = tmp_path / f"copy{suffix}"
    notes = colored_copy(scan, path, dtype, software=None)
    kept = kinds_present(read(path)[1].metadata)
    assert set(kept) == set(kind_of(suffix).keeps)
    lost = [kind for kind in KINDS if kind not in kept]
    assert notes == [
        f"the image was saved without {kind}, which the output format does not support"
        for kind in lost
    ]


def test_exif_holds_for_the_result(case, scan, tmp_path):
    suffix, dtype = case
    if "EXIF" not in kind_of(suffix).keeps:
        pytest.skip("this format does not support EXIF")
    path = tmp_path / f"copy{suffix}"
    colored_copy(scan, path, dtype)
    with Image.open(path) as image:
        exif = image.getexif()
        camera = exif.get_ifd(ExifTags.IFD.Exif)
        assert exif[ExifTags.Base.Make] == "Leica"
        assert exif[ExifTags.Base.ImageDescription] == "Grandma"
        assert exif[ExifTags.Base.Software] == f"{SOFTWARE}; before: Scanner 1.0"
        assert exif.get(ExifTags.Base.Orientation, 1) == 1
        assert exif.get_ifd(ExifTags.IFD.GPSInfo) == GPS
        assert camera[ExifTags.Base.ExposureTime] == 0.5
        assert ExifTags.Base.MakerNote not in camera  # Dropped because the scan is rotated.
        assert camera[ExifTags.Base.ColorSpace] == 1
        assert camera[ExifTags.Base.ExifImageWidth] == 40
        assert exif.get_ifd(ExifTags.IFD.Interop) == {1: "R98"}
        assert image.size == (40, 30)


def test_types_of_tags_follow_the_standard(case, scan, tmp_path):
    suffix, dtype = case
    if "EXIF" not in kind_of(suffix).keeps:
        pytest.skip("this format does not support EXIF")
    colored_copy(scan, tmp_path / f"copy{suffix}", dtype)
    content = (tmp_path / f"copy{suffix}").read_bytes()
    undefined, rational = 7, 5
    assert struct.pack("<HHI", 0x9000, undefined, 4) in content
    assert struct.pack("<HHI", 33434, rational, 1) in content


def test_tifffile_finds_exif_in_tiff_files(scan, tmp_path):
    for dtype in (np.uint8, np.uint16):
        colored_copy(scan, tmp_path / "copy.tif", dtype)
        with tifffile.TiffFile(tmp_path / "copy.tif") as file:
            tags = file.pages[0].tags
            assert tags["Make"].value == "Leica"
            assert tags["Software"].value == f"{SOFTWARE}; before: Scanner 1.0"
            assert tags["ExifTag"].value["ExposureTime"] == (1, 2)
            assert 34377 not in tags
            assert tags["GPSTag"].value["GPSLatitudeRef"] == "N"
            assert tags["XResolution"].value == (600, 1) and tags["ResolutionUnit"].value == 2
            assert bytes(tags[33723].value) == RECORDS
            assert [tag.code for tag in tags] == sorted(tag.code for tag in tags)


def test_embedded_preview_shows_the_result(case, scan, tmp_path):
    suffix, dtype = case
    path = tmp_path / f"copy{suffix}"
    old = jpeg_bytes(Image.new("L", (160, 120), 99))
    assert old in scan.read_bytes()
    colored_copy(scan, path, dtype)
    assert old[200:] not in path.read_bytes()
    with Image.open(path) as image:
        block = image.info.get("exif", b"").removeprefix(b"Exif\0\0")
        entries = image.getexif().get_ifd(ExifTags.IFD.IFD1)
        start, length = entries.get(513), entries.get(514)
    if suffix in (".tif", ".bmp"):
        assert start is None
        return
    with Image.open(io.BytesIO(block[start : start + length])) as preview:
        assert preview.size == (40, 30)
        red, green, blue = preview.convert("RGB").getpixel((20, 15))
    assert red > 180 and max(green, blue) < 50


def test_preview_is_small(tmp_path):
    metadata = Metadata(has_thumbnail=True)
    image_io.mark(metadata, SOFTWARE)
    pixels = np.zeros((900, 1200, 3), np.uint8)
    image_io.save(tmp_path / "a.jpg", iter([DecodedImage(pixels)]), metadata)
    with Image.open(tmp_path / "a.jpg") as image:
        block = image.info["exif"].removeprefix(b"Exif\0\0")
        start = image.getexif().get_ifd(ExifTags.IFD.IFD1)[513]
    assert Image.open(io.BytesIO(block[start:])).size == (160, 120)


def test_xmp_is_kept_and_marked(case, scan, tmp_path):
    suffix, dtype = case
    if "XMP" not in kind_of(suffix).keeps:
        pytest.skip("this format does not support XMP")
    path = tmp_path / f"copy{suffix}"
    colored_copy(scan, path, dtype)
    with Image.open(path) as image:
        packet = image.info.get("xmp") or image.info["XML:com.adobe.xmp"].encode()
    assert b'dc:rights="nobody &amp; all"' in packet
    assert b'tiff:Orientation="1"' in packet
    assert b"newscodes/digitalsourcetype/algorithmicallyEnhanced" in packet
    assert SOFTWARE.encode() in packet


def test_resolution_is_kept_for_independent_readers(case, scan, tmp_path):
    suffix, dtype = case
    colored_copy(scan, tmp_path / f"copy{suffix}", dtype)
    # The scan is sideways, with 300 pixels per inch horizontally.
    with Image.open(tmp_path / f"copy{suffix}") as image:
        exif = image.getexif()
        dpi = image.info.get("dpi") or (exif[ExifTags.Base.XResolution], exif[283])
        assert tuple(map(float, dpi)) == pytest.approx((600, 300), rel=1e-4)


def test_result_has_an_srgb_profile(case, scan, tmp_path):
    suffix, dtype = case
    colored_copy(scan, tmp_path / f"copy{suffix}", dtype)
    with Image.open(tmp_path / f"copy{suffix}") as image:
        profile = image.info.get("icc_profile", b"")
    assert (b"s\0R\0G\0B" in profile or b"sRGB" in profile) is (suffix != ".bmp")


def test_comments_are_kept(scan, tmp_path):
    colored_copy(scan, tmp_path / "copy.jpg", np.uint8)
    with Image.open(tmp_path / "copy.jpg") as image:
        assert image.info["comment"] == b"Found in the attic"
    for dtype in (np.uint8, np.uint16):
        colored_copy(scan, tmp_path / "copy.png", dtype)
        with Image.open(tmp_path / "copy.png") as image:
            assert image.text["Comment"] == "Found in the attic"
            assert image.text["Software"] == SOFTWARE


def test_software_of_png_files_is_appended_to_the_mark(tmp_path):
    for dtype in (np.uint8, np.uint16):
        metadata = Metadata(comments={"Software": "Scanner 1.0"})
        image_io.mark(metadata, SOFTWARE)
        image_io.save(tmp_path / "a.png", iter([DecodedImage(RED.astype(dtype))]), metadata)
        said = read(tmp_path / "a.png")[1].metadata.comments
        assert said == {"Software": f"{SOFTWARE}; before: Scanner 1.0"}


def test_every_result_is_marked_or_the_format_is_reported(case, tmp_path):
    suffix, dtype = case
    path = tmp_path / f"result{suffix}"
    metadata = Metadata()
    assert image_io.mark(metadata, SOFTWARE) == []
    pixels = RED if dtype == np.uint8 else RED.astype(np.uint16) * 257
    notes = image_io.save(path, iter([DecodedImage(pixels)]), metadata)
    is_said = SOFTWARE.encode() in path.read_bytes() and b"DigitalSourceType" in path.read_bytes()
    assert is_said is (suffix != ".bmp")
    note = "the image is not marked as colorized because the output format does not support XMP"
    assert notes == ([] if is_said else [note])


def test_no_metadata_stays_none(case, tmp_path):
    suffix, dtype = case
    path = tmp_path / f"result{suffix}"
    image_io.save(path, iter([DecodedImage(RED.astype(dtype))]), Metadata())
    assert kinds_present(read(path)[1].metadata) == []


def test_marks_are_replaced(case, scan, tmp_path):
    suffix, dtype = case
    first, second = tmp_path / f"first{suffix}", tmp_path / f"second{suffix}"
    colored_copy(scan, first, dtype, "colorkeras 0.9")
    colored_copy(first, second, dtype, SOFTWARE)
    content = second.read_bytes()
    assert b"colorkeras 0.9" not in content
    if suffix != ".bmp":
        exif = read(second)[1].metadata.exif
        assert exif[ExifTags.Base.Software] == f"{SOFTWARE}; before: Scanner 1.0"
    assert content.count(b"DigitalSourceType=") == (suffix != ".bmp")


def test_limits_of_jpeg_segments_are_reported(tmp_path):
    exif = exif_of()
    exif[ExifTags.IFD.Exif][ExifTags.Base.MakerNote] = bytes(70_000)
    xmp = XMP.replace(b"nobody", b"n" * 70_000)
    metadata = Metadata(exif, xmp, resource(1028, RECORDS * 7000), comments={"Author": "me"})
    image_io.mark(metadata, SOFTWARE)
    notes = image_io.save(tmp_path / "a.jpg", iter([DecodedImage(RED)]), metadata)
    assert notes == [
        "the EXIF maker note was left out because it is too large for the output format",
        "XMP was left out because it is too large for the output format",
        "keyword comments were left out because JPEG does not support them",
    ]
    (_,), contents = read(tmp_path / "a.jpg")
    assert contents.metadata.exif[ExifTags.Base.Make] == "Leica"
    assert contents.metadata.iptc == metadata.iptc
    assert b"algorithmicallyEnhanced" in contents.metadata.xmp
    metadata.exif[ExifTags.Base.Artist] = "a" * 70_000
    notes = image_io.save(tmp_path / "a.jpg", iter([DecodedImage(RED)]), metadata)
    assert "EXIF was left out because it is too large for the output format" in notes
    assert dict(read(tmp_path / "a.jpg")[1].metadata.exif) == {ExifTags.Base.Software: SOFTWARE}


def test_metadata_behind_the_pixels_of_png_files(tmp_path):
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=True)
    texts.add_text("Author", "Grandpa")
    texts.add_text("Raw profile type exif", "of another program")
    buffer = io.BytesIO()
    exif = exif_of(orientation=3)
    Image.fromarray(ramp((5, 9))).save(buffer, "PNG", pnginfo=texts, exif=exif, dpi=(300, 300))
    content, moved, at = buffer.getvalue(), b"", 33
    while content[at + 4 : at + 8] != b"IDAT":
        stop = at + 12 + int.from_bytes(content[at : at + 4], "big")
        moved, content = moved + content[at:stop], content[:at] + content[stop:]
    (tmp_path / "a.png").write_bytes(content[:-12] + moved + content[-12:])
    (decoded,), contents = read(tmp_path / "a.png")
    assert contents.metadata.xmp == XMP
    assert contents.notes == ["the maker note (focus points) was left out"]
    assert contents.metadata.exif[ExifTags.Base.Make] == "Leica"
    assert contents.metadata.comments == {"Author": "Grandpa"}
    assert contents.metadata.dpi == pytest.approx((300, 300), rel=1e-4)
    np.testing.assert_array_equal(decoded.pixels, ramp((5, 9))[::-1, ::-1])


@pytest.mark.parametrize("dpi", [(0, 0), (1, 1), (math.nan, 72), (1e9, 72), (-3, 72)])
def test_invalid_resolutions(dpi, tmp_path):
    image = Image.new("L", (4, 3))
    image.info["dpi"] = dpi
    from colorkeras.image_io.metadata import read_metadata

    assert read_metadata(image, []).dpi is None


def test_resolution_of_exif_is_the_fallback(tmp_path):
    exif = Image.Exif()
    exif[282], exif[283], exif[296] = 100.0, 200.0, 3
    Image.new("L", (4, 3)).save(tmp_path / "a.webp", exif=exif)
    assert read(tmp_path / "a.webp")[1].metadata.dpi == pytest.approx((254, 508))


def test_pages_after_the_first(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for text in ("one", "two"):
            file.write(ramp((5, 9)), photometric="minisblack", description=text, metadata=None)
    _, contents = read(tmp_path / "a.tif")
    assert contents.notes == ["the metadata of later pages was left out"]
    assert contents.metadata.exif[ExifTags.Base.ImageDescription] == "one"


def test_every_page_keeps_its_own_resolution(tmp_path):
    resolutions = [(300.0, 300.0), (600.0, 500.0), None, (150.0, 150.0)]
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for dpi in resolutions:
            unit = {} if dpi is None else {"resolution": dpi, "resolutionunit": "INCH"}
            file.write(
                ramp((5, 9)), photometric="minisblack", metadata=None, software=False, **unit
            )
    images, contents = read(tmp_path / "a.tif")
    assert contents.metadata.dpi == (300, 300) and not contents.notes
    image_io.save(tmp_path / "b.tif", iter(images), contents.metadata, num_pages=4)
    assert read(tmp_path / "b.tif")[1].metadata.page_dpi == resolutions
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        # Without a resolution, tifffile writes a ratio of 1 without a unit.
        found = [page.tags["XResolution"].value[0] for page in file.pages]
        assert found == [300, 600, 1, 150]


@pytest.mark.parametrize("kind", ["B", "I"])
def test_xmp_that_is_not_text(kind, tmp_path):
    value = b"<x:xmpmeta>\xe9" if kind == "B" else 4_000_000_000
    tag = (700, kind, len(value) if kind == "B" else 1, value, True)
    tifffile.imwrite(tmp_path / "a.tif", ramp((5, 9)), extratags=[tag])
    (decoded,), contents = read(tmp_path / "a.tif")
    assert contents.notes[-1] == "XMP was left out because it is not UTF-8"
    image_io.save(tmp_path / "a.png", iter([decoded]), contents.metadata)


def test_long_comments(tmp_path):
    metadata = Metadata(comments={"Comment": "x" * 70_000})
    notes = image_io.save(tmp_path / "a.jpg", iter([DecodedImage(RED)]), metadata)
    assert notes == ["the comment was left out because it is too large for JPEG"]
    assert image_io.save(tmp_path / "a.png", iter([DecodedImage(RED)]), metadata) == []
    assert read(tmp_path / "a.png")[1].metadata.comments == metadata.comments


def test_extended_xmp_is_reported(tmp_path):
    extended = segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(40))
    (tmp_path / "a.jpg").write_bytes(jpeg_bytes(Image.new("L", (4, 3)), extra=extended))
    assert read(tmp_path / "a.jpg")[1].notes == ["extended XMP was left out"]
