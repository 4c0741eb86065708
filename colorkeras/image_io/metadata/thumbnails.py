"""Create embedded previews."""

import io
import struct

from PIL import Image

from colorkeras.image_io.bit_depth import as_uint8
from colorkeras.image_io.metadata.tiff_directories import PREFIX

THUMBNAIL_SIZE = 160
"""Longer side of embedded previews in pixels, as the EXIF standard specifies."""

_COMPRESSION, _X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 0x0103, 282, 283, 296
_JPEG_OFFSET, _JPEG_LENGTH = 0x0201, 0x0202
_SHORT, _LONG, _RATIONAL = 3, 4, 5
_JPEG, _INCH = 6, 2


def _thumbnail_of(image):
    """Return a preview of an image, encoded as a small JPEG file."""
    # Subsample large images first, since a full copy would need a lot of memory.
    step = max(1, max(image.size) // (4 * THUMBNAIL_SIZE))
    preview = Image.fromarray(as_uint8(image.pixels[::step, ::step]))
    preview.thumbnail((THUMBNAIL_SIZE, THUMBNAIL_SIZE))
    buffer = io.BytesIO()
    preview.save(buffer, "JPEG", quality=75)
    return buffer.getvalue()


def with_thumbnail(block, image):
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
