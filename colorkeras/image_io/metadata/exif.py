"""EXIF: read it, correct it for the colored image, write it."""

import io
import re
import struct
from dataclasses import replace

from PIL import ExifTags, Image

from colorkeras.image_io.bit_depth import as_uint8
from colorkeras.image_io.image import signature
from colorkeras.image_io.metadata.tiff_directories import PREFIX, Text, serialized

THUMBNAIL_SIZE = 160
"""Longer side of an embedded preview in pixels, by the standard for cameras."""

_CAMERA, _GPS = ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo
_INTEROPERABILITY = ExifTags.IFD.Interop

_ORIENTATION, _SOFTWARE = 274, 305

TURNED_ORIENTATIONS = (5, 6, 7, 8)
"""EXIF orientations in which rows of the file are columns of the image."""

_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 282, 283, 296
_NO_UNIT, _INCH, _CENTIMETER = 1, 2, 3
_COLOR_SPACE, _WIDTH, _HEIGHT = 0xA001, 0xA002, 0xA003
_MAKER_NOTE, _INDEX = 0x927C, 1
_DESCRIPTION, _LAYERS = 270, 37724
_IMAGEJ, _GEOTIFF = (50838, 50839), (33550, 33922, 34264)
_SUBJECT, _FOCAL_PLANE = (0x9214, 0xA214), (0xA20E, 0xA20F)
_SHAPE_DESCRIPTION = '{"shape":'
"""Start of what tifffile writes into every file by default."""

_STACK_DESCRIPTION = re.compile(r"ImageJ=|<\?xml.*<OME|<OME", re.DOTALL)

# Tags of TIFF files that describe how pixels are stored, that `Metadata` holds in other fields, or
# that hold the image once more, as an editor's layers do.
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


def read_exif(image, is_turned):
    """Read the EXIF tags of an opened file.

    Args:
        image: `PIL.Image.Image`.
        is_turned: Whether the pixels will be turned or mirrored.

    Returns:
        `PIL.Image.Exif` that no longer needs the file, or None if there is nothing; and what was
        left out, as noun phrases.

    Raises:
        ValueError: It is damaged.
    """
    try:
        source = image.getexif()
        exif = _copy_of(source)
        # Find out now whether it can be written.
        exif.tobytes()
        if not source and image.info.get("exif"):
            # Pillow raises only on the first call.
            raise ValueError("no tags")
        lost = _drop_stale(source, exif, is_turned)
        return exif if len(exif) else None, lost
    except Exception as error:  # Pillow raises whatever its parser runs into.
        raise ValueError("damaged EXIF") from error


def orientation_of(image):
    """Return the EXIF orientation, 1..8; 1 if it is unknown."""
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # As above; `read_exif` reports it.
        return 1
    return orientation if orientation in range(1, 9) else 1


def resolution_of(image, without_unit=False):
    """Return pixels per inch, horizontal and vertical, or None; or values without a unit."""
    factors = {_NO_UNIT: 1.0} if without_unit else {_INCH: 1.0, _CENTIMETER: 2.54}
    try:
        exif = image.getexif()
        factor = factors.get(exif.get(_RESOLUTION_UNIT, _INCH))
        return factor and tuple(factor * float(exif[tag]) for tag in (_X_RESOLUTION, _Y_RESOLUTION))
    except Exception:  # As above.
        return None


def has_thumbnail(image):
    """Return whether EXIF of an opened file has a preview of the image."""
    try:
        # The second directory of a TIFF file is its second page.
        return "exif" in image.info and bool(image.getexif().get_ifd(ExifTags.IFD.IFD1))
    except Exception:  # As above.
        return False


def exif_for_result(metadata, image):
    """Return EXIF that holds for the colored image.

    Args:
        metadata: `Metadata`.
        image: `DecodedImage`.

    Returns:
        `PIL.Image.Exif`, or None if there is nothing to say.
    """
    resolution = metadata.dpi or metadata.aspect
    if metadata.exif is None and resolution is None and metadata.software is None:
        return None
    exif = _copy_of(metadata.exif or Image.Exif())
    exif[_ORIENTATION] = 1
    if metadata.software is not None:
        software = signature(metadata.software, exif.get(_SOFTWARE))
        exif[_SOFTWARE] = _text(software.encode("utf-8", "surrogateescape").decode("latin-1"))
    if resolution is not None:
        exif[_X_RESOLUTION], exif[_Y_RESOLUTION] = resolution
        exif[_RESOLUTION_UNIT] = _INCH if metadata.dpi else _NO_UNIT
    camera = exif.get(_CAMERA, {})
    height, width = image.size
    for tag, value in ((_COLOR_SPACE, 1), (_WIDTH, width), (_HEIGHT, height)):
        if tag in camera:
            camera[tag] = value
    if _INDEX in camera.get(_INTEROPERABILITY, {}):
        # Another value stands for Adobe RGB.
        camera[_INTEROPERABILITY][_INDEX] = "R98"
    return exif


