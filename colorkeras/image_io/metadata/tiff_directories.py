"""Read and write the tag directories of EXIF blocks and TIFF files.

References:
    Adobe, "TIFF Revision 6.0", section 2.
    Aware Systems, "The BigTIFF File Format", https://www.awaresystems.be/imaging/tiff/bigtiff.html.
    Camera & Imaging Products Association, CIPA DC-008, "Exif 2.32".
"""

import mmap
import struct
from typing import Any, NamedTuple

from PIL import ExifTags, Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

PREFIX = b"Exif\0\0"
"""Start of an EXIF block in JPEG files."""

BYTE, ASCII, LONG, UNDEFINED = 1, 2, 4, 7
"""Type codes of tag values."""

# Sizes of values in bytes, by type code. EXIF 3.0 added 129 for UTF-8.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
_BIG_SIZES = _SIZES | {16: 8, 17: 8, 18: 8}

# Tags of type BYTE in the directories that the main directory points to.
_BYTES = {ExifTags.IFD.Exif: (), ExifTags.IFD.GPSInfo: (0, 5), ExifTags.IFD.Interop: ()}

# Tags with the offset of another directory, by directory. The main directory has the key None.
_POINTERS = {
    None: (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo),
    ExifTags.IFD.Exif: (ExifTags.IFD.Interop,),
}
_MAX_ENTRIES = 2**16 - 1


class Field(NamedTuple):
    """Tag value in a file.

    Attributes:
        value: Value as returned by Pillow.
        kind: Type code.
        data: Value as stored in the file.
        order: Byte order, as in `struct` formats.
    """

    value: Any
    kind: int
    data: bytes
    order: str


class Exif(Image.Exif):
    """EXIF tags that are written as they were stored, unless they were changed.

    Attributes:
        fields: Dict from a directory's tag (None for the main directory) and a tag to the `Field`
            in the input file.
    """

    def __init__(self):
        super().__init__()
        self.fields = {}


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


def read_fields(stream, skipped=()):
    """Read the directories of an EXIF block or a TIFF file.

    Args:
        stream: Binary stream.
        skipped: Tags in the main directory to skip.

    Returns:
        `(fields, is_damaged)`: dict from a directory's tag (None for the main directory) and a tag
        to a `Field`, in which `value` is the same as `data`; and whether any tags are damaged.
    """
    stream.seek(0)
    order = {b"II": "<", b"MM": ">"}[stream.read(2)]
    is_big = struct.unpack(order + "H", stream.read(2))[0] == 43
    layout, sizes = (_BIG, _BIG_SIZES) if is_big else (_CLASSIC, _SIZES)
    fields, is_damaged, pending = {}, False, [(None, layout.first_at)]
    for directory, link in pending:
        for tag, kind, count, at in _stored_entries(stream, link, order, layout):
            if directory is None and tag in skipped:
                continue
            if tag in _POINTERS.get(directory, ()):
                pending.append((tag, at))
                continue
            length = sizes.get(kind, 0) * count
            data = None if tag is None else _stored_value(stream, at, length, order, layout)
            if data is None or kind not in sizes:
                is_damaged = True
            elif data:
                fields.setdefault((directory, tag), Field(data, kind, data, order))
    return fields, is_damaged


def _stored_entries(stream, link, order, layout):
    """Yield `(tag, type, count, value_position)` for each entry of a directory.

    If entries are missing, the last tag is None.

    Args:
        stream: Binary stream.
        link: Position at which the directory's offset is stored.
        order: Byte order.
        layout: `_Layout`.
    """
    form = order + "HH" + layout.offset
    try:
        stream.seek(link)
        width = struct.calcsize(layout.offset) if link == layout.first_at else 4
        stream.seek(int.from_bytes(stream.read(width), "little" if order == "<" else "big"))
        head = stream.read(struct.calcsize(order + layout.count))
        (count,) = struct.unpack(order + layout.count, head)
        start = stream.tell()
        for place in range(start, start + min(count, _MAX_ENTRIES) * layout.length, layout.length):
            stream.seek(place)
            yield *struct.unpack(form, stream.read(layout.value_at)), place + layout.value_at
    except (struct.error, OverflowError):
        yield None, 0, 0, 0


