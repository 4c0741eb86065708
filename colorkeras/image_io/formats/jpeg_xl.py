"""JPEG XL files, read with the pillow-jxl-plugin package.

Reference: ISO/IEC 18181-1, section "Image header", and 18181-2, section "Container".
"""

import io
import struct

from PIL import JpegImagePlugin

from colorkeras.image_io.formats.boxes import read_metadata_boxes
from colorkeras.image_io.formats.format import Format

_CODESTREAM = b"\xff\x0a"

_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


def open_jpeg_xl(stream):
    """Open a file as an image with all of its metadata."""
    from pillow_jxl import Decoder
    from pillow_jxl.JpegXLImagePlugin import JXLImageFile

    image = JXLImageFile(stream)
    if image.jpeg:
        # The original JPEG file can be restored, including all of its metadata.
        _, _, original, *_ = Decoder()(image.fc)
        image.applist = JpegImagePlugin.JpegImageFile(io.BytesIO(original)).applist
    else:
        found, image.notes = read_metadata_boxes(stream)
        image.info |= found
    return image


def header_size(stream):
    """Read the width and height from the header, because opening a file would decode all pixels.

    >>> header_size(io.BytesIO(bytes.fromhex("ff0a202010090800")))
    (6, 5)
    """
    stream.seek(0)
    head = stream.read(2)
    stream.seek(0)
    content = stream.read(64) if head == _CODESTREAM else _boxed_codestream(stream)
    bits, at = int.from_bytes(content[2:], "little"), 0

    def read(count):
        nonlocal at
        at += count
        return bits >> (at - count) & ((1 << count) - 1)

    is_small = read(1)

    def side():
        return (read(5) + 1) * 8 if is_small else read((9, 13, 18, 30)[read(2)]) + 1

    height, ratio = side(), read(3)
    if ratio:
        numerator, denominator = _RATIOS[ratio - 1]
        return height * numerator // denominator, height
    return side(), height


def _boxed_codestream(stream):
    """Return the start of the codestream in a box container."""
    while len(head := stream.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        if length == 1:
            (length,) = struct.unpack(">Q", stream.read(8))
            length -= 8
        if name == b"jxlc":
            return stream.read(64)
        if name == b"jxlp":
            return stream.read(68)[4:]
        if length < 8:
            break
        stream.seek(length - 8, io.SEEK_CUR)
    raise ValueError("the file does not contain a JPEG XL image")


JPEG_XL = Format((".jxl",), header_size=header_size, opener=open_jpeg_xl, result_suffix=".jpg")
