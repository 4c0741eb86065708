"""JPEG 2000 files.

Pillow decodes color images to 8 bits per channel; imagecodecs supports up to 16 bits.
"""

from PIL import Jpeg2KImagePlugin

from colorkeras.image_io.bit_depth import scale_to_uint
from colorkeras.image_io.formats.boxes import read_metadata_boxes
from colorkeras.image_io.formats.format import Format, read_only_page
from colorkeras.image_io.metadata.exif import orientation_of
from colorkeras.image_io.pixels import UINT16_MODES, from_samples

_SIZE_MARKER = b"\xff\x4f\xff\x51"
_DEPTH_OFFSET = 42
"""Offset of the first component's bit depth from the start of the codestream."""

_SEARCHED = 2**16


class Jpeg2000Image(Jpeg2KImagePlugin.Jpeg2KImageFile):
    """Pillow image that also reads EXIF, XMP and IPTC.

    Attributes:
        notes: List of notes on lost metadata.
    """

    def _open(self):
        super()._open()
        found, self.notes = read_metadata_boxes(self.fp)
        self.info |= found


def page(path, image, number, notes):
    """Decode the image. See `Format`."""
    bits = _bit_depth(path)
    if bits > 8 and image.mode in ("RGB", "RGBA", "LA"):
        try:
            import imagecodecs
        except ImportError:
            if image.mode != "RGB":
                # Pillow would make opaque pixels transparent.
                raise ValueError(
                    f"{bits}-bit pixels with transparency require pip install 'colorkeras[codecs]'"
                ) from None
            notes.append(
                f"the bit depth was reduced from {bits} to 8 bits (to avoid this, run pip install "
                "'colorkeras[codecs]')"
            )
        else:
            samples = scale_to_uint(imagecodecs.jpeg2k_decode(path.read_bytes()), bits)
            color, alpha = samples, None
            if image.mode != "RGB":
                color, alpha = samples[..., :-1], samples[..., -1]
            color = color[..., 0] if image.mode == "LA" else color
            profile, orientation = image.info.get("icc_profile"), orientation_of(image)
            return from_samples(color, alpha, profile, orientation, notes)
    elif bits > 8 and image.mode not in UINT16_MODES:
        notes.append(f"the bit depth was reduced from {bits} to 8 bits")
    return read_only_page(path, image, number, notes)


def _bit_depth(path):
    with path.open("rb") as stream:
        head = stream.read(_SEARCHED)
    start = head.find(_SIZE_MARKER)
    if start < 0 or len(head) <= start + _DEPTH_OFFSET:
        return 8
    return (head[start + _DEPTH_OFFSET] & 0x7F) + 1


JPEG2000 = Format(
    (".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".jpc"),
    page,
    opener=Jpeg2000Image,
    result_suffix=".jpg",
)
