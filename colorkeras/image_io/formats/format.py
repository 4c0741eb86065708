"""Interface for format modules: `Format` and the options for saving."""

from collections.abc import Callable
from dataclasses import dataclass

from colorkeras.image_io.image import Metadata
from colorkeras.image_io.metadata import KINDS, read_metadata
from colorkeras.image_io.metadata.embedded import find_embedded
from colorkeras.image_io.pixels import from_pillow


def read_only_page(path, image, number, notes):
    """Decode the only page of a file. See `Format.page`."""
    del path, number
    return from_pillow(image, notes)


def read_all_metadata(path, image, notes):
    """Read the metadata that Pillow finds, and report embedded data. See `Format.metadata`."""
    notes += getattr(image, "notes", ())
    result = read_metadata(image, notes)
    add_embedded(path, notes)
    return result


def add_embedded(path, notes):
    """Report data that is embedded in a file and left out, unless it was already reported.

    Returns:
        List of noun phrases that name the data.
    """
    found = find_embedded(path)
    left_out = [f"{what} was left out" for what in found]
    notes += [note for note in left_out if note not in notes]
    return found


def first_size(path, image):
    """Return the size of the only page. See `Format.page_sizes`."""
    del path
    return [image.size]


@dataclass(frozen=True)
class SaveOptions:
    """Options for writing a file.

    Attributes:
        metadata: `Metadata`.
        num_pages: Number of images to write.
        quality: Quality in [1, 100] for lossy formats.
        notes: List that receives notes on lost data.
    """

    metadata: Metadata
    num_pages: int
    quality: int
    notes: list[str]


@dataclass(frozen=True)
class Format:
    """Reader and writer for an image file format.

    Attributes:
        suffixes: Lowercase file name suffixes; new files get the first one.
        page: `page(path, image, number, notes)` decodes a page of an opened `PIL.Image.Image` and
            returns a `DecodedImage`; `notes` is a list to append to.
        metadata: `metadata(path, image, notes)` returns the `Metadata` of an opened image.
        page_sizes: `page_sizes(path, image)` returns the width and height of each page.
        header_size: `header_size(stream)` reads the width and height from the header. Set only for
            formats in which opening a file decodes all pixels, otherwise None.
        opener: Function that opens a stream as an image, or None to use Pillow's function.
            The image may have an attribute `notes`, a list of notes on lost metadata.
        write: `write(path, images, options)` writes an iterator of `DecodedImage` to a file, using
            the given `SaveOptions`; None if the format cannot be written.
        result_suffix: Suffix for output files if the format cannot be written.
        has_16_bits: Whether 16 bits per channel can be written.
        has_alpha: Whether transparency can be written.
        has_pages: Whether a file can contain several pages.
        max_side: Maximum width and height in pixels, or None.
        keeps: Members of `KINDS` that the format can store.
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
