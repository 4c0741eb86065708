"""HEIC and AVIF files.

Pillow reads AVIF natively, and HEIC with the pillow-heif package. Both formats support up to 12
bits per channel, which Pillow reduces to 8 bits.
"""

import contextlib
import re

from PIL import ExifTags, Image

from colorkeras.image_io.formats.format import Format, read_only_page

_BRANDS = re.compile(rb".{4}ftyp(?:(?P<HEIC>hei|hev|mif1|msf1)|(?P<AVIF>avif|avis))", re.DOTALL)


def heif_format(prefix):
    """Return "HEIC", "AVIF" or None, based on the first 16 bytes of a file.

    >>> heif_format(b"\\0\\0\\0\\x18ftypheix\\0\\0\\0\\0"), heif_format(b"\\x89PNG")
    ('HEIC', None)
    """
    match = _BRANDS.match(prefix)
    return match and match.lastgroup


def open_avif(stream):
    """Open an AVIF file as an image with the EXIF block as stored in the file.

    If the orientation in the EXIF block differs from that of the file, Pillow creates a new block,
    in which characters other than ASCII are replaced.
    """
    open_with_pillow, _ = Image.OPEN["AVIF"]
    image = open_with_pillow(stream)
    with contextlib.suppress(Exception):  # Pillow's internals may change, and EXIF may be damaged.
        *_, exif, orientation, _ = image._decoder.get_info()
        if exif:
            image.info["exif"] = exif
            image.getexif()[ExifTags.Base.Orientation] = orientation
    return image


def page(path, image, number, notes):
    """Decode the main image. See `Format`."""
    if image.info.get("bit_depth", 8) > 8:
        notes.append(f"the bit depth was reduced from {image.info['bit_depth']} to 8 bits")
    return read_only_page(path, image, number, notes)


HEIF = Format((".heic", ".heif", ".hif"), page, result_suffix=".jpg")
AVIF = Format((".avif",), page, opener=open_avif, result_suffix=".jpg")
