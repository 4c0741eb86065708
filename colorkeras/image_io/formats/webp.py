"""WebP files.

Lossy files store chroma at half resolution, regardless of the quality. If the input file is
lossless, the output file is too.
"""

import io
import struct

from PIL import Image, WebPImagePlugin

from colorkeras.image_io.color_profiles import srgb_profile
from colorkeras.image_io.formats.format import Format, read_all_metadata
from colorkeras.image_io.metadata import xmp_packet
from colorkeras.image_io.metadata.exif import exif_bytes
from colorkeras.image_io.pixels import with_alpha

_HEADER_LENGTH, _FRAME_HEADER_LENGTH = 12, 16
_PIXEL_CHUNKS = {b"VP8 ", b"VP8L", b"ANMF"}


def open_webp(stream):
    """Open a file as an image, even if metadata is missing at the end."""
    if not _is_truncated(stream):
        stream.seek(0)
        return WebPImagePlugin.WebPImageFile(stream)
    stream.seek(_HEADER_LENGTH)
    chunks = []
    while len(head := stream.read(8)) == 8:
        (length,) = struct.unpack("<4xI", head)
        content = stream.read(length + length % 2)
        if len(content) < length:
            break
        # Only the padding to an even length may be missing.
        chunks.append(head + content.ljust(length + length % 2, b"\0"))
    if not any(chunk[:4] in _PIXEL_CHUNKS for chunk in chunks):
        raise ValueError("the file is truncated")
    content = b"WEBP" + b"".join(chunks)
    header = struct.pack("<4sI", b"RIFF", len(content))
    return WebPImagePlugin.WebPImageFile(io.BytesIO(header + content))


def metadata(path, image, notes):
    """Read the metadata. See `Format`."""
    result = read_all_metadata(path, image, notes)
    with path.open("rb") as stream:
        if _is_truncated(stream):
            notes.append("the end of the file is missing, but the pixel data is complete")
        result.is_lossless = _is_lossless(stream)
    return result


def write(path, images, options):
    """Write the first image. See `Format`."""
    image = next(images)
    settings = {
        "exif": exif_bytes(options, image),
        "xmp": xmp_packet(options),
        "icc_profile": srgb_profile() if options.metadata.has_profile else None,
    }
    settings = {name: value for name, value in settings.items() if value is not None}
    output = Image.fromarray(with_alpha(image))
    if options.metadata.is_lossless:
        output.save(path, "WEBP", lossless=True, exact=True, **settings)
        return
    output.save(path, "WEBP", quality=options.quality, exact=True, **settings)


def _is_truncated(stream):
    """Return whether a file is shorter than its header states."""
    stream.seek(0)
    (length,) = struct.unpack("<4xI", stream.read(8))
    return stream.seek(0, io.SEEK_END) < 8 + length


def _is_lossless(stream):
    """Return whether the first image in a file is stored losslessly."""
    stream.seek(_HEADER_LENGTH)
    while len(head := stream.read(8)) == 8:
        name, length = struct.unpack("<4sI", head)
        if name in (b"VP8 ", b"VP8L"):
            return name == b"VP8L"
        # In animations, the chunks of each image are nested in another chunk.
        stream.seek(_FRAME_HEADER_LENGTH if name == b"ANMF" else length + length % 2, io.SEEK_CUR)
    return False


WEBP = Format(
    (".webp",),
    metadata=metadata,
    opener=open_webp,
    write=write,
    has_alpha=True,
    max_side=16383,
    keeps=("EXIF", "XMP", "DPI"),
)
