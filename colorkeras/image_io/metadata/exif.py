"""Reading, updating and writing EXIF."""

import io
import re
from dataclasses import replace

from PIL import ExifTags, Image

from colorkeras.image_io.image import signature
from colorkeras.image_io.metadata.embedded import PROVENANCE
from colorkeras.image_io.metadata.thumbnails import with_thumbnail
from colorkeras.image_io.metadata.tiff_directories import (
    PREFIX,
    Exif,
    drop_unusable,
    read_fields,
    serialized,
)

_CAMERA, _GPS = ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo
_INTEROPERABILITY = ExifTags.IFD.Interop

_ORIENTATION, _SOFTWARE = 274, 305

TURNED_ORIENTATIONS = (5, 6, 7, 8)
"""EXIF orientations that swap rows and columns."""

_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 282, 283, 296
_NO_UNIT, _INCH, _CENTIMETER = 1, 2, 3
_COLOR_SPACE, _WIDTH, _HEIGHT, _GAMMA = 0xA001, 0xA002, 0xA003, 0xA500
_COMPONENTS, _COMPRESSION_RATE = 0x9101, 0x9102
_MAKER_NOTE = 0x927C
_INDEX, _RELATED_WIDTH, _RELATED_HEIGHT = 1, 0x1001, 0x1002
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
    *(262, 263, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284, 290, 291, 292, 293, 296),
    *(297, 300, 301, *range(317, 329), 330, 332, 333, 334, 336, 338, 339, 340, 341, 342, 347),
    *(512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532, 559, 700, 32997, 32998),
    *(33723, 34377, 34675, 37724, 40965, 50255, 52545),
}

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
        is_damaged = _add_fields(exif, image)
        is_damaged = drop_unusable(exif) or is_damaged
        if not source and not len(exif) and image.info.get("exif"):
            # Pillow raises only on the first call.
            raise ValueError("no tags")
        lost = ["damaged EXIF tags"] * is_damaged + _drop_stale(source, exif, is_turned)
        _drop_empty(exif)
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
        before = exif.get(_SOFTWARE)
        # Pillow decodes text as Latin-1, whatever its encoding is.
        before = before.encode("latin-1", "replace") if isinstance(before, str) else before
        software = signature(metadata.software, before)
        exif[_SOFTWARE] = software.encode("utf-8", "surrogateescape").decode("latin-1")
    if resolution is not None:
        exif[_X_RESOLUTION], exif[_Y_RESOLUTION] = resolution
        exif[_RESOLUTION_UNIT] = _INCH if metadata.dpi else _NO_UNIT
    camera = exif.get(_CAMERA, {})
    height, width = image.size
    # The index R98 means sRGB; other values mean Adobe RGB.
    interoperability = {_INDEX: "R98", _RELATED_WIDTH: width, _RELATED_HEIGHT: height}
    _update(camera, {_COLOR_SPACE: 1, _WIDTH: width, _HEIGHT: height})
    # The components depend on the output format.
    camera.pop(_COMPONENTS, None)
    _update(camera.get(_INTEROPERABILITY, {}), interoperability)
    _drop_empty(exif)
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

    block = plain = PREFIX + serialized(exif)
    if options.metadata.has_thumbnail:
        block = with_thumbnail(plain, image)
        if not fits():
            options.notes.append(f"the EXIF preview was left out {_TOO_LARGE}")
            block = plain
    if not fits() and _MAKER_NOTE in exif.get(_CAMERA, {}):
        options.notes.append(f"the EXIF maker note was left out {_TOO_LARGE}")
        del exif[_CAMERA][_MAKER_NOTE]
        _drop_empty(exif)
        block = PREFIX + serialized(exif)
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
    lost += _drop(
        "the compression rate of the input file", [_COMPRESSION_RATE], exif.get(_CAMERA, {})
    )
    return lost + (drop_positions(exif) if is_turned else [])


def _drop(what, tags, directory):
    """Delete tags; return `[what]` if any of them was present, otherwise an empty list."""
    present = [tag for tag in tags if tag in directory]
    for tag in present:
        del directory[tag]
    return [what] if present else []


def _drop_empty(exif):
    """Delete directories without tags, which TIFF does not allow."""
    camera = exif.get(_CAMERA, {})
    for directory, tag in ((camera, _INTEROPERABILITY), (exif, _CAMERA), (exif, _GPS)):
        if directory.get(tag) == {}:
            del directory[tag]


def _update(directory, values):
    """Change the values of those tags that are present in a directory."""
    directory.update({tag: value for tag, value in values.items() if tag in directory})


def _copy_of(source):
    copy = Exif()
    copy.endian = source.endian or "<"
    copy.fields = getattr(source, "fields", {})
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


def _add_fields(exif, image):
    """Add the tags as stored in an opened file, and return whether any of them are damaged."""
    if image.info.get("exif"):
        content = image.info["exif"]
        while content.startswith(PREFIX):
            content = content.removeprefix(PREFIX)
        stream = io.BytesIO(content)
    elif getattr(image, "tag_v2", None) is not None and image.tell() == 0:
        stream = image.fp
    else:
        return False
    fields, is_damaged = read_fields(stream, _ELSEWHERE)
    for (directory, tag), field in fields.items():
        within = exif.setdefault(_CAMERA, {}) if directory == _INTEROPERABILITY else exif
        tags = exif if directory is None else within.setdefault(directory, {})
        # Pillow skips tags of unknown types, and all tags after a damaged one.
        value = tags.setdefault(tag, field.data)
        # Share the bytes to save memory.
        data = value if value == field.data else field.data
        exif.fields[directory, tag] = field._replace(value=value, data=data)
    return is_damaged


def _directory(source, tag, within=None):
    """Return a copy of the directory that a tag points to, or an empty dict if there is none."""
    value = (source if within is None else within).get(tag)
    if value is None or isinstance(value, dict):
        return dict(value or {})
    try:
        return dict(source.get_ifd(tag))
    except (OSError, ValueError):
        # The offset is too large to seek to. `_add_fields` reports the loss.
        return {}
