"""JPEG files and multi-picture files (MPO), such as stereo images."""

import io
import re

import numpy as np
from PIL import Image, JpegImagePlugin

from colorkeras.image_io.color_profiles import srgb_profile
from colorkeras.image_io.formats.format import Format, add_embedded
from colorkeras.image_io.metadata import (
    EXTENDED_XMP_HEADER,
    XMP_HEADER,
    read_metadata,
    xmp_packet,
)
from colorkeras.image_io.metadata.embedded import PROVENANCE
from colorkeras.image_io.metadata.exif import exif_bytes
from colorkeras.image_io.metadata.iptc import MAX_SEGMENT, RESOURCES_HEADER, segments_of
from colorkeras.image_io.pixels import from_pillow

QUALITY = 95
"""Default JPEG quality of output files. Chroma is stored at full resolution."""

_UNIT_AT = 13
"""File offset of the resolution unit, which Pillow always sets to inches."""

_NAME = re.compile(rb"[!-~]{2,20}")
"""Name of a program or a type of data at the start of a segment."""

# Starts of segments that describe how pixels are stored, or that other functions read or report.
_KNOWN_SEGMENTS = (
    b"JFIF",
    b"JFXX",
    b"Adobe\0",
    b"Ducky",
    b"ICC_PROFILE",
    b"MPF\0",
    b"Exif\0",
    RESOURCES_HEADER,
    XMP_HEADER,
    EXTENDED_XMP_HEADER,
    b"urn:iso:",
)
_MAX_NAMES = 5
"""Maximum number of names in a note."""

_JUMBF = b"JP\0"
_END_MARKER = b"\xff\xd9"
_PADDING_LENGTH = 2000
"""Number of bytes that is sufficient for several blocks of pixels."""


def page(path, image, number, notes):
    """Decode the image, even if its end marker is missing. See `Format`."""
    del number
    try:
        return from_pillow(image, notes)
    except OSError:
        complete = _with_end_marker(path, image)
        if complete is None:
            raise
        notes.append("the file's end marker is missing, but the pixel data is complete")
        return from_pillow(complete, notes)


def metadata(path, image, notes):
    """Read the metadata, and report data of other programs. See `Format`."""
    result = read_metadata(image, notes)
    is_jumbf_reported = PROVENANCE in add_embedded(path, notes)
    known = (*_KNOWN_SEGMENTS, _JUMBF) if is_jumbf_reported else _KNOWN_SEGMENTS
    names = dict.fromkeys(
        match[0].decode() if (match := _NAME.match(content)) else segment
        for segment, content in image.applist
        if segment.startswith("APP") and content.strip(b"\0") and not content.startswith(known)
    )
    if names:
        shown = ", ".join([*names][:_MAX_NAMES])
        more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
        notes.append(f"the data of other programs ({shown}{more}) was left out")
    return result


def write(path, images, options):
    """Write the first image. See `Format`."""
    image, metadata = next(images), options.metadata
    settings = {
        "exif": exif_bytes(options, image, MAX_SEGMENT),
        "xmp": xmp_packet(options, MAX_SEGMENT - len(XMP_HEADER)),
        "dpi": metadata.dpi or metadata.aspect,
        "icc_profile": srgb_profile() if metadata.has_profile else None,
        "extra": segments_of(metadata.iptc) if metadata.iptc else None,
        "comment": _comment(options),
    }
    settings = {name: value for name, value in settings.items() if value is not None}
    Image.fromarray(image.pixels).save(
        path, "JPEG", quality=options.quality, subsampling="4:4:4", **settings
    )
    if metadata.dpi is None and metadata.aspect is not None:
        with path.open("r+b") as stream:
            stream.seek(_UNIT_AT)
            stream.write(b"\0")


def _with_end_marker(path, image):
    """Return the image if only the end marker of its file is missing, otherwise None.

    Extra bytes before the end marker have no effect if the pixel data is complete, but they change
    the image if any pixels are missing.
    """
    # A marker starts with 0xFF.
    content = path.read_bytes().rstrip(_END_MARKER[:1])
    first = None
    for padding in (b"", _padding(0x55, 0), _padding(0xAA, 4)):
        copy = JpegImagePlugin.JpegImageFile(io.BytesIO(content + padding + _END_MARKER))
        copy.draft(None, image.size)
        copy.load()
        first = first or copy
        if not np.array_equal(np.asarray(first), np.asarray(copy)):
            return None
    return first


def _padding(value, number):
    """Return pixel data of a repeated byte, with all restart markers from a number in [0, 7] on."""
    data = bytes([value]) * _PADDING_LENGTH
    markers = (bytes([0xFF, 0xD0 + (number + offset) % 8]) for offset in range(8))
    return data + b"".join(marker + data for marker in markers)


def _comment(options):
    texts = dict(options.metadata.comments)
    comment = texts.pop("Comment", "").encode("utf-8", "surrogateescape")
    if len(comment) > MAX_SEGMENT:
        options.notes.append("the comment was left out because it is too large for JPEG")
        comment = None
    if texts:
        options.notes.append("keyword comments were left out because JPEG does not support them")
    return comment or None


JPEG = Format((".jpg", ".jpeg", ".jpe", ".jfif"), page, metadata, write=write, max_side=65500)
MPO = Format((".mpo",), page, metadata, result_suffix=".jpg")
