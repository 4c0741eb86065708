"""EXIF: taken from files, changed to fit the colored picture, and given to files."""

import io
import struct
from dataclasses import replace

from PIL import ExifTags, Image

from colorkeras.image_io.bit_depth import as_uint8
from colorkeras.image_io.image import signature
from colorkeras.image_io.metadata.tiff_directories import PREFIX, serialized

THUMBNAIL_SIZE = 160
"""Pixels: the longer side of an embedded preview, as the standard for cameras has it."""

_CAMERA, _GPS = ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo
_INTEROPERABILITY = ExifTags.IFD.Interop

_ORIENTATION, _SOFTWARE = 274, 305

TURNED_ORIENTATIONS = (5, 6, 7, 8)
"""Orientations of EXIF in which rows of the file are columns of the picture."""
_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT, _INCH, _CENTIMETER = 282, 283, 296, 2, 3
_COLOR_SPACE, _WIDTH, _HEIGHT = 0xA001, 0xA002, 0xA003
_MAKER_NOTE = 0x927C

# Tags of TIFF files that tell how pixels are stored, that stand in `Metadata` by themselves, or
# that hold the picture once more, as an editor's layers.
_ELSEWHERE = {
    *range(254, 260),
    *(262, 263, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284, 292, 293, 296, 297, 301),
    *(317, 318, 319, 320, 321, 322, 323, 324, 325, 330, 332, 338, 339, 340, 341, 342, 347),
    *(512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532, 559, 700, 32997, 32998),
    *(33723, 34377, 34675, 37724, 50255),
}

_COMPRESSION, _JPEG_OFFSET, _JPEG_LENGTH = 0x0103, 0x0201, 0x0202
_SHORT, _LONG, _RATIONAL = 3, 4, 5
_JPEG = 6


def exif_of(image):
    """What EXIF says of an opened file's picture.

    Args:
        image: `PIL.Image.Image`.

    Returns:
        `PIL.Image.Exif` that needs the file no longer, or None if there is nothing.

    Raises:
        ValueError: It is damaged.
    """
    try:
        exif = _copy_of(image.getexif())
        # What cannot be written is better known now than when it is needed.
        exif.tobytes()
        if not image.getexif() and image.info.get("exif"):
            # Only when it is asked for the first time, Pillow raises something.
            raise ValueError("no tags")
        return exif if len(exif) else None
    except Exception as error:  # Pillow raises whatever its parser stumbles over.
        raise ValueError("damaged EXIF") from error


def orientation_of(image):
    """How an image is to be turned before it is shown, 1..8; 1 if that is not known."""
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # As above; `exif_of` tells of it.
        return 1
    return orientation if orientation in range(1, 9) else 1


def resolution_of(image):
    """Pixels per inch as EXIF has them, horizontal and vertical, or None."""
    try:
        exif = image.getexif()
        factor = {_INCH: 1.0, _CENTIMETER: 2.54}.get(exif.get(_RESOLUTION_UNIT, _INCH))
        return factor and tuple(factor * float(exif[tag]) for tag in (_X_RESOLUTION, _Y_RESOLUTION))
    except Exception:  # As above.
        return None


def has_thumbnail(image):
    """Whether EXIF of an opened file has a preview of the picture."""
    try:
        # The second directory of a TIFF file is its second page.
        return "exif" in image.info and bool(image.getexif().get_ifd(ExifTags.IFD.IFD1))
    except Exception:  # As above.
        return False


def fitted(metadata, picture):
    """EXIF as it is true for the colored picture.

    Args:
        metadata: `Metadata`.
        picture: `Picture`.

    Returns:
        `PIL.Image.Exif`, or None if there is nothing to say.
    """
    if metadata.exif is None and metadata.dpi is None and metadata.software is None:
        return None
    exif = _copy_of(metadata.exif or Image.Exif())
    exif[_ORIENTATION] = 1
    if metadata.software is not None:
        exif[_SOFTWARE] = signature(metadata.software, exif.get(_SOFTWARE))
    if metadata.dpi is not None:
        exif[_X_RESOLUTION], exif[_Y_RESOLUTION] = metadata.dpi
        exif[_RESOLUTION_UNIT] = _INCH
    camera = exif.get(_CAMERA, {})
    height, width = picture.size
    for tag, value in ((_COLOR_SPACE, 1), (_WIDTH, width), (_HEIGHT, height)):
        if tag in camera:
            camera[tag] = value
    return exif


