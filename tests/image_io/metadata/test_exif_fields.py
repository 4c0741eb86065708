"""Tests that EXIF tags are written as they were stored, and that damaged tags are reported."""

import io
import struct

import numpy as np
import pytest
import tifffile
from image_files import XMP, jpeg_bytes, ramp, read, segment
from PIL import ExifTags, Image, features

from colorkeras import image_io
from colorkeras.image_io import DecodedImage, Metadata
from colorkeras.image_io.metadata.tiff_directories import Exif, add_exif, read_fields

RED = np.full((30, 40, 3), (200, 20, 20), np.uint8)
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
CAMERA = ExifTags.IFD.Exif

# Type and `struct` format of values, with the values.
VALUES = [
    (1, "3B", (1, 2, 255)),
    (2, "6s", (b"Zo\xeb\0ab",)),
    (2, "4s", (b"abc\0",)),
    (2, "7s", ("祖母".encode("shift-jis") + b"\0\0\0",)),
    (3, "H", (7,)),
    (4, "2I", (1, 7)),
    (5, "4I", (20, 10, 4294967295, 4294967295)),
    (5, "4I", (0, 0, 1, 0)),
    (6, "3b", (-1, 2, 3)),
    (7, "5B", (0, 1, 2, 255, 0)),
    (8, "2h", (-5, 6)),
    (9, "i", (3,)),
    (10, "2i", (10, 4)),
    (11, "2f", (1.5, -2)),
    (12, "d", (3.25,)),
    (129, "5s", ("Zoë".encode() + b"\0",)),
]


