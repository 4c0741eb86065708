"""Tests for metadata in the boxes of JPEG 2000 and JPEG XL files."""

import io
import struct
import sys

import pytest
from image_files import GPS, IPTC, RECORDS, XMP, box, exif_of, ramp, read, segment
from PIL import ExifTags, Image, features

from colorkeras.image_io.formats import boxes as boxes_module

XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
IPTC_UUID = bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38")


def jpeg2000_with(boxes, mode="L"):
    buffer = io.BytesIO()
    Image.fromarray(ramp((30, 40))).convert(mode).save(buffer, "JPEG2000")
    content = buffer.getvalue()
    codestream = content.index(b"jp2c") - 4
    return content[:codestream] + boxes + content[codestream:]


@pytest.mark.skipif(not features.check("jpg_2000"), reason="Pillow lacks JPEG 2000")
@pytest.mark.parametrize("orientation", [1, 6])
def test_jpeg2000(orientation, tmp_path):
    exif = exif_of(orientation).tobytes().removeprefix(b"Exif\0\0")
    boxes = (
        box(b"xml ", b"<gml/>")
        + box(b"uuid", XMP_UUID + XMP)
        + box(b"uuid", b"JpgTiffExif->JP2" + exif)
        + box(b"uuid", IPTC_UUID + RECORDS)
        + box(b"uuid", bytes(16))
    )
    (tmp_path / "a.jp2").write_bytes(jpeg2000_with(boxes))
    (image,), contents = read(tmp_path / "a.jp2")
    assert image.size == ((30, 40) if orientation == 1 else (40, 30))
    assert contents.metadata.xmp == XMP and contents.metadata.iptc == IPTC
    assert contents.metadata.exif[ExifTags.Base.Make] == "Leica"
    assert contents.metadata.exif[ExifTags.IFD.GPSInfo] == GPS


@pytest.mark.skipif(not features.check("jpg_2000"), reason="Pillow lacks JPEG 2000")
@pytest.mark.parametrize(
    "boxes", [b"\0\0\0\1uuid", struct.pack(">I4s", 2**31, b"uuid"), b"\0\0\0\2"]
)
def test_damaged_boxes(boxes, tmp_path):
    (tmp_path / "a.jp2").write_bytes(jpeg2000_with(b"") + boxes)
    (image,), contents = read(tmp_path / "a.jp2")
    assert image.size == (30, 40) and contents.metadata.xmp is None and not contents.notes


@pytest.mark.parametrize("is_compressed", [False, True])
def test_jpeg_xl(is_compressed, tmp_path):
    pytest.importorskip("pillow_jxl")
    pytest.importorskip("imagecodecs")
    settings = {"use_container": True, "compress_metadata": is_compressed}
    exif = exif_of().tobytes()
    Image.fromarray(ramp((30, 40))).save(tmp_path / "a.jxl", exif=exif, xmp=XMP, **settings)
    assert (XMP in (tmp_path / "a.jxl").read_bytes()) is not is_compressed
    _, contents = read(tmp_path / "a.jxl")
    assert contents.metadata.xmp == XMP
    assert contents.metadata.exif[ExifTags.Base.Make] == "Leica" and not contents.notes


def test_damaged_compression_is_reported(tmp_path):
    pytest.importorskip("pillow_jxl")
    pytest.importorskip("imagecodecs")
    Image.fromarray(ramp((30, 40))).save(tmp_path / "a.jxl", use_container=True)
    with (tmp_path / "a.jxl").open("ab") as file:
        file.write(box(b"brob", b"xml \xff\xff\xff") + box(b"brob", b"Exif\xff\xff\xff"))
    (_,), contents = read(tmp_path / "a.jxl")
    assert contents.notes == [
        "damaged EXIF was left out",
        "XMP was left out because it is not UTF-8",
    ]


def test_jpeg_xl_that_contains_a_jpeg_file(tmp_path):
    pytest.importorskip("pillow_jxl")
    extra = segment(0xED, b"Photoshop 3.0\0" + IPTC)
    Image.fromarray(ramp((30, 40))).save(tmp_path / "a.jpg", extra=extra, xmp=XMP, comment=b"note")
    with Image.open(tmp_path / "a.jpg") as image:
        image.save(tmp_path / "a.jxl", lossless_jpeg=True)
    _, contents = read(tmp_path / "a.jxl")
    assert contents.metadata.iptc == IPTC and contents.metadata.xmp == XMP
    assert contents.metadata.comments == {"Comment": "note"}


