"""WebP files.

Those that lose something hold chroma at half the resolution, whatever their quality: the format
knows no other way. What comes from a file that lost nothing is written without loss.
"""

import io
import struct

from PIL import Image

from colorkeras.image_io.color_profiles import srgb_profile
from colorkeras.image_io.formats.format import Format, read_all_metadata
from colorkeras.image_io.metadata import xmp_packet
from colorkeras.image_io.metadata.exif import exif_bytes
from colorkeras.image_io.pixels import with_alpha

_HEADER_LENGTH, _FRAME_HEADER_LENGTH = 12, 16


def metadata(path, image, notes):
    """What the file says. See `Format`."""
    said = read_all_metadata(path, image, notes)
    with path.open("rb") as stream:
        said.is_lossless = _is_lossless(stream)
    return said


def write(path, pictures, options):
    """Writes the first picture. See `Format`."""
    picture = next(pictures)
    said = {
        "exif": exif_bytes(options, picture),
        "xmp": xmp_packet(options),
        "icc_profile": srgb_profile() if options.metadata.has_profile else None,
    }
    said = {name: value for name, value in said.items() if value is not None}
    # Colors of pixels that are not seen stay as well.
    image = Image.fromarray(with_alpha(picture))
    if options.metadata.is_lossless:
        image.save(path, "WEBP", lossless=True, exact=True, **said)
        return
    image.save(path, "WEBP", quality=options.quality, exact=True, **said)


def _is_lossless(stream):
    """Whether the first picture of a file is stored without loss."""
    stream.seek(_HEADER_LENGTH)
    while len(head := stream.read(8)) == 8:
        name, length = struct.unpack("<4sI", head)
        if name in (b"VP8 ", b"VP8L"):
            return name == b"VP8L"
        # The chunks of an animation's picture stand within one.
        stream.seek(_FRAME_HEADER_LENGTH if name == b"ANMF" else length + length % 2, io.SEEK_CUR)
    return False


WEBP = Format(
    (".webp",),
    metadata=metadata,
    write=write,
    has_alpha=True,
    max_side=16383,
    keeps=("EXIF", "XMP", "DPI"),
)
