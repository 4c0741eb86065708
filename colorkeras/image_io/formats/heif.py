"""HEIC and AVIF files.

Pillow reads AVIF by itself and HEIC with the package pillow-heif. Both hold up to 12 bits per
channel, of which Pillow keeps 8.
"""

from colorkeras.image_io.formats.format import Format, read_only_page


def page(path, image, number, notes):
    """Decode the main image. See `Format`."""
    if image.info.get("bit_depth", 8) > 8:
        notes.append(f"{image.info['bit_depth']} bits became 8")
    return read_only_page(path, image, number, notes)


HEIF = Format((".heic", ".heif", ".hif"), page, result_suffix=".jpg")
AVIF = Format((".avif",), page, result_suffix=".jpg")
