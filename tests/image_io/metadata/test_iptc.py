"""Tests for IPTC-IIM in Photoshop resources."""

import pytest
from image_files import IPTC, RECORDS, jpeg_bytes, read, resource, segment
from PIL import Image

from colorkeras.image_io.metadata import iptc

THUMBNAIL = resource(1036, b"\0\0\0\1" + bytes(24) + b"gray face")
COPYRIGHT = resource(1034, b"\1")


def jpeg_with(path, *contents):
    """Write a file with resources, and return the metadata and the notes on reading it."""
    extra = b"".join(segment(0xED, b"Photoshop 3.0\0" + content) for content in contents)
    path.write_bytes(jpeg_bytes(Image.new("L", (4, 3)), extra=extra))
    contents = read(path)[1]
    return contents.metadata, contents.notes


def test_previews_and_duplicates_are_left_out(tmp_path):
    elsewhere = b"".join(resource(number, b"x" * 5) for number in (1039, 1058, 1060))
    metadata, notes = jpeg_with(tmp_path / "a.jpg", COPYRIGHT + THUMBNAIL + elsewhere + IPTC)
    assert not notes
    assert metadata.iptc == COPYRIGHT + IPTC
    assert metadata.has_thumbnail


def test_long_resources_span_segments(tmp_path):
    long = resource(1028, RECORDS * 10_000)
    metadata, notes = jpeg_with(tmp_path / "a.jpg", long[:60_000], long[60_000:])
    assert metadata.iptc == long and not notes
    content = iptc.segments_of(long)
    assert content.count(b"Photoshop 3.0\0") == 2
    (tmp_path / "b.jpg").write_bytes(jpeg_bytes(Image.new("L", (4, 3)), extra=content))
    assert read(tmp_path / "b.jpg")[1].metadata.iptc == long


def test_names_of_resources(tmp_path):
    named = b"8BIM\x07\xd0\x05path1\0\0\0\3abc\0"
    metadata, _ = jpeg_with(tmp_path / "a.jpg", named + IPTC)
    assert iptc.records_of(metadata.iptc) == RECORDS


@pytest.mark.parametrize("content", [b"", bytes(9), b"8BIM", IPTC[:-3], b"nothing", IPTC[:9]])
def test_damaged_resources(content, tmp_path):
    metadata, notes = jpeg_with(tmp_path / "a.jpg", COPYRIGHT + content)
    assert metadata.iptc == COPYRIGHT
    is_damaged = content.strip(b"\0") != b""
    assert notes == ["damaged Photoshop resources were left out"] * is_damaged
    assert iptc.records_of(content) is None
