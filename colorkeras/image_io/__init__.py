"""Formats of picture files, read and written so that nothing of them is lost unsaid.

Add one by adding a file with a `Format` and one entry to `FORMATS`; the tests run over all.
"""

import contextlib
from pathlib import Path

from colorkeras.image_io.bmp import BMP
from colorkeras.image_io.format import Format, Saving
from colorkeras.image_io.gif import GIF
from colorkeras.image_io.heif import AVIF, HEIF
from colorkeras.image_io.jpeg import JPEG, QUALITY
from colorkeras.image_io.metadata import kinds_of, mark
from colorkeras.image_io.picture import Contents, DecodedImage, Metadata
from colorkeras.image_io.pixels import as_uint8, on_white, picture_of
from colorkeras.image_io.png import PNG
from colorkeras.image_io.reading import check_size, opened_image, problems_explained
from colorkeras.image_io.tiff import TIFF
from colorkeras.image_io.webp import WEBP
from colorkeras.image_io.xmp import SOURCE_TYPE
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import quoted, writing

__all__ = [
    "FORMATS",
    "MAX_MEGAPIXELS",
    "QUALITY",
    "SOURCE_TYPE",
    "Contents",
    "Format",
    "Metadata",
    "Picture",
    "as_uint8",
    "check_target",
    "is_picture",
    "mark",
    "opened",
    "picture_of",
    "save",
    "suffix_of_result",
]

FORMATS = {
    "JPEG": JPEG,
    "PNG": PNG,
    "TIFF": TIFF,
    "WEBP": WEBP,
    "BMP": BMP,
    "GIF": GIF,
    "HEIF": HEIF,
    "AVIF": AVIF,
}
"""Formats by the names that Pillow has for them."""

MAX_MEGAPIXELS = 150.0
"""Millions of pixels of the largest picture that is opened unless another limit is asked for: a
small file may claim to hold more than fits into memory."""

_BY_SUFFIX = {suffix: name for name, kind in FORMATS.items() for suffix in kind.suffixes}

# JPEG files that hold several pictures have a name of their own.
_SAME = {"MPO": "JPEG"}


def is_picture(path):
    """Whether a file's name says that it is a picture.

    >>> is_picture("scans/Grandma.JPG"), is_picture("notes.txt")
    (True, False)
    """
    return Path(path).suffix.lower() in _BY_SUFFIX


def suffix_of_result(path):
    """The suffix of the result of a file: its own, unless no results are written in its format.

    >>> suffix_of_result("a/b.TIF"), suffix_of_result("c.gif"), suffix_of_result("d")
    ('.TIF', '.png', '.png')
    """
    suffix = Path(path).suffix
    if not is_picture(path):
        return PNG.suffixes[0]
    return FORMATS[_BY_SUFFIX[suffix.lower()]].result_suffix or suffix


def check_target(path):
    """Raises UserError unless results are written in the format that a file's name asks for."""
    suffix = Path(path).suffix.lower()
    if suffix not in _BY_SUFFIX or FORMATS[_BY_SUFFIX[suffix]].write is None:
        known = [kind.suffixes[0] for kind in FORMATS.values() if kind.write is not None]
        raise UserError(
            f"{quoted(path)} as a result",
            "a name that ends in one of " + ", ".join(known),
            "Name it so, or leave the name away.",
        )


@contextlib.contextmanager
def opened(path, max_megapixels=MAX_MEGAPIXELS):
    """Opens a picture; its pixels are decoded when pages are asked for.

    Args:
        path: A file of one of `FORMATS`, by its content, whatever its name.
        max_megapixels: Millions of pixels that a page may have.

    Yields:
        `Contents`.

    Raises:
        UserError: It cannot be read; also later, while pages are read.
    """
    path = Path(path)
    with contextlib.ExitStack() as stack:
        # What goes wrong with results, while the block runs, is no problem of this file.
        with problems_explained(path):
            image = stack.enter_context(opened_image(path, FORMATS, max_megapixels))
            check_size(path, image, max_megapixels)
            name = _SAME.get(image.format, image.format)
            kind, notes = FORMATS[name], []
            metadata = kind.metadata(path, image, notes)
            num_images = getattr(image, "n_frames", 1)
            num_pages = num_images if kind.has_pages else 1
            num_pixels = image.width * image.height
            for number in range(1, num_pages):
                image.seek(number)
                check_size(path, image, max_megapixels)
                num_pixels = max(num_pixels, image.width * image.height)
            if num_images > num_pages:
                notes.append(f"only the first of {num_images} pictures in the file was colored")

        def page(number):
            with problems_explained(path):
                picture = kind.page(path, image, number, notes)
                if number == num_pages - 1:
                    # What Pillow decoded takes memory as long as the image is open.
                    image.close()
                return picture

        pages = map(page, range(num_pages))
        yield Contents(name, pages, num_pages, num_pixels, metadata, notes)


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

    >>> import numpy as np, tempfile
    >>> red = np.zeros([2, 3, 3], np.uint8) + np.uint8([200, 0, 0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/red.bmp", iter([DecodedImage(red)]), Metadata(xmp=b"<x/>"))
    ...     with opened(f"{folder}/red.bmp") as contents:
    ...         contents.format, next(contents.pages).size
    ['XMP is not kept in such files']
    ('BMP', (2, 3))
    """
    check_target(path)
    kind = FORMATS[_BY_SUFFIX[Path(path).suffix.lower()]]
    notes = [
        f"{what} {'are' if what.endswith('s') else 'is'} not kept in such files"
        for what in kinds_of(metadata)
        if what not in kind.keeps
    ]
    if metadata.software is not None and "XMP" not in kind.keeps:
        notes.append("such files cannot say that a program colored them")
    if num_pages > 1 and not kind.has_pages:
        notes.append(f"only the first of {num_pages} pages fits into such files")
    with writing(path, replace) as temporary:
        fitting = _fitting(path, kind, pictures, notes)
        kind.write(temporary, fitting, Saving(metadata, num_pages, quality, notes))
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
        if picture.pixels.itemsize > 1 and not kind.is_deep:
            notes.append("16 bits became 8")
            alpha = None if picture.alpha is None else as_uint8(picture.alpha)
            picture = DecodedImage(as_uint8(picture.pixels), alpha)
        if picture.alpha is not None and not kind.has_alpha:
            notes.append("what was transparent is white")
            picture = on_white(picture)
        yield picture
        # Large ones are not to stay in memory while the next one is made.
        del picture