def directory(entries, start, order, following=0):
    """Return a directory with entries `(tag, type, data)`, followed by their values."""
    values_at = start + 2 + 12 * len(entries) + 4
    table, values = struct.pack(order + "H", len(entries)), b""
    for tag, kind, data in entries:
        table += struct.pack(order + "HHI", tag, kind, len(data) // SIZES.get(kind, 1))
        if len(data) > 4:
            table += struct.pack(order + "I", values_at + len(values))
            values += data + b"\0" * (len(data) % 2)
        else:
            table += data.ljust(4, b"\0")
    return table + struct.pack(order + "I", following) + values


def block_of(main, camera=(), order="<"):
    """Return an EXIF block without a prefix."""
    pointer = (CAMERA, 4, struct.pack(order + "I", 0))
    entries = [*main, pointer] if camera else main
    start = 8 + len(directory(entries, 8, order))
    if camera:
        entries[-1] = (CAMERA, 4, struct.pack(order + "I", start))
    mark = b"II*\0" if order == "<" else b"MM\0*"
    block = mark + struct.pack(order + "I", 8) + directory(entries, 8, order)
    return block + (directory(camera, start, order) if camera else b"")


def stored(block, tag):
    """Return a directory of a block (None for the main one) as a dict from tag to (type, data)."""
    order = "<" if block.startswith(b"II") else ">"
    (at,) = struct.unpack_from(order + "I", block, 4)
    if tag is not None:
        (at,) = struct.unpack(order + "I", stored(block, None)[tag][1])
    entries = {}
    for place in range(at + 2, at + 2 + 12 * struct.unpack_from(order + "H", block, at)[0], 12):
        tag, kind, count = struct.unpack_from(order + "HHI", block, place)
        length, start = SIZES[kind] * count, place + 8
        if length > 4:
            (start,) = struct.unpack_from(order + "I", block, start)
        entries[tag] = kind, block[start : start + length]
    return entries


def block_in(path):
    """Return the EXIF block in a file. A TIFF file is itself such a block."""
    if path.suffix == ".tif":
        return path.read_bytes()
    with Image.open(path) as image:
        return image.info["exif"].removeprefix(b"Exif\0\0")


def jpeg_with(path, *blocks):
    segments = [segment(0xE1, b"Exif\0\0" + block) for block in blocks]
    path.write_bytes(jpeg_bytes(Image.fromarray(ramp((30, 40))), extra=b"".join(segments)))
    return path


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_values_keep_their_types_and_bytes(suffix, order, tmp_path):
    entries = [
        (60_000 + number, kind, struct.pack(order + form, *values))
        for number, (kind, form, values) in enumerate(VALUES)
    ]
    # Tags whose types Pillow knows.
    known = [(270, 2, b"Zo\xeb\0"), (315, 129, "Zoë".encode()), (0xC4A5, 7, b"PrintIM\x000300")]
    camera = [
        (0x829A, 5, struct.pack(order + "2I", 10, 600)),
        (0x9201, 10, struct.pack(order + "2i", 5, 1)),
        (0x9286, 7, b"UNICODE\0" + "祖母".encode("utf-16-le")),
        (0xA430, 2, "Zoë".encode() + b"\0"),
    ]
    path = jpeg_with(tmp_path / "a.jpg", block_of(known + entries, camera, order))
    _, contents = read(path)
    assert not contents.notes
    result = tmp_path / f"b{suffix}"
    assert image_io.save(result, iter([DecodedImage(RED)]), contents.metadata) == []
    main, exif = (stored(block_in(result), tag) for tag in (None, CAMERA))
    for tag, kind, data in known + entries:
        assert main[tag] == (kind, data)
    for tag, kind, data in camera:
        assert exif[tag] == (kind, data)


@pytest.mark.parametrize(("order", "other"), ["<>", "><"])
def test_values_keep_their_types_in_another_byte_order(order, other, tmp_path):
    forms = [*VALUES, (13, "I", (7,))]
    entries, expected = (
        [
            (60_000 + number, kind, struct.pack(each + form, *values))
            for number, (kind, form, values) in enumerate(forms)
        ]
        for each in (order, other)
    )
    _, contents = read(jpeg_with(tmp_path / "a.jpg", block_of(entries, order=order)))
    contents.metadata.exif.endian = other
    image_io.save(tmp_path / "b.jpg", iter([DecodedImage(RED)]), contents.metadata)
    found = stored(block_in(tmp_path / "b.jpg"), None)
    assert [(tag, *found[tag]) for tag, _, _ in expected] == expected


@pytest.mark.parametrize("is_big", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_tags_of_tiff_files(order, is_big, tmp_path):
    if is_big and order == ">":
        pytest.skip("this combination is not supported")
    tags = [(60_001, 9, 2, (3, 70_000), True), (60_002, 11, 2, (1.5, 2.5), True)]
    path = tmp_path / "a.tif"
    settings = {"metadata": None, "bigtiff": is_big, "byteorder": order, "extratags": tags}
    tifffile.imwrite(path, ramp((30, 40)), **settings)
    _, contents = read(path)
    image_io.save(tmp_path / "b.jpg", iter([DecodedImage(RED)]), contents.metadata)
    found = stored(block_in(tmp_path / "b.jpg"), None)
    assert found[60_001] == (9, struct.pack(order + "2i", 3, 70_000))
    assert found[60_002] == (11, struct.pack(order + "2f", 1.5, 2.5))


GOOD = block_of([(270, 2, b"Grandma\0"), (315, 2, b"Grandpa\0")], [(0x829A, 5, bytes(8))])


@pytest.mark.parametrize(
    ("block", "kept"),
    [
        (GOOD, {270, 315, CAMERA}),
        # The value of the first tag is outside the block.
        (GOOD.replace(b"\x08\0\0\0\x32", b"\x08\0\0\0\xff", 1), {315, CAMERA}),
        # The camera directory is outside the block.
        (
            GOOD.replace(
                struct.pack("<HHII", CAMERA, 4, 1, 66), struct.pack("<HHII", CAMERA, 4, 1, 999)
            ),
            {270, 315},
        ),
        (GOOD[:-4], {270, 315}),
        (
            GOOD.replace(struct.pack("<HHI", 315, 2, 8), struct.pack("<HHI", 315, 99, 8)),
            {270, CAMERA},
        ),
    ],
)
def test_damaged_tags_are_reported(block, kept, tmp_path):
    _, contents = read(jpeg_with(tmp_path / "a.jpg", block))
    assert contents.notes == ["damaged EXIF tags were left out"] * (block != GOOD)
    assert set(contents.metadata.exif) == kept


def test_repeated_tags_are_reported(tmp_path):
    entries = [(271, 2, b"Leica\0"), (270, 2, b"Grandma\0"), (270, 2, b"Grandpa\0")]
    _, contents = read(jpeg_with(tmp_path / "a.jpg", block_of([*entries, entries[0]])))
    assert contents.notes == ["damaged EXIF tags were left out"]
    assert contents.metadata.exif[271] == "Leica"
    text = contents.metadata.exif[270]
    image_io.save(tmp_path / "b.jpg", iter([DecodedImage(RED)]), contents.metadata)
    main = stored(block_in(tmp_path / "b.jpg"), None)
    # Pillow's versions differ in which value they return.
    assert main[270] == (2, text.encode() + b"\0")
    assert main[271] == (2, b"Leica\0")


class _CountingStream(io.BytesIO):
    num_reads = 0

    def read(self, *arguments):
        self.num_reads += 1
        return super().read(*arguments)


def test_each_directory_is_read_once():
    count, block = 50, b"II*\0\x08\0\0\0"
    for tag in (CAMERA, ExifTags.IFD.Interop, 270):
        following = len(block) + 2 + 12 * count + 4
        pointer = (tag, 4, struct.pack("<I", following))
        block += directory([pointer] * count, len(block), "<")
    stream = _CountingStream(block)
    fields, is_damaged = read_fields(stream)
    assert is_damaged and not fields
    assert stream.num_reads < 10 * count


def test_overlapping_values_are_not_multiplied(tmp_path):
    entries = [(60_000 + number, 7, bytes(30_000)) for number in range(300)]
    table = bytearray(directory(entries, 8, "<")[: 2 + 12 * 300 + 4])
    for place in range(2, 2 + 12 * 300, 12):
        struct.pack_into("<I", table, place + 8, 8 + len(table))
    block = b"II*\0\x08\0\0\0" + table + bytes(30_000)
    fields, is_damaged = read_fields(io.BytesIO(block))
    assert is_damaged and sum(len(field.data) for field in fields.values()) <= len(block)
    _, contents = read(jpeg_with(tmp_path / "a.jpg", block))
    assert contents.notes == ["damaged EXIF tags were left out"]
    assert 60_000 in contents.metadata.exif


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
@pytest.mark.parametrize("camera", [{0x9101: b"\1\2\3\0"}, {ExifTags.IFD.Interop: {}}])
def test_empty_directories_are_not_written(camera, suffix, tmp_path):
    metadata = Metadata(exif=Exif())
    metadata.exif.endian, metadata.exif[CAMERA] = "<", camera
    image_io.save(tmp_path / f"a{suffix}", iter([DecodedImage(RED)]), metadata)
    main = stored(block_in(tmp_path / f"a{suffix}"), None)
    assert ExifTags.Base.Orientation in main and CAMERA not in main


def test_exif_without_usable_tags(tmp_path):
    camera = [(0x9102, 5, struct.pack("<2I", 4, 1))]
    _, contents = read(jpeg_with(tmp_path / "a.jpg", block_of([], camera)))
    assert contents.metadata.exif is None


def test_maker_note_that_is_too_large_for_jpeg(tmp_path):
    metadata = Metadata(exif=Exif())
    metadata.exif.endian, metadata.exif[CAMERA] = "<", {0x927C: bytes(70_000)}
    image_io.save(tmp_path / "a.jpg", iter([DecodedImage(RED)]), metadata)
    assert CAMERA not in stored(block_in(tmp_path / "a.jpg"), None)


@pytest.mark.parametrize("offset", [2**63 - 1, 2**64 - 1])
@pytest.mark.parametrize(("tag", "kept"), [(CAMERA, {271}), (ExifTags.IFD.Interop, {271, CAMERA})])
def test_directories_beyond_the_end_of_bigtiff(tag, kept, offset, tmp_path):
    path, exif = tmp_path / "a.tif", Exif()
    exif.endian, exif[271], exif[274] = "<", "Leica", 6
    exif[CAMERA] = {0x829D: 2.8, ExifTags.IFD.Interop: {1: "R98"}}
    tifffile.imwrite(path, ramp((30, 40)), metadata=None, software=False, bigtiff=True)
    add_exif(path, exif)
    content, entry = path.read_bytes(), struct.pack("<HHQ", tag, 16, 1)
    at = content.rindex(entry) + len(entry)
    path.write_bytes(content[:at] + struct.pack("<Q", offset) + content[at + 8 :])
    (image,), contents = read(path)
    np.testing.assert_array_equal(image.pixels, np.rot90(ramp((30, 40)), -1))
    assert contents.notes == ["damaged EXIF tags were left out"]
    assert set(contents.metadata.exif) == kept


def test_directories_beyond_4_gib(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, ramp((3, 4)), metadata=None, bigtiff=True, byteorder="<")
    with path.open("r+b") as file:
        # Most file systems store no zeros.
        file.truncate(2**32)
    exif = Exif()
    exif.endian, exif[271], exif[CAMERA] = "<", "Leica", {0x9286: b"ASCII\0\0\0Grandma"}
    add_exif(path, exif)
    with path.open("rb") as file:
        fields, is_damaged = read_fields(file)
    assert not is_damaged and fields[None, 271].data == b"Leica\0"
    assert fields[CAMERA, 0x9286].data == b"ASCII\0\0\0Grandma"
    _, contents = read(path)
    assert contents.metadata.exif[CAMERA][0x9286] == b"ASCII\0\0\0Grandma"


@pytest.mark.parametrize(("kind", "value"), [(16, 2**40), (17, -5)])
def test_only_64_bit_numbers_of_bigtiff_are_dropped(kind, value, tmp_path):
    tags = [(60_001, kind, 1, value, True), (60_002, 16, 1, 7, True), (271, 2, 0, "Leica", True)]
    settings = {"metadata": None, "software": False, "bigtiff": True, "byteorder": "<"}
    tifffile.imwrite(tmp_path / "a.tif", ramp((30, 40)), extratags=tags, **settings)
    _, contents = read(tmp_path / "a.tif")
    assert contents.notes == ["damaged EXIF tags were left out"]
    assert dict(contents.metadata.exif) == {271: "Leica", 60_002: 7}


def test_descriptions_of_the_encoding_are_corrected(tmp_path):
    camera = [(0x9101, 7, b"\1\0\0\0"), (0x9102, 5, struct.pack("<2I", 4, 1)), (0x829D, 3, b"\2\0")]
    _, contents = read(jpeg_with(tmp_path / "a.jpg", block_of([], camera)))
    assert contents.notes == ["the compression rate of the input file was left out"]
    contents.metadata.exif[CAMERA][ExifTags.IFD.Interop] = {0x1001: 99, 0x1002: 99}
    image_io.save(tmp_path / "b.jpg", iter([DecodedImage(RED)]), contents.metadata)
    with Image.open(tmp_path / "b.jpg") as image:
        exif = image.getexif()
        # Whether the components are YCbCr depends on the output format.
        assert 0x9101 not in exif.get_ifd(CAMERA)
        assert exif.get_ifd(ExifTags.IFD.Interop) == {0x1001: 40, 0x1002: 30}


def test_further_blocks_are_reported(tmp_path):
    path = jpeg_with(tmp_path / "a.jpg", GOOD, block_of([(271, 2, b"Leica\0")]))
    note = "only the first of several EXIF blocks was kept"
    _, contents = read(path)
    assert contents.notes == [note]
    assert contents.metadata.exif[270] == "Grandma" and 271 not in contents.metadata.exif
    last = XMP.replace(b"nobody", b"somebody")
    packets = [segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + each) for each in (XMP, last)]
    path.write_bytes(jpeg_bytes(Image.fromarray(ramp((30, 40))), extra=b"".join(packets)))
    _, contents = read(path)
    assert contents.notes == ["only the last of several XMP packets was kept"]
    assert contents.metadata.xmp == last


def test_exif_that_spans_segments(tmp_path):
    block = block_of([(270, 2, b"Grandma\0"), (60_000, 7, bytes(range(256)) * 350)])
    parts = [block[start : start + 65_000] for start in range(0, len(block), 65_000)]
    _, contents = read(jpeg_with(tmp_path / "a.jpg", *parts))
    assert not contents.notes
    image_io.save(tmp_path / "b.png", iter([DecodedImage(RED)]), contents.metadata)
    assert stored(block_in(tmp_path / "b.png"), None)[60_000] == (7, bytes(range(256)) * 350)


@pytest.mark.skipif(not features.check("avif"), reason="Pillow lacks AVIF")
@pytest.mark.parametrize("orientation", [1, 6])
def test_text_in_avif_files(orientation, tmp_path):
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Zo#"
    exif[ExifTags.Base.Orientation] = orientation
    Image.fromarray(RED).save(tmp_path / "a.avif", exif=exif)
    # Pillow replaces text that is not ASCII when it writes such files.
    content = (tmp_path / "a.avif").read_bytes().replace(b"Zo#", b"Zo\xeb")
    (tmp_path / "a.avif").write_bytes(content)
    (image,), contents = read(tmp_path / "a.avif")
    assert image.size == ((30, 40) if orientation == 1 else (40, 30))
    image_io.save(tmp_path / "b.jpg", iter([DecodedImage(RED)]), contents.metadata)
    main = stored(block_in(tmp_path / "b.jpg"), None)
    assert main[ExifTags.Base.Artist] == (2, b"Zo\xeb\0")
