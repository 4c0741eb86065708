"""Read and write the tag directories of EXIF blocks and TIFF files.

References:
    Adobe, "TIFF Revision 6.0", section 2.
    Aware Systems, "The BigTIFF File Format", https://www.awaresystems.be/imaging/tiff/bigtiff.html.
    Camera & Imaging Products Association, CIPA DC-008, "Exif 2.32".
"""

import struct
from typing import Any, NamedTuple

import numpy as np
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

PREFIX = b"Exif\0\0"
"""Start of an EXIF block in JPEG files."""

BYTE, ASCII, LONG, UNDEFINED, LONG8 = 1, 2, 4, 7, 16
"""Type codes of tag values."""

# Sizes of values and offsets in bytes, by type code. EXIF 3.0 added 129 for UTF-8.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
_POINTER_SIZES = {3: 2, LONG: 4, 13: 4, LONG8: 8, 18: 8}

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
        pointer: Type code of a subdirectory's offset.
    """

    first_at: int
    count: str
    offset: str
    value_at: int
    length: int
    pointer: int


_CLASSIC, _BIG = _Layout(4, "H", "I", 8, 12, LONG), _Layout(8, "Q", "Q", 12, 20, LONG8)


def read_fields(stream, skipped=()):
    """Read the directories of an EXIF block or a TIFF file.

    Args:
        stream: Binary stream.
        skipped: Tags in the main directory to skip.

    Returns:
        `(fields, is_damaged)`: dict from a directory's tag (None for the main directory) and a tag
        to a `Field`, in which `value` is the same as `data`; and whether any tags are damaged.
        Repeated tags count as damaged and have no `Field`. Unsigned 64-bit numbers have no `Field`
        either, but do not count as damaged.
    """
    # Values may overlap, so limit their total length.
    budget = stream.seek(0, 2)
    stream.seek(0)
    order = {b"II": "<", b"MM": ">"}[stream.read(2)]
    layout = _BIG if struct.unpack(order + "H", stream.read(2))[0] == 43 else _CLASSIC
    fields, seen, is_damaged = {}, set(), False
    pending = [(None, layout.first_at, struct.calcsize(layout.offset))]
    for directory, link, width in pending:
        for tag, kind, count, at in _stored_entries(stream, link, width, order, layout):
            key = directory, tag
            if directory is None and tag in skipped:
                continue
            if key in seen:
                # Versions of Pillow differ in which of the values they return.
                fields.pop(key, None)
                is_damaged = True
            elif tag in _POINTERS.get(directory, ()):
                pending.append((tag, at, _POINTER_SIZES.get(kind, 4)))
            elif kind in _SIZES:
                length = _SIZES[kind] * count
                fits = length <= budget
                value = _stored_value(stream, at, length, order, layout) if fits else None
                if value:
                    budget -= length
                    fields[key] = Field(value, kind, value, order)
                is_damaged = is_damaged or value is None
            elif kind != LONG8:
                is_damaged = True
            seen.add(key)
    return fields, is_damaged


def _stored_entries(stream, link, width, order, layout):
    """Yield `(tag, type, count, value_position)` for each entry of a directory.

    If entries are missing, the last tag is None.

    Args:
        stream: Binary stream.
        link: Position at which the directory's offset is stored.
        width: Length of the offset in bytes.
        order: Byte order.
        layout: `_Layout`.
    """
    form = order + "HH" + layout.offset
    try:
        end = stream.seek(0, 2)
        stream.seek(link)
        at = int.from_bytes(stream.read(width), "little" if order == "<" else "big")
        stream.seek(min(at, end))
        head = stream.read(struct.calcsize(order + layout.count))
        (count,) = struct.unpack(order + layout.count, head)
        start = stream.tell()
        for place in range(start, start + min(count, _MAX_ENTRIES) * layout.length, layout.length):
            stream.seek(place)
            yield *struct.unpack(form, stream.read(layout.value_at)), place + layout.value_at
    except struct.error:
        yield None, 0, 0, 0


def _stored_value(stream, at, length, order, layout):
    """Return a value as bytes, or None if it is incomplete."""
    stream.seek(at)
    inline = stream.read(layout.length - layout.value_at)
    if length <= len(inline):
        return inline[:length]
    if len(inline) < layout.length - layout.value_at:
        return None
    end = stream.seek(0, 2)
    (start,) = struct.unpack(order + layout.offset, inline)
    if start + length > end:
        return None
    stream.seek(start)
    return stream.read(length)


def serialized(exif):
    """Convert `Exif` to an EXIF block without `PREFIX`."""
    header = {"<": b"II", ">": b"MM"}[exif.endian] + struct.pack(exif.endian + "HI", 42, 8)
    return header + _directory(dict(exif), None, exif.fields, 8, (exif.endian, _CLASSIC))


def drop_unusable(exif):
    """Delete tags that cannot be written, and return whether there were any."""
    directories, is_any = [(None, exif)], False
    for name, tags in directories:
        for tag, value in list(tags.items()):
            if isinstance(value, dict):
                directories.append((tag, value))
                continue
            try:
                _encoded(tag, value, name, exif.fields.get((name, tag)), exif.endian)
            except Exception:  # Pillow's writer may raise anything.
                del tags[tag]
                is_any = True
    return is_any


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
    at = start + struct.calcsize(layout.count) + len(tags) * layout.length + width
    entries, values = [struct.pack(order + layout.count, len(tags))], []
    for tag, value in sorted(tags.items()):
        if isinstance(value, dict):
            kind, count, data = layout.pointer, 1, _directory(value, tag, fields, at, form)
        else:
            kind, data = _encoded(tag, value, name, fields.get((name, tag)), order)
            count = len(data) // _SIZES[kind]
        if isinstance(value, dict) or len(data) > width:
            values.append(data + b"\0" * (len(data) % 2))
            data = struct.pack(order + layout.offset, at)
            at += len(values[-1])
        entries.append(struct.pack(order + "HH" + layout.offset, tag, kind, count))
        entries.append(data.ljust(width, b"\0"))
    entries.append(struct.pack(order + layout.offset, 0))
    return b"".join(entries + values)


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
        if field.order == order:
            return field.kind, field.data
        # Rationals consist of two numbers.
        size = 4 if field.kind in (5, 10) else _SIZES[field.kind]
        return field.kind, np.frombuffer(field.data, f"u{size}").byteswap().tobytes()
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
        exif: `Exif` with the file's byte order.
    """
    with path.open("r+b") as stream:
        order = exif.endian
        layout = _BIG if struct.unpack(order + "2xH", stream.read(4))[0] == 43 else _CLASSIC
        block_at = _aligned_end(stream)
        stream.write(_directory(dict(exif), None, exif.fields, block_at, (order, layout)))
        directory_at = _aligned_end(stream)
        stream.seek(layout.first_at)
        (first_at,) = struct.unpack_from(order + layout.offset, stream.read(8))
        added, _ = _entries(stream, block_at, order, layout)
        own, following = _entries(stream, first_at, order, layout)
        entries = [entry for _, entry in sorted((added | own).items())]
        stream.seek(directory_at)
        stream.write(struct.pack(order + layout.count, len(entries)))
        stream.writelines([*entries, following])
        stream.seek(layout.first_at)
        stream.write(struct.pack(order + layout.offset, directory_at))


def _entries(stream, at, order, layout):
    """Return a dict from tag to entry, and the next directory's offset, as stored in a file."""
    stream.seek(at)
    (count,) = struct.unpack(order + layout.count, stream.read(struct.calcsize(layout.count)))
    entries = [stream.read(layout.length) for _ in range(count)]
    following = stream.read(struct.calcsize(layout.offset))
    return {struct.unpack_from(order + "H", entry)[0]: entry for entry in entries}, following


def _aligned_end(stream):
    """Seek to the end of a file and pad it to the alignment of directories."""
    end = stream.seek(0, 2)
    stream.write(b"\0" * (-end % 8))
    return stream.tell()
