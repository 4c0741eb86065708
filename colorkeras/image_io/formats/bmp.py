"""BMP files, which hold pixels and their resolution only."""

from PIL import Image

from colorkeras.image_io.formats.format import Format


def write(path, pictures, options):
    """Writes the first picture. See `Format`."""
    # Pillow would make up a resolution.
    dpi = options.metadata.dpi or (0, 0)
    Image.fromarray(next(pictures).pixels).save(path, "BMP", dpi=dpi)


BMP = Format((".bmp",), write=write, keeps=("DPI",))
