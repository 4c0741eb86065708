"""BMP files, which can store only pixels and their resolution."""

from PIL import Image

from colorkeras.image_io.formats.format import Format


def write(path, images, options):
    """Write the first image. See `Format`."""
    # Pillow writes a default resolution if none is given.
    if options.metadata.aspect is not None:
        options.notes.append("the pixel aspect ratio was left out because BMP does not support it")
    dpi = options.metadata.dpi or (0, 0)
    Image.fromarray(next(images).pixels).save(path, "BMP", dpi=dpi)


BMP = Format((".bmp",), write=write, keeps=("DPI",))
