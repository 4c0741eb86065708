"""Saving images, with a notice for everything that the target format cannot hold."""

from colorkeras.image_io.bit_depth import as_uint8
from colorkeras.image_io.formats import QUALITY, SaveOptions, check_target, format_of
from colorkeras.image_io.image import DecodedImage
from colorkeras.image_io.metadata import kinds_present
from colorkeras.image_io.pixels import on_white
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import atomic_write, quoted


def save(path, pictures, metadata, num_pages=1, quality=QUALITY, replace=True):
    """Writes a file under a temporary name, then renames it.

    Args:
        path: File, whose name ends in the suffix of a format that is written.
        pictures: Iterator of `Picture` in color, at least one.
        metadata: `Metadata`.
        num_pages: How many pictures there are.
        quality: 1..100, of formats that lose some; 100 loses least.
        replace: Whether a file that is there already is replaced.

    Returns:
        Sentences on what the format cannot hold.

    Raises:
        UserError: The format cannot hold a picture of this size, or is not written.
        FileExistsError: There is a file, and it is not to be replaced.

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
    kind = format_of(path)
    notes = [
        f"{what} {'are' if what.endswith('s') else 'is'} not kept in such files"
        for what in kinds_present(metadata)
        if what not in kind.keeps
    ]
    if metadata.software is not None and "XMP" not in kind.keeps:
        notes.append("such files cannot say that a program colored them")
    if num_pages > 1 and not kind.has_pages:
        notes.append(f"only the first of {num_pages} pages fits into such files")
    with atomic_write(path, replace) as temporary:
        fitting = _fitting(path, kind, pictures, notes)
        kind.write(temporary, fitting, SaveOptions(metadata, num_pages, quality, notes))
    return list(dict.fromkeys(notes))


def _fitting(path, kind, pictures, notes):
    """Yields pictures as files of a format hold them."""
    for picture in pictures:
        height, width = picture.size
        if kind.max_side is not None and max(height, width) > kind.max_side:
            raise UserError(
                f"a picture of {width}x{height} pixels for {quoted(path)}",
                f"at most {kind.max_side} pixels in width and height, which such files hold",
                "Name a result that ends in .png or .tif.",
            )
        if picture.pixels.itemsize > 1 and not kind.has_16_bits:
            notes.append("16 bits became 8")
            alpha = None if picture.alpha is None else as_uint8(picture.alpha)
            picture = DecodedImage(as_uint8(picture.pixels), alpha)
        if picture.alpha is not None and not kind.has_alpha:
            notes.append("what was transparent is white")
            picture = on_white(picture)
        yield picture
        # Large ones are not to stay in memory while the next one is made.
        del picture
