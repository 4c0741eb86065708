"""Save images, and report everything that the output format cannot store."""

from colorkeras.image_io.bit_depth import as_uint8
from colorkeras.image_io.formats import QUALITY, SaveOptions, check_target, format_of
from colorkeras.image_io.image import DecodedImage
from colorkeras.image_io.metadata import kinds_present
from colorkeras.image_io.pixels import on_white
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import atomic_write, quoted


def save(path, images, metadata, num_pages=1, quality=QUALITY, replace=True):
    """Save images to a file atomically.

    Args:
        path: Output file with the suffix of a writable format.
        images: Iterator over at least one `DecodedImage`.
        metadata: `Metadata`.
        num_pages: Number of images.
        quality: Quality in [1, 100] for lossy formats.
        replace: Whether to replace an existing file.

    Returns:
        List of notes on everything that the format cannot store.

    Raises:
        UserError: The format cannot be written or cannot store an image of this size.
        FileExistsError: The file exists and `replace` is False.

    >>> import tempfile
    >>> import numpy as np
    >>> from colorkeras.image_io import Metadata, open_image
    >>> red = np.zeros([2, 3, 3], np.uint8) + np.uint8([200, 0, 0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/red.bmp", iter([DecodedImage(red)]), Metadata(xmp=b"<x/>"))
    ...     with open_image(f"{folder}/red.bmp") as contents:
    ...         contents.format, next(contents.pages).size
    ['the image was saved without XMP, which the output format does not support']
    ('BMP', (2, 3))
    """
    check_target(path)
    file_format = format_of(path)
    notes = [
        f"the image was saved without {what}, which the output format does not support"
        for what in kinds_present(metadata)
        if what not in file_format.keeps
    ]
    if metadata.software is not None and "XMP" not in file_format.keeps:
        notes.append(
            "the image is not marked as colorized because the output format does not support XMP"
        )
    if num_pages > 1 and not file_format.has_pages:
        notes.append(
            f"only the first of {num_pages} pages was saved because the output format supports "
            "only one page"
        )
    with atomic_write(path, replace) as temporary:
        reduced = _reduced(path, file_format, images, notes)
        file_format.write(temporary, reduced, SaveOptions(metadata, num_pages, quality, notes))
    return list(dict.fromkeys(notes))


def _reduced(path, file_format, images, notes):
    """Yield images with only the features that a format supports."""
    for image in images:
        height, width = image.size
        if file_format.max_side is not None and max(height, width) > file_format.max_side:
            raise UserError(
                f"an image of {width}x{height} pixels to save as {quoted(path)}",
                f"at most {file_format.max_side} pixels in width and height in this format",
                "Choose an output file that ends in .png or .tif.",
            )
        if image.pixels.itemsize > 1 and not file_format.has_16_bits:
            notes.append("the bit depth was reduced from 16 to 8 bits")
            alpha = None if image.alpha is None else as_uint8(image.alpha)
            image = DecodedImage(as_uint8(image.pixels), alpha)
        if image.alpha is not None and not file_format.has_alpha:
            notes.append("transparent areas became white")
            image = on_white(image)
        yield image
        # Free a large image before the next one is created.
        del image
