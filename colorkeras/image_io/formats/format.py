"""What a format module provides: `Format`, and the options it is saved with."""

from collections.abc import Callable
from dataclasses import dataclass

from colorkeras.image_io.image import Metadata
from colorkeras.image_io.metadata import KINDS, read_metadata
from colorkeras.image_io.pixels import from_pillow


def read_only_page(path, image, number, notes):
    """Decode a file with one page, in any format. See `Format.page`."""
    del path, number
    return from_pillow(image, notes)


def read_all_metadata(path, image, notes):
    """Read the metadata where Pillow finds all of it. See `Format.metadata`."""
    del path
    return read_metadata(image, notes)


def first_size(path, image):
    """Return the size of the only page. See `Format.page_sizes`."""
    del path
    return [image.size]


@dataclass(frozen=True)
class SaveOptions:
    """How a file is written.

    Attributes:
        metadata: `Metadata`.
        num_pages: Number of images to write.
        quality: 1..100, for lossy formats.
        notes: List that receives a sentence on anything that does not fit.
    """

    metadata: Metadata
    num_pages: int
    quality: int
    notes: list[str]


@dataclass(frozen=True)
class Format:
    """How files of one format are read and written.

    Attributes:
        suffixes: File name suffixes in lower case; new files get the first.
        page: Function of a path, the opened `PIL.Image.Image`, a page number and a list of notes
            that returns the page as `DecodedImage`.
        metadata: Function of a path, the opened image and a list of notes that returns `Metadata`.
        page_sizes: Function of a path and the opened image that returns the width and height of
            every page.
        header_size: Function of a stream that returns the declared width and height, where opening
            decodes all pixels.
        opener: Function from a stream to an image, where Pillow's own does not suffice.
        write: Function of a path, an iterator of `DecodedImage` and `SaveOptions` that writes a
            file; None if results are written in another format.
        result_suffix: Suffix of that other format.
        has_16_bits: Whether 16 bits per channel can be written.
        has_alpha: Whether transparency can be written.
        has_pages: Whether a file can hold several pages.
        max_side: Maximum width and height in pixels, or None.
        keeps: Those of `KINDS` that a file can hold.
    """

    suffixes: tuple[str, ...]
    page: Callable = read_only_page
    metadata: Callable = read_all_metadata
    page_sizes: Callable = first_size
    header_size: Callable | None = None
    opener: Callable | None = None
    write: Callable | None = None
    result_suffix: str | None = None
    has_16_bits: bool = False
    has_alpha: bool = False
    has_pages: bool = False
    max_side: int | None = None
    keeps: tuple[str, ...] = KINDS