def exif_bytes(options, picture, max_length=None):
    """The block of EXIF of a file.

    Args:
        options: `SaveOptions`.
        picture: `Picture`, of which a preview is made if there was one.
        max_length: Bytes that the block may have, or None.

    Returns:
        Bytes that begin with `directories.PREFIX`, or None.
    """
    exif = fitted(options.metadata, picture)
    if exif is None:
        return None
    block = PREFIX + b"".join(serialized(exif))
    if options.metadata.has_thumbnail:
        block = _with_thumbnail(block, picture)
    if max_length is None or len(block) <= max_length:
        return block
    if _MAKER_NOTE in exif.get(_CAMERA, {}):
        options.notes.append("the maker note of EXIF was left out, as such files hold less")
        del exif[_CAMERA][_MAKER_NOTE]
        block = PREFIX + b"".join(serialized(exif))
    if len(block) > max_length:
        options.notes.append("EXIF was left out, as such files hold less")
        without = replace(options, metadata=replace(options.metadata, exif=None))
        return exif_bytes(without, picture)
    return block


def _copy_of(source):
    copy = Image.Exif()
    copy.endian = source.endian or "<"
    for tag in source:
        if tag not in (*_ELSEWHERE, _CAMERA, _GPS):
            copy[tag] = source[tag]
    for tag in (_CAMERA, _GPS):
        directory = _directory(source, tag)
        if _INTEROPERABILITY in directory:
            directory[_INTEROPERABILITY] = _directory(source, _INTEROPERABILITY, directory)
        if directory:
            copy[tag] = directory
    return copy


def _directory(source, tag, within=None):
    """A directory that a tag points to: a new dictionary, empty if there is none."""
    value = (source if within is None else within).get(tag)
    if value is None or isinstance(value, dict):
        return dict(value or {})
    return dict(source.get_ifd(tag))


def _thumbnail_of(picture):
    """A JPEG file of the picture, small, as bytes."""
    # Few of the pixels suffice, and more would be copied.
    step = max(1, max(picture.size) // (4 * THUMBNAIL_SIZE))
    image = Image.fromarray(as_uint8(picture.pixels[::step, ::step]))
    image.thumbnail((THUMBNAIL_SIZE, THUMBNAIL_SIZE))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=75)
    return buffer.getvalue()


def _with_thumbnail(block, picture):
    """A block of EXIF with a preview of the picture as its second directory."""
    thumbnail = _thumbnail_of(picture)
    tiff = block.removeprefix(PREFIX)
    order = "<" if tiff.startswith(b"II") else ">"
    tiff += b"\0" * (len(tiff) % 2)
    (first,) = struct.unpack_from(order + "I", tiff, 4)
    (num_entries,) = struct.unpack_from(order + "H", tiff, first)
    link = first + 2 + 12 * num_entries
    # Six entries between their number and the offset of a next directory: none.
    values_at = len(tiff) + 2 + 6 * 12 + 4
    start = values_at + 2 * 8
    entries = (
        (_COMPRESSION, _SHORT, "HH", (_JPEG, 0)),
        (_X_RESOLUTION, _RATIONAL, "I", (values_at,)),
        (_Y_RESOLUTION, _RATIONAL, "I", (values_at + 8,)),
        (_RESOLUTION_UNIT, _SHORT, "HH", (_INCH, 0)),
        (_JPEG_OFFSET, _LONG, "I", (start,)),
        (_JPEG_LENGTH, _LONG, "I", (len(thumbnail),)),
    )
    directory = struct.pack(order + "H", len(entries))
    for tag, kind, form, value in entries:
        directory += struct.pack(order + "HHI" + form, tag, kind, 1, *value)
    directory += struct.pack(order + "IIIII", 0, 72, 1, 72, 1)
    linked = tiff[:link] + struct.pack(order + "I", len(tiff)) + tiff[link + 4 :]
    return PREFIX + linked + directory + thumbnail
