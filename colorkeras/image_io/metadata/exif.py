"""Reading, updating and writing EXIF."""

import io
import re
import struct
from dataclasses import replace

from PIL import ExifTags, Image

from colorkeras.image_io.bit_depth import as_uint8
from colorkeras.image_io.image import signature
from colorkeras.image_io.metadata.embedded import PROVENANCE
from colorkeras.image_io.metadata.tiff_directories import PREFIX, Text, serialized

THUMBNAIL_SIZE = 160
"""Longer side of embedded previews in pixels, as the EXIF standard specifies."""

_CAMERA, _GPS = ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo
_INTEROPERABILITY = ExifTags.IFD.Interop

_ORIENTATION, _SOFTWARE = 274, 305

TURNED_ORIENTATIONS = (5, 6, 7, 8)
"""EXIF orientations that swap rows and columns."""

_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 282, 283, 296
_NO_UNIT, _INCH, _CENTIMETER = 1, 2, 3
_COLOR_SPACE, _WIDTH, _HEIGHT, _GAMMA = 0xA001, 0xA002, 0xA003, 0xA500
_MAKER_NOTE, _INDEX = 0x927C, 1
_DESCRIPTION, _LAYERS, _C2PA = 270, 37724, 52545
_IMAGEJ, _GEOTIFF = (50838, 50839), (33550, 33922, 34264)
_SUBJECT, _FOCAL_PLANE = (0x9214, 0xA214), (0xA20E, 0xA20F)
_SHAPE_DESCRIPTION = '{"shape":'
"""Start of the description that tifffile writes by default."""

_STACK_DESCRIPTION = re.compile(r"ImageJ=|<\?xml.*<OME|<OME", re.DOTALL)

# TIFF tags to exclude from EXIF: tags that describe how pixels are stored, tags with separate
# fields in `Metadata`, and tags that contain copies of the image, such as an editor's layers.
_ELSEWHERE = {
    *range(254, 260),
    *(262, 263, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284, 292, 293, 296, 297, 301),
    *(317, 318, 319, 320, 321, 322, 323, 324, 325, 330, 332, 338, 339, 340, 341, 342, 347),
    *(512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532, 559, 700, 32997, 32998),
    *(33723, 34377, 34675, 37724, 40965, 50255, 52545),
}

_COMPRESSION, _JPEG_OFFSET, _JPEG_LENGTH = 0x0103, 0x0201, 0x0202
_SHORT, _LONG, _RATIONAL = 3, 4, 5
_JPEG = 6
_TOO_LARGE = "because it is too large for the output format"


def read_exif(image, is_turned):
    """Read the EXIF tags from an opened file.

    Args:
        image: `PIL.Image.Image`.
        is_turned: Whether the pixels will be rotated or flipped.

    Returns:
        `(exif, lost)`: `PIL.Image.Exif` that remains valid after the file is closed, or None if
        there are no tags; and a list of noun phrases naming the data that was left out.

    Raises:
        ValueError: The EXIF data is damaged.
    """
    try:
        source = image.getexif()
        exif = _copy_of(source)
        # Fail early if the tags cannot be written.
        exif.tobytes()
        if not source and image.info.get("exif"):
            # Pillow raises only on the first call.
            raise ValueError("no tags")
        lost = _drop_stale(source, exif, is_turned)
        return exif if len(exif) else None, lost
    except Exception as error:  # Pillow's parser may raise anything.
        raise ValueError("damaged EXIF") from error


def orientation_of(image):
    """Return the EXIF orientation in [1, 8], or 1 if it is unknown."""
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # Pillow's parser may raise anything; `read_exif` reports it.
        return 1
    return orientation if orientation in range(1, 9) else 1


def resolution_of(image, without_unit=False):
    """Return the horizontal and vertical resolution in pixels per inch (or unitless), or None."""
    factors = {_NO_UNIT: 1.0} if without_unit else {_INCH: 1.0, _CENTIMETER: 2.54}
    try:
        exif = image.getexif()
        factor = factors.get(exif.get(_RESOLUTION_UNIT, _INCH))
        return factor and tuple(factor * float(exif[tag]) for tag in (_X_RESOLUTION, _Y_RESOLUTION))
    except Exception:  # Pillow's parser may raise anything.
        return None