def read_jpeg2000(path, boxes):
    """Write a JPEG 2000 file with additional boxes, and return its `Contents`."""
    path.write_bytes(jpeg2000_with(boxes))
    return read(path)[1]


needs_jpeg2000 = pytest.mark.skipif(not features.check("jpg_2000"), reason="Pillow lacks JPEG 2000")


@needs_jpeg2000
@pytest.mark.parametrize("length", [2**31, 2**63, 2**64 - 1])
@pytest.mark.parametrize("name", [b"free", b"uuid"])
def test_lengths_beyond_the_end_of_the_file(name, length, tmp_path):
    end = struct.pack(">I4sQ", 1, name, length)
    (tmp_path / "a.jp2").write_bytes(jpeg2000_with(box(b"xml ", XMP)) + end)
    (image,), contents = read(tmp_path / "a.jp2")
    assert image.size == (30, 40) and contents.metadata.xmp == XMP and not contents.notes


@needs_jpeg2000
def test_other_xml_is_reported(tmp_path):
    contents = read_jpeg2000(tmp_path / "a.jp2", box(b"xml ", b"<gml/>") * 2)
    assert contents.metadata.xmp is None
    assert contents.notes == ["XML other than XMP was left out"]


@needs_jpeg2000
def test_compressed_boxes_without_imagecodecs(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    contents = read_jpeg2000(tmp_path / "a.jp2", box(b"brob", b"xml abc") + box(b"brob", b"Exif"))
    assert contents.notes == [
        "compressed metadata was left out (to keep it, run pip install 'colorkeras[codecs]')"
    ]


@needs_jpeg2000
@pytest.mark.parametrize("text", [XMP, b"<gml/>"])
def test_decompression_is_limited(text, tmp_path, monkeypatch):
    imagecodecs = pytest.importorskip("imagecodecs")
    lengths, decode = [], imagecodecs.brotli_decode

    def counted(content, out):
        lengths.append(out)
        return decode(content, out=out)

    bomb = box(b"brob", b"xml " + imagecodecs.brotli_encode(text + b" " * 30_000_000))
    monkeypatch.setattr(imagecodecs, "brotli_decode", counted)
    contents = read_jpeg2000(tmp_path / "a.jp2", bomb * 1000)
    assert len(lengths) == (1 if text == XMP else 3) and sum(lengths) < 2**28
    assert (contents.metadata.xmp is not None) is (text == XMP)
    if text == XMP:
        assert contents.notes == ["only the first of several XMP packets was kept"]
    else:
        assert contents.notes


EXIF = exif_of().tobytes().removeprefix(b"Exif\0\0")


@needs_jpeg2000
@pytest.mark.parametrize(
    ("second", "note"),
    [
        (box(b"xml ", b"<gml/>"), "XML other than XMP was left out"),
        (box(b"xml ", XMP), "only the first of several XMP packets was kept"),
        (box(b"uuid", XMP_UUID + XMP), "only the first of several XMP packets was kept"),
        (box(b"Exif", bytes(4) + EXIF) * 2, "only the first of several EXIF blocks was kept"),
        (box(b"uuid", IPTC_UUID + RECORDS) * 2, "only the first of several IPTC blocks was kept"),
    ],
)
def test_further_boxes_are_reported(second, note, tmp_path):
    contents = read_jpeg2000(tmp_path / "a.jp2", box(b"xml ", XMP) + second)
    assert contents.metadata.xmp == XMP and contents.notes == [note]


@needs_jpeg2000
@pytest.mark.parametrize(
    ("head", "is_metadata"),
    [
        ((b"xml ", b""), True),
        ((b"uuid", XMP_UUID), True),
        ((b"brob", b"xml "), True),
        ((b"uuid", bytes(16)), False),
        ((b"brob", b"jumb"), False),
    ],
)
def test_boxes_that_are_too_long_are_reported(head, is_metadata, tmp_path, monkeypatch):
    monkeypatch.setattr(boxes_module, "_MAX_LENGTH", 1000)
    name, start = head
    content = box(name, start + bytes(2000)) + box(b"xml ", XMP)
    contents = read_jpeg2000(tmp_path / "a.jp2", content)
    assert contents.metadata.xmp == XMP
    assert contents.notes == ["metadata longer than 64 MB was left out"] * is_metadata
