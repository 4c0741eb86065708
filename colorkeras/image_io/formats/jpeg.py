"""JPEG files, and stereo files (MPO) that hold several of them."""

import io

import numpy as np
from PIL import Image, JpegImagePlugin

from colorkeras.image_io.color_profiles import srgb_profile
from colorkeras.image_io.formats.format import Format
from colorkeras.image_io.metadata import read_metadata, xmp_packet
from colorkeras.image_io.metadata.exif import exif_bytes
from colorkeras.image_io.metadata.iptc import MAX_SEGMENT, segments_of
from colorkeras.image_io.pixels import from_pillow

QUALITY = 95
"""Quality of written files; their chroma has full resolution."""

_XMP_HEADER = 29
_UNIT_AT = 13
"""Offset of the unit of the resolution, which Pillow sets to inches."""

_TAIL_LENGTH = 4096
_MOTION_PHOTO = "the video of the motion photo was left out"
_END_MARKER = b"\xff\xd9"


def page(path, image, number, notes):
    """Decode the image, also if only the end marker is missing. See `Format`."""
    del number
    try:
        return from_pillow(image, notes)
    except OSError:
        complete = _with_end_marker(path, image)
        if complete is None:
            raise
        notes.append("the file has no end marker, but its pixels are complete")
        return from_pillow(complete, notes)


def metadata(path, image, notes):
    """Read the metadata, and report what follows or surrounds the image. See `Format`."""
    with path.open("rb") as stream:
        stream.seek(-min(path.stat().st_size, _TAIL_LENGTH), io.SEEK_END)
        tail = stream.read()
    result = read_metadata(image, notes)
    if b"MotionPhoto_Data" in tail and _MOTION_PHOTO not in notes:
        notes.append(_MOTION_PHOTO)
    if any(name == "APP11" and b"c2pa" in content for name, content in image.applist):
        notes.append("the provenance data (C2PA) was left out")
    return result


def write(path, images, options):
    """Write the first image. See `Format`."""
    image, metadata = next(images), options.metadata
    settings = {
        "exif": exif_bytes(options, image, MAX_SEGMENT),
        "xmp": xmp_packet(options, MAX_SEGMENT - _XMP_HEADER),
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
    """Return the image of a file whose end marker alone is missing, or None.

    Bytes between the last pixels and the end marker are ignored, but they change the image if
    pixels are missing.
    """
    content = path.read_bytes()
    images = []
    for padding in (b"", bytes(range(1, 255)) * 16):
        copy = JpegImagePlugin.JpegImageFile(io.BytesIO(content + padding + _END_MARKER))
        copy.draft(None, image.size)
        copy.load()
        images.append(copy)
    is_complete = np.array_equal(*map(np.asarray, images))
    return images[0] if is_complete else None


def _comment(options):
    texts = dict(options.metadata.comments)
    comment = texts.pop("Comment", "").encode("utf-8", "surrogateescape")
    if len(comment) > MAX_SEGMENT:
        options.notes.append("the comment was left out, as such files hold less")
        comment = None
    if texts:
        options.notes.append("comments with keywords are not kept in such files")
    return comment or None


JPEG = Format((".jpg", ".jpeg", ".jpe", ".jfif"), page, metadata, write=write, max_side=65500)
MPO = Format((".mpo",), page, metadata, result_suffix=".jpg")
