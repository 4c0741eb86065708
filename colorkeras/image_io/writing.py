"""Save images, with a note on everything that the target format cannot hold."""

from colorkeras.image_io.bit_depth import as_uint8
from colorkeras.image_io.formats import QUALITY, SaveOptions, check_target, format_of
from colorkeras.image_io.image import DecodedImage
from colorkeras.image_io.metadata import kinds_present
from colorkeras.image_io.pixels import on_white
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import atomic_write, quoted


def save(path, images, metadata, num_pages=1, quality=QUALITY, replace=True):
    """Write a file under a temporary name, then rename it.

    Args:
        path: File name with the suffix of a format that can be written.
        images: Iterator of at least one `DecodedImage`.
        metadata: `Metadata`.
        num_pages: Number of images.
        quality: 1..100, for lossy formats.
        replace: Whether an existing file is replaced.

    Returns:
        Sentences on what the format cannot hold.

    Raises:
        UserError: The format cannot hold an image of this size, or cannot be written.
        FileExistsError: The file exists and `replace` is false.

    Example:

    >>> import tempfile
    >>> import numpy as np
    >>> from colorkeras.image_io import Metadata, open_image
    >>> red = np.zeros([2, 3, 3], np.uint8) + np.uint8([200, 0, 0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/red.bmp", iter([DecodedImage(red)]), Metadata(xmp=b"<x/>"))
    ...     with open_image(f"{folder}/red.bmp") as contents:
    ...         contents.format, next(contents.pages).size
    ['XMP is not kept in such files']
    ('BMP', (2, 3))
    """
    check_target(path)
    file_format = format_of(path)
    notes = [
        f"{what} {'are' if what.endswith('s') else 'is'} not kept in such files"
        for what in kinds_present(metadata)
        if what not in file_format.keeps
    ]
    if metadata.software is not None and "XMP" not in file_format.keeps:
        notes.append("such files cannot say that a program colored them")
    if num_pages > 1 and not file_format.has_pages:
        notes.append(f"only the first of {num_pages} pages fits into such files")
    with atomic_write(path, replace) as temporary:
        reduced = _reduced(path, file_format, images, notes)
        file_format.write(temporary, reduced, SaveOptions(metadata, num_pages, quality, notes))
    return list(dict.fromkeys(notes))


def _reduced(path, file_format, images, notes):
    """Yield images reduced to what a format holds."""
    for image in images:
        height, width = image.size
        if file_format.max_side is not None and max(height, width) > file_format.max_side:
            raise UserError(
                f"an image of {width}x{height} pixels for {quoted(path)}",
                f"at most {file_format.max_side} pixels in width and height, which such files hold",
                "Name a result that ends in .png or .tif.",
            )
        if image.pixels.itemsize > 1 and not file_format.has_16_bits:
            notes.append("16 bits became 8")
            alpha = None if image.alpha is None else as_uint8(image.alpha)
            image = DecodedImage(as_uint8(image.pixels), alpha)
        if image.alpha is not None and not file_format.has_alpha:
            notes.append("transparent areas became white")
            image = on_white(image)
        yield image
        # Free large images before the next one is made.
        del image