def has_thumbnail(image):
    """Return whether the EXIF block of an opened file contains a preview."""
    try:
        # In a TIFF file, the second directory is the second page rather than a preview.
        return "exif" in image.info and bool(image.getexif().get_ifd(ExifTags.IFD.IFD1))
    except Exception:  # Pillow's parser may raise anything.
        return False


def exif_for_result(metadata, image):
    """Return the EXIF for the colorized image.

    Args:
        metadata: `Metadata`.
        image: `DecodedImage`.

    Returns:
        `PIL.Image.Exif`, or None if there are no tags.
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
        # 1 means sRGB; other values mean Adobe RGB.
        camera[_INTEROPERABILITY][_INDEX] = "R98"
    return exif


def exif_bytes(options, image, max_length=None):
    """Return the EXIF block for a new file.

    Args:
        options: `SaveOptions`.
        image: `DecodedImage` from which to create a preview if the input file had one.
        max_length: Maximum number of bytes, or None. The preview is dropped first, then the maker
            note, then all other tags.

    Returns:
        Bytes that start with `tiff_directories.PREFIX`, or None.
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
            options.notes.append(f"the EXIF preview was left out {_TOO_LARGE}")
            block = plain
    if not fits() and _MAKER_NOTE in exif.get(_CAMERA, {}):
        options.notes.append(f"the EXIF maker note was left out {_TOO_LARGE}")
        del exif[_CAMERA][_MAKER_NOTE]
        block = PREFIX + b"".join(serialized(exif))
    if not fits():
        options.notes.append(f"EXIF was left out {_TOO_LARGE}")
        metadata = replace(options.metadata, exif=None, has_thumbnail=False)
        return exif_bytes(replace(options, metadata=metadata), image)
    return block


def drop_positions(exif):
    """Delete tags that contain pixel positions, and return their names as noun phrases."""
    camera, lost = exif.get(_CAMERA, {}), []
    lost += _drop("the subject area", _SUBJECT, camera)
    lost += _drop("focal plane resolutions", _FOCAL_PLANE, camera)
    lost += _drop("the maker note (focus points)", [_MAKER_NOTE], camera)
    lost += _drop("geographic coordinates of pixels", _GEOTIFF, exif)
    return lost


def _drop_stale(source, exif, is_turned):
    """Delete tags that describe the input file, and return their names as noun phrases."""
    lost = []
    if _LAYERS in source:
        lost.append("editor layers")
    if _C2PA in source:
        lost.append(PROVENANCE)
    lost += _drop("raw file tags", [*range(50706, 50838), *range(50840, 51200)], exif)
    lost += _drop("ImageJ's description of the input file", _IMAGEJ, exif)
    description = exif.get(_DESCRIPTION)
    if isinstance(description, str) and description.startswith(_SHAPE_DESCRIPTION):
        del exif[_DESCRIPTION]
    elif isinstance(description, str) and _STACK_DESCRIPTION.match(description):
        lost += _drop("the description of an image stack", [_DESCRIPTION], exif)
    lost += _drop("the gamma of the input file", [_GAMMA], exif.get(_CAMERA, {}))
    return lost + (drop_positions(exif) if is_turned else [])


def _drop(what, tags, directory):
    """Delete tags; return `[what]` if any of them was present, otherwise an empty list."""
    present = [tag for tag in tags if tag in directory]
    for tag in present:
        del directory[tag]
    return [what] if present else []


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
    """Preserve the bytes in a text value, which Pillow decodes as Latin-1 but writes as ASCII."""
    is_other_text = isinstance(value, str) and not value.isascii()
    return Text(value.encode("latin-1")) if is_other_text else value


def _directory(source, tag, within=None):
    """Return a copy of the directory that a tag points to, or an empty dict if there is none."""
    value = (source if within is None else within).get(tag)
    if value is None or isinstance(value, dict):
        return dict(value or {})
    return dict(source.get_ifd(tag))


def _thumbnail_of(image):
    """Return a preview of an image, encoded as a small JPEG file."""
    # Subsample large images first, since a full copy would need a lot of memory.
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
    # A directory consists of an entry count, the entries (here six), and the offset of the next
    # directory (here 0).
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
