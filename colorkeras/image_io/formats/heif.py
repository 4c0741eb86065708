"""HEIC and AVIF files.

Pillow reads AVIF natively, and HEIC with the pillow-heif package. Both formats support up to 12
bits per channel, which Pillow reduces to 8 bits.
"""

import contextlib
import re

from PIL import AvifImagePlugin, ExifTags

from colorkeras.image_io.formats.format import Format, read_only_page

_BRANDS = re.compile(rb".{4}ftyp(?:(?P<HEIC>hei|hev|mif1|msf1)|(?P<AVIF>avif|avis))", re.DOTALL)


def heif_format(prefix):
    """Return "HEIC", "AVIF" or None, based on the first 16 bytes of a file.

    >>> heif_format(b"\\0\\0\\0\\x18ftypheix\\0\\0\\0\\0"), heif_format(b"\\x89PNG")
    ('HEIC', None)
    """
    match = _BRANDS.match(prefix)
    return match and match.lastgroup


class AvifImage(AvifImagePlugin.AvifImageFile):
    """Pillow image with the EXIF block as stored in the file.

    If the orientation in the EXIF block differs from that of the file, Pillow writes a new block,
    in which characters other than ASCII are replaced.
    """

    _orientation = None

    def _open(self):
        super()._open()
        with contextlib.suppress(AttributeError, ValueError):  # Pillow's internals may change.
            *_, exif, orientation, _ = self._decoder.get_info()
            if exif:
                self.info["exif"], self._orientation = exif, orientation

    def getexif(self):
        """Return the EXIF tags, with the orientation of the file."""
        exif = super().getexif()
        if self._orientation is not None:
            exif[ExifTags.Base.Orientation] = self._orientation
        return exif


def page(path, image, number, notes):
    """Decode the main image. See `Format`."""
    if image.info.get("bit_depth", 8) > 8:
        notes.append(f"the bit depth was reduced from {image.info['bit_depth']} to 8 bits")
    return read_only_page(path, image, number, notes)


HEIF = Format((".heic", ".heif", ".hif"), page, result_suffix=".jpg")
AVIF = Format((".avif",), page, opener=AvifImage, result_suffix=".jpg")