def exif_bytes(options, image, max_length=None):
    """Return the EXIF block of a new file.

    Args:
        options: `SaveOptions`.
        image: `DecodedImage`, from which a preview is made if the old file had one.
        max_length: Maximum number of bytes, or None. The preview is dropped first, then the maker
            note, then the other tags.

    Returns:
        Bytes that begin with `tiff_directories.PREFIX`, or None.
    """
    exif = exif_for_result(options.metadata, image)
    if exif is None:
        return None

    def fits():
        return max_length is None or len(block) <= max_length

    block = plain = PREFIX + b"".join(serialized(exif))
    if options.metadata.has_thumbnail:
        block = _with_thumbnail(plain, image)
        if not fits():
            options.notes.append("the preview in EXIF was left out, as such files hold less")
            block = plain
    if not fits() and _MAKER_NOTE in exif.get(_CAMERA, {}):
        options.notes.append("the maker note of EXIF was left out, as such files hold less")
        del exif[_CAMERA][_MAKER_NOTE]
        block = PREFIX + b"".join(serialized(exif))
    if not fits():
        options.notes.append("EXIF was left out, as such files hold less")
        metadata = replace(options.metadata, exif=None, has_thumbnail=False)
        return exif_bytes(replace(options, metadata=metadata), image)
    return block


def _drop_stale(source, exif, is_turned):
    """Delete tags that describe the old file, and return them as noun phrases."""
    lost = []

    def drop(what, tags, directory=exif):
        for tag in [tag for tag in tags if tag in directory]:
            del directory[tag]
            lost.append(what)

    if _LAYERS in source:
        lost.append("editor layers")
    drop("raw file tags", range(50706, 50838))
    drop("raw file tags", range(50840, 51200))
    drop("ImageJ's description of the old file", _IMAGEJ)
    description = exif.get(_DESCRIPTION)
    if isinstance(description, str) and description.startswith(_SHAPE_DESCRIPTION):
        del exif[_DESCRIPTION]
    elif isinstance(description, str) and _STACK_DESCRIPTION.match(description):
        drop("the description of an image stack", [_DESCRIPTION])
    if is_turned:
        drop("the subject area", _SUBJECT, exif.get(_CAMERA, {}))
        drop("focal plane resolutions", _FOCAL_PLANE, exif.get(_CAMERA, {}))
        drop("geographic coordinates of pixels", _GEOTIFF)
    return list(dict.fromkeys(lost))


def _copy_of(source):
    copy = Image.Exif()
    copy.endian = source.endian or "<"
    for tag in source:
        if tag not in (*_ELSEWHERE, _CAMERA, _GPS):
            copy[tag] = _text(source[tag])
    for tag in (_CAMERA, _GPS):
        directory = _directory(source, tag)
        if _INTEROPERABILITY in directory:
            directory[_INTEROPERABILITY] = _directory(source, _INTEROPERABILITY, directory)
        if directory:
            copy[tag] = {key: _text(value) for key, value in directory.items()}
    return copy


def _text(value):
    """Keep the bytes of text, which Pillow decodes as Latin-1 but writes as ASCII."""
    is_other_text = isinstance(value, str) and not value.isascii()
    return Text(value.encode("latin-1")) if is_other_text else value


def _directory(source, tag, within=None):
    """Return a copy of the directory that a tag points to, empty if there is none."""
    value = (source if within is None else within).get(tag)
    if value is None or isinstance(value, dict):
        return dict(value or {})
    return dict(source.get_ifd(tag))


def _thumbnail_of(image):
    """Return a small JPEG file of the preview as bytes."""
    # A few of the pixels suffice, and more would be copied.
    step = max(1, max(image.size) // (4 * THUMBNAIL_SIZE))
    preview = Image.fromarray(as_uint8(image.pixels[::step, ::step]))
    preview.thumbnail((THUMBNAIL_SIZE, THUMBNAIL_SIZE))
    buffer = io.BytesIO()
    preview.save(buffer, "JPEG", quality=75)
    return buffer.getvalue()


def _with_thumbnail(block, image):
    """Add a preview of the image to an EXIF block as its second directory."""
    thumbnail = _thumbnail_of(image)
    tiff = block.removeprefix(PREFIX)
    order = "<" if tiff.startswith(b"II") else ">"
    tiff += b"\0" * (len(tiff) % 2)
    (first,) = struct.unpack_from(order + "I", tiff, 4)
    (num_entries,) = struct.unpack_from(order + "H", tiff, first)
    link = first + 2 + 12 * num_entries
    # Six entries stand between their number and the empty offset of the next directory.
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
