"""PNG files, of 8 and of 16 bits."""

import io
import struct

import numpy as np
from PIL import Image, PngImagePlugin

from colorkeras.image_io.color_profiles import srgb_profile
from colorkeras.image_io.formats.format import Format, read_only_page
from colorkeras.image_io.formats.png16 import decoded, encoded
from colorkeras.image_io.image import Metadata, signature
from colorkeras.image_io.metadata import read_metadata, xmp_packet
from colorkeras.image_io.metadata.exif import exif_bytes, orientation_of
from colorkeras.image_io.pixels import from_samples, with_alpha

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER_LENGTH = 25
_DEPTH_AT, _KIND_AT = 24, 25
"""Bytes of a file in which the number of bits for each channel stands, and which channels."""

_GRAY_KIND = 0
_OF_PIXELS = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
_OF_ANIMATION = {b"acTL", b"fcTL", b"fdAT"}
_SOFTWARE = "Software"


def page(path, image, number, notes):
    """The picture. See `Format`."""
    with path.open("rb") as stream:
        header = stream.read(_KIND_AT + 1)
    depth, kind = header[_DEPTH_AT], header[_KIND_AT]
    if depth == 16:
        return _deep_picture(path, kind, notes)
    if kind == _GRAY_KIND and depth in (2, 4) and "transparency" in image.info:
        # Pillow widens the levels of pixels to 8 bits, but not this one.
        image.info["transparency"] *= 255 // (2**depth - 1)
    return read_only_page(path, image, number, notes)


def metadata(path, image, notes):
    """What the file says, also behind its pixels. See `Format`."""
    try:
        return read_metadata(_without_pixels(path), notes)
    except Exception:  # Pillow raises whatever its parser stumbles over.
        notes.append("what the file says of its picture is damaged and was left out")
        return Metadata(has_profile="icc_profile" in image.info)


def _deep_picture(path, kind, notes):
    color, alpha = decoded(path, kind)
    try:
        said = _without_pixels(path)
        profile, orientation = said.info.get("icc_profile"), orientation_of(said)
    except Exception:  # As above, where it is told.
        profile, orientation = None, 1
    return from_samples(color, alpha, profile, orientation, notes)


def _without_pixels(path):
    """An image that says what the file says.

    Some programs write it behind the pixels, where Pillow looks only after it has decoded them.
    """
    with path.open("rb") as stream:
        said = list(_chunks(stream, without=_OF_PIXELS | _OF_ANIMATION))
    small = b"".join(_with_chunks(_smallest_file(), said))
    return PngImagePlugin.PngImageFile(io.BytesIO(small))


def write(path, pictures, options):
    """Writes the first picture. See `Format`."""
    picture = next(pictures)
    said = _said(options, picture)
    if picture.pixels.dtype == np.uint8:
        Image.fromarray(with_alpha(picture)).save(path, "PNG", **said)
        return
    # What Pillow would write beside the pixels.
    chunks = list(_chunks(io.BytesIO(_smallest_file(**said)), without=_OF_PIXELS))
    with path.open("wb") as stream:
        stream.write(_SIGNATURE)
        for number, chunk in enumerate(encoded(picture)):
            stream.write(chunk)
            if number == 0:
                stream.writelines(chunks)


def _said(options, picture):
    """What is said of the picture, as Pillow's arguments."""
    metadata, texts = options.metadata, PngImagePlugin.PngInfo()
    packet = xmp_packet(options)
    if packet is not None:
        texts.add_itxt("XML:com.adobe.xmp", packet.decode())
    comments = dict(metadata.comments)
    if metadata.software is not None:
        comments[_SOFTWARE] = signature(metadata.software, comments.get(_SOFTWARE))
    for keyword, text in comments.items():
        texts.add_text(keyword, text)
    said = {
        "pnginfo": texts,
        "exif": exif_bytes(options, picture),
        "dpi": metadata.dpi,
        "icc_profile": srgb_profile() if metadata.has_profile else None,
    }
    return {name: value for name, value in said.items() if value is not None}


def _smallest_file(**said):
    buffer = io.BytesIO()
    Image.new("L", (1, 1)).save(buffer, "PNG", **said)
    return buffer.getvalue()


def _with_chunks(contents, chunks):
    """Parts of a file with more chunks behind its header, where all but pixels may stand."""
    behind = len(_SIGNATURE) + _HEADER_LENGTH
    return [contents[:behind], *chunks, memoryview(contents)[behind:]]


def _chunks(stream, of=None, without=()):
    """Yields chunks of a file as bytes, those of some names only, up to the first that is cut off.

    Args:
        stream: The file, opened in binary mode.
        of: Names of the chunks that are wanted, or None for all.
        without: Names of those that are not.
    """
    stream.seek(len(_SIGNATURE))
    while len(head := stream.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        rest = length + 4  # With its checksum.
        if name in without or (of is not None and name not in of):
            stream.seek(rest, io.SEEK_CUR)
            continue
        content = stream.read(rest)
        if len(content) < rest:
            return
        yield head + content


PNG = Format(
    (".png",),
    page,
    metadata,
    write=write,
    has_16_bits=True,
    has_alpha=True,
    keeps=("EXIF", "XMP", "DPI", "comments"),
)
