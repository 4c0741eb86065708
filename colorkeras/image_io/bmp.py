"""BMP files, which hold pixels and their resolution only."""

from PIL import Image

from colorkeras.image_io.format import Format


def write(path, pictures, saving):
    """Writes the first picture. See `Format`."""
    # Pillow would make up a resolution.
    dpi = saving.metadata.dpi or (0, 0)
    Image.fromarray(next(pictures).pixels).save(path, "BMP", dpi=dpi)


BMP = Format((".bmp",), write=write, keeps=("DPI",))
