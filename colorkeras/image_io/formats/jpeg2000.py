"""JPEG 2000 files. Pillow keeps 8 bits per channel of color, imagecodecs up to 16."""

from colorkeras.image_io.bit_depth import scale_to_uint
from colorkeras.image_io.formats.format import Format, read_only_page
from colorkeras.image_io.pixels import UINT16_MODES, from_samples

_SIZE_MARKER = b"\xff\x4f\xff\x51"
_DEPTH_OFFSET = 42
"""Position of the first component's bit depth behind the start of the markers."""

_SEARCHED = 2**16


def page(path, image, number, notes):
    """Decode the image. See `Format`."""
    bits = _bit_depth(path)
    if bits > 8 and image.mode == "RGB":
        try:
            import imagecodecs
        except ImportError:
            notes.append(f"{bits} bits became 8 (pip install 'colorkeras[codecs]' keeps them)")
        else:
            pixels = scale_to_uint(imagecodecs.jpeg2k_decode(path.read_bytes()), bits)
            return from_samples(pixels, None, image.info.get("icc_profile"), 1, notes)
    elif bits > 8 and image.mode not in UINT16_MODES:
        notes.append(f"{bits} bits became 8")
    return read_only_page(path, image, number, notes)


def _bit_depth(path):
    with path.open("rb") as stream:
        head = stream.read(_SEARCHED)
    start = head.find(_SIZE_MARKER)
    if start < 0 or len(head) <= start + _DEPTH_OFFSET:
        return 8
    return (head[start + _DEPTH_OFFSET] & 0x7F) + 1


JPEG2000 = Format((".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".jpc"), page, result_suffix=".jpg")
