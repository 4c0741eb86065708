"""Read and write the tag directories of EXIF blocks and TIFF files.

References:
    Adobe, "TIFF Revision 6.0", section 2.
    Aware Systems, "The BigTIFF File Format", https://www.awaresystems.be/imaging/tiff/bigtiff.html.
    Camera & Imaging Products Association, CIPA DC-008, "Exif 2.32".
"""

import mmap
import struct
from typing import NamedTuple

from PIL import ExifTags

PREFIX = b"Exif\0\0"
"""Start of an EXIF block in JPEG files."""

BYTE, ASCII, UNDEFINED = 1, 2, 7
"""Type codes of tag values."""

# Tags of type BYTE in the directories that the main directory points to.
_BYTES = {ExifTags.IFD.Exif: set(), ExifTags.IFD.GPSInfo: {0, 5}}


class Text(bytes):
    """Tag value with text in an unknown encoding, without the terminating zero byte."""


class _Layout(NamedTuple):
    """Layout of a file: classic TIFF or BigTIFF.

    Attributes:
        first_at: Position at which the first directory's offset is stored.
        count: `struct` format for a directory's entry count.
        offset: `struct` format for a directory's offset.
        value_at: Position of the value, or of its offset, within an entry.
        length: Length of an entry in bytes.
    """

    first_at: int
    count: str
    offset: str
    value_at: int
    length: int


_CLASSIC, _BIG = _Layout(4, "H", "I", 8, 12), _Layout(8, "Q", "Q", 12, 20)


def serialized(exif, start=8):
    """Convert EXIF to bytes.

    Args:
        exif: `PIL.Image.Exif`.
        start: Offset of the main directory from the header.

    Returns:
        `(header, block)`: the header, and the directories with their values, as bytes.
    """
    layout, order = (_BIG if exif.bigtiff else _CLASSIC), exif.endian
    block = bytearray(exif.tobytes(start).removeprefix(PREFIX))
    length = layout.first_at + struct.calcsize(layout.offset)
    header, block = bytes(block[:length]), block[length:]
    main, _ = _entries(block, 0, order, layout)
    _correct_types(block, main, exif, None, order)
    for tag, exceptions in _BYTES.items():
        if tag in main:
            entries = _child(block, main[tag], start, order, layout)
            _correct_types(block, entries, exif[tag], exceptions, order)
            if ExifTags.IFD.Interop in entries:
                inner = _child(block, entries[ExifTags.IFD.Interop], start, order, layout)
                _correct_types(block, inner, exif[tag][ExifTags.IFD.Interop], (), order)
    return header, bytes(block)


def add_exif(path, exif):
    """Add EXIF to the first directory of a TIFF file, keeping its existing tags.

    Args:
        path: `Path` to the file.
        exif: `PIL.Image.Exif` with the file's byte order; its BigTIFF flag is set as needed.
    """
    with path.open("r+b") as stream:
        exif.bigtiff = struct.unpack(exif.endian + "2xH", stream.read(4))[0] == 43
        layout, order = (_BIG if exif.bigtiff else _CLASSIC), exif.endian
        block_at = _aligned_end(stream)
        _, block = serialized(exif, block_at)
        stream.write(block)
        directory_at = _aligned_end(stream)
        stream.flush()
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            (first_at,) = struct.unpack_from(order + layout.offset, content, layout.first_at)
            added, _ = _entries(content, block_at, order, layout)
            own, following_at = _entries(content, first_at, order, layout)
            merged = sorted((added | own).items())
            entries = [content[place : place + layout.length] for _, place in merged]
            (following,) = struct.unpack_from(order + layout.offset, content, following_at)
        stream.write(struct.pack(order + layout.count, len(entries)))
        stream.writelines(entries)
        stream.write(struct.pack(order + layout.offset, following))
        stream.seek(layout.first_at)
        stream.write(struct.pack(order + layout.offset, directory_at))


def _child(block, entry, start, order, layout):
    """Return a dict from tag to entry position for the directory that an entry points to."""
    (at,) = struct.unpack_from(order + "I", block, entry + layout.value_at)
    return _entries(block, at - start, order, layout)[0]


def _correct_types(block, entries, tags, exceptions, order):
    """Restore the types UNDEFINED and ASCII, which Pillow writes as BYTE.

    Args:
        block: Bytes of the directories; changed in place.
        entries: Positions of a directory's entries, by tag.
        tags: Values by tag.
        exceptions: Tags that actually have the type BYTE, or None if all of them do.
        order: Byte order.
    """
    for tag, place in entries.items():
        (kind,) = struct.unpack_from(order + "H", block, place + 2)
        if kind in (BYTE, UNDEFINED) and isinstance(tags.get(tag), Text):
            struct.pack_into(order + "H", block, place + 2, ASCII)
        elif kind == BYTE and exceptions is not None and tag not in exceptions:
            struct.pack_into(order + "H", block, place + 2, UNDEFINED)


def _entries(content, at, order, layout):
    """Return a dict from tag to entry position, and the position of the next directory's offset."""
    (count,) = struct.unpack_from(order + layout.count, content, at)
    first = at + struct.calcsize(layout.count)
    places = range(first, first + count * layout.length, layout.length)
    tags = {struct.unpack_from(order + "H", content, place)[0]: place for place in places}
    return tags, places.stop


def _aligned_end(stream):
    """Seek to the end of a file and pad it to the alignment of directories."""
    end = stream.seek(0, 2)
    stream.write(b"\0" * (-end % 8))
    return stream.tell()
