"""Directories of tags, of which EXIF consists as well as TIFF files do.

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
"""With which EXIF begins in JPEG files."""

BYTE, UNDEFINED = 1, 7
"""Types of values."""

# Tags of the type BYTE in the directories that the main one points to.
_BYTES = {ExifTags.IFD.Exif: set(), ExifTags.IFD.GPSInfo: {0, 5}}


class _Layout(NamedTuple):
    """How numbers stand in a file.

    Attributes:
        first_at: Where the offset of the first directory stands.
        count: Of the entries of a directory, by the names of `struct`.
        offset: Of a directory.
        value_at: Where the value of an entry stands in it, or the offset of the value.
        length: Bytes of an entry.
    """

    first_at: int
    count: str
    offset: str
    value_at: int
    length: int


_CLASSIC, _BIG = _Layout(4, "H", "I", 8, 12), _Layout(8, "Q", "Q", 12, 20)


def serialized(exif, start=8):
    """EXIF as bytes.

    Args:
        exif: `PIL.Image.Exif`.
        start: Where its main directory will stand, counted from where the header does.

    Returns:
        The header and, separately, the directories with their values.
    """
    layout, order = (_BIG if exif.bigtiff else _CLASSIC), exif.endian
    block = bytearray(exif.tobytes(start).removeprefix(PREFIX))
    length = layout.first_at + struct.calcsize(layout.offset)
    header, block = bytes(block[:length]), block[length:]
    main, _ = _entries(block, 0, order, layout)
    for tag, exceptions in _BYTES.items():
        if tag in main:
            entries = _with_types(block, main[tag], exceptions, start, order, layout)
            if ExifTags.IFD.Interop in entries:
                _with_types(block, entries[ExifTags.IFD.Interop], (), start, order, layout)
    return header, bytes(block)


def add_exif(path, exif):
    """Adds EXIF to the first directory of a TIFF file.

    Tags that are there already stay as they are.

    Args:
        path: `Path` of the file.
        exif: `PIL.Image.Exif` of the file's byte order; whether it is of large files is set.
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


def _with_types(block, entry, exceptions, start, order, layout):
    """Gives a directory the types that Pillow forgets: what it has as BYTE is mostly UNDEFINED.

    Returns:
        Where its entries are, by tag.
    """
    (at,) = struct.unpack_from(order + "I", block, entry + layout.value_at)
    entries, _ = _entries(block, at - start, order, layout)
    for tag, place in entries.items():
        (kind,) = struct.unpack_from(order + "H", block, place + 2)
        if kind == BYTE and tag not in exceptions:
            struct.pack_into(order + "H", block, place + 2, UNDEFINED)
    return entries


def _entries(content, at, order, layout):
    """Where the entries of a directory are, by tag, and where the offset of the next one is."""
    (count,) = struct.unpack_from(order + layout.count, content, at)
    first = at + struct.calcsize(layout.count)
    places = range(first, first + count * layout.length, layout.length)
    tags = {struct.unpack_from(order + "H", content, place)[0]: place for place in places}
    return tags, places.stop


def _aligned_end(stream):
    """Moves to the end of a file, where a directory may stand."""
    end = stream.seek(0, 2)
    stream.write(b"\0" * (-end % 8))
    return stream.tell()
