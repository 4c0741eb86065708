"""Tests that data embedded in files besides the image is left out and reported."""

import struct

import numpy as np
import pytest
import tifffile
from image_files import XMP, box, ramp, read, segment
from PIL import Image, PngImagePlugin, features

from colorkeras import image_io
from colorkeras.image_io.metadata import embedded
from colorkeras.image_io.metadata.embedded import find_embedded

MANIFEST = b"\0\0\0\x40jumb\0\0\0\x26jumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\3c2pa\0"
PROVENANCE = "the provenance data (C2PA) was left out"
VIDEO = "the video of the motion photo was left out"
GAIN_MAP = "the gain map was left out"


def saved(path, **settings):
    """Save a color image to a file, and return the file's content."""
    Image.fromarray(np.stack([ramp((30, 40))] * 3, -1)).save(path, **settings)
    return path.read_bytes()


def with_riff_chunk(content, name, chunk):
    content += name + struct.pack("<I", len(chunk)) + chunk + b"\0" * (len(chunk) % 2)
    return content[:4] + struct.pack("<I", len(content) - 8) + content[8:]


def notes_of(path):
    """Return the notes on reading a file and saving it in the same format or as JPEG."""
    images, contents = read(path)
    result = path.with_name(f"result{image_io.result_suffix(path)}")
    notes = contents.notes + image_io.save(result, iter(images), contents.metadata)
    assert b"c2pa" not in result.read_bytes()
    assert find_embedded(result) == []
    return notes


def test_provenance_data_is_reported(tmp_path):
    saved(tmp_path / "a.jpg", extra=segment(0xEB, b"JP\0\1\0\0\0\1" + MANIFEST))
    info = PngImagePlugin.PngInfo()
    info.add(b"caBX", MANIFEST)
    saved(tmp_path / "a.png", pnginfo=info)
    content = saved(tmp_path / "a.webp")
    (tmp_path / "a.webp").write_bytes(with_riff_chunk(content, b"C2PA", MANIFEST))
    if features.check("avif"):
        content = saved(tmp_path / "a.avif")
        (tmp_path / "a.avif").write_bytes(content + box(b"uuid", bytes(36) + MANIFEST))
    tag = (52545, 7, len(MANIFEST), MANIFEST, True)
    tifffile.imwrite(tmp_path / "a.tif", ramp((30, 40)), metadata=None, extratags=[tag])
    for path in sorted(tmp_path.glob("a.*")):
        assert notes_of(path) == [PROVENANCE], path


def test_provenance_data_is_reported_once(tmp_path):
    link = b' xmlns:t="http://purl.org/dc/terms/" t:provenance="https://a" dc:rights'
    xmp = XMP.replace(b" dc:rights", link)
    saved(tmp_path / "a.jpg", xmp=xmp, extra=segment(0xEB, b"JP\0\1\0\0\0\1" + MANIFEST))
    assert notes_of(tmp_path / "a.jpg") == [PROVENANCE]


@pytest.mark.parametrize(
    "trailer",
    [
        bytes(9000) + b"\0\0MotionPhoto_Data" + struct.pack("<I", 9),
        *(
            b"\0\0\0\x18ftyp" + brand + bytes(9000)
            for brand in (b"mp42", b"qt  ", b"avc1", b"3gp5")
        ),
    ],
)
def test_video_behind_a_photograph_is_reported(trailer, tmp_path):
    content = saved(tmp_path / "a.jpg")
    (tmp_path / "a.jpg").write_bytes(content + trailer)
    assert notes_of(tmp_path / "a.jpg") == [VIDEO]


@pytest.mark.parametrize("start", [b"\xff\xd9", b"urn:"])
def test_repeated_starts(start, tmp_path):
    # Quadratic time would be hours.
    (tmp_path / "a.jpg").write_bytes(start * (30_000_000 // len(start)))
    assert find_embedded(tmp_path / "a.jpg") == []


def test_files_that_cannot_be_mapped_to_memory(tmp_path, monkeypatch):
    def fail(*arguments, **settings):
        raise OSError("not supported by the file system")

    monkeypatch.setattr(embedded.mmap, "mmap", fail)
    content = saved(tmp_path / "a.jpg")
    (tmp_path / "a.jpg").write_bytes(content + b"MotionPhoto_Data")
    assert find_embedded(tmp_path / "a.jpg") == ["the video of the motion photo"]


def test_gain_maps_of_jpeg_files_are_reported(tmp_path):
    saved(tmp_path / "a.jpg", extra=segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\0" + bytes(4)))
    assert notes_of(tmp_path / "a.jpg") == [GAIN_MAP]
    # The second image in files by iPhones contains its type as XMP.
    content = saved(tmp_path / "a.jpg")
    xmp = b'AuxiliaryImageType="urn:com:apple:photo:2020:aux:hdrgainmap"'
    (tmp_path / "a.jpg").write_bytes(content + xmp)
    assert notes_of(tmp_path / "a.jpg") == [GAIN_MAP]


@pytest.mark.skipif(not features.check("avif"), reason="Pillow lacks AVIF")
@pytest.mark.parametrize(
    ("content", "note"),
    [
        (box(b"mpvd", box(b"ftyp", b"mp42")), VIDEO),
        (box(b"infe", b"\2\0\0\0\0\5\0\0tmap\0"), GAIN_MAP),
        (box(b"infe", b"\3\0\0\0\0\1\0\5\0\0tmap\0"), GAIN_MAP),
        (box(b"auxC", b"\0\0\0\0urn:com:apple:photo:2020:aux:hdrgainmap\0"), GAIN_MAP),
        (box(b"auxC", b"\0\0\0\0urn:example:2024:GainMap\0"), GAIN_MAP),
        (box(b"auxC", b"\0\0\0\0urn:mpeg:hevc:2015:auxid:2\0"), "the depth map was left out"),
        (box(b"auxC", b"\0\0\0\0urn:mpeg:hevc:2015:auxid:1\0"), None),
        (b"", None),
    ],
)
def test_further_data_in_avif_files_is_reported(content, note, tmp_path):
    image = saved(tmp_path / "a.avif")
    (tmp_path / "a.avif").write_bytes(image + box(b"free", content))
    assert notes_of(tmp_path / "a.avif") == ([] if note is None else [note])


@pytest.mark.parametrize(
    ("segments", "names"),
    [
        ([(0xE1, b"FLIR\0\1\0\0"), (0xE1, b"FLIR\0\1\1\0")], "FLIR"),
        ([(0xE2, b"FPXR\0\0"), (0xE3, b"_JPSJPS_\0\x10")], "FPXR, _JPSJPS_"),
        ([(0xE4, b"\1\2\3")], "APP4"),
        ([(0xEB, b"JP\0\1\0\0\0\1\0\0\0\x20jumb\0\0\0\x18jumdxml ")], "JP"),
        ([(0xEC, b"Ducky\0\1\0\4\0\0\0\x3c\0\0"), (0xEE, b"Adobe\0\x64\0\0\0\0\0")], None),
        ([(0xE5, bytes(20)), (0xE0, b"JFXX\0\x10")], None),
    ],
)
def test_data_of_other_programs_is_reported(segments, names, tmp_path):
    saved(tmp_path / "a.jpg", extra=b"".join(segment(*each) for each in segments))
    notes = [] if names is None else [f"the data of other programs ({names}) was left out"]
    assert notes_of(tmp_path / "a.jpg") == notes