def _stored_value(stream, at, length, order, layout):
    """Return a value as bytes, or None if it is incomplete."""
    stream.seek(at)
    inline = stream.read(layout.length - layout.value_at)
    if length <= len(inline):
        return inline[:length]
    if len(inline) < layout.length - layout.value_at:
        return None
    stream.seek(0, 2)
    end = stream.tell()
    (start,) = struct.unpack(order + layout.offset, inline)
    if start + length > end:
        return None
    stream.seek(start)
    return stream.read(length)


def serialized(exif, start=8):
    """Convert EXIF to bytes.

    Args:
        exif: `PIL.Image.Exif`.
        start: Offset of the main directory from the header.

    Returns:
        `(header, block)`: the header of an EXIF block, and the directories with their values.
    """
    layout = _BIG if exif.bigtiff else _CLASSIC
    header = {"<": b"II", ">": b"MM"}[exif.endian] + struct.pack(exif.endian + "HI", 42, start)
    fields = getattr(exif, "fields", {})
    return header, _directory(dict(exif.items()), None, fields, start, (exif.endian, layout))


def _directory(tags, name, fields, start, form):
    """Return a directory, followed by its values and child directories.

    Args:
        tags: Dict from tag to value.
        name: Tag that points to the directory, or None.
        fields: See `Exif`.
        start: Offset of the directory from the header.
        form: Byte order and `_Layout`.
    """
    order, layout = form
    width = struct.calcsize(layout.offset)
    values_at = start + struct.calcsize(layout.count) + len(tags) * layout.length + width
    entries, values = struct.pack(order + layout.count, len(tags)), b""
    for tag, value in sorted(tags.items()):
        at = values_at + len(values)
        if isinstance(value, dict):
            kind, count, inline = LONG, 1, struct.pack(order + "I", at)
            values += _directory(value, tag, fields, at, form)
        else:
            kind, inline = _encoded(tag, value, name, fields.get((name, tag)), order)
            count = len(inline) // _SIZES[kind]
            if len(inline) > width:
                values += inline + b"\0" * (len(inline) % 2)
                inline = struct.pack(order + layout.offset, at)
        entries += struct.pack(order + "HH" + layout.offset, tag, kind, count)
        entries += inline.ljust(width, b"\0")
    return entries + struct.pack(order + layout.offset, 0) + values


def _encoded(tag, value, directory, field, order):
    """Return the type and the bytes of a tag value.

    Args:
        tag: Tag.
        value: Value in Pillow's representation.
        directory: Tag that points to the directory, or None.
        field: `Field` from the input file, or None.
        order: Byte order.
    """
    if field is not None and value == field.value:
        is_usable = field.order == order or _SIZES.get(field.kind) == 1
        if is_usable and field.kind in _SIZES:
            return field.kind, field.data
    if isinstance(value, str):
        # Pillow decodes text as Latin-1, whatever its encoding is.
        return ASCII, value.encode("latin-1", "replace") + b"\0"
    if isinstance(value, bytes):
        is_byte = directory is None or tag in _BYTES.get(directory, ())
        return BYTE if is_byte else UNDEFINED, value
    prefix = b"II*\0\0\0\0\0" if order == "<" else b"MM\0*\0\0\0\0"
    single = ImageFileDirectory_v2(prefix, group=directory)
    single[tag] = value
    written = single.tobytes()
    kind, count = struct.unpack_from(order + "HI", written, 4)
    length = _SIZES[kind] * count
    at = 10 if length <= 4 else 18
    return kind, written[at : at + length]


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
