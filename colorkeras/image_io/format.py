"""What the program has to know of a format of files."""

from collections.abc import Callable
from dataclasses import dataclass

from colorkeras.image_io.metadata import KINDS, metadata_of
from colorkeras.image_io.picture import Metadata
from colorkeras.image_io.pixels import picture_of


def only_page(path, image, number, notes):
    """The picture of a file that has one, whatever the format. See `Format`."""
    del path, number
    return picture_of(image, notes)


def all_metadata(path, image, notes):
    """What a file says where Pillow finds all of it. See `Format`."""
    del path
    return metadata_of(image, notes)


@dataclass(frozen=True)
class Saving:
    """How a file is written.

    Attributes:
        metadata: `Metadata`.
        num_pages: How many pictures there are.
        quality: 1..100, for formats that lose some.
        notes: List that gets a sentence on what does not fit.
    """

    metadata: Metadata
    num_pages: int
    quality: int
    notes: list[str]


@dataclass(frozen=True)
class Format:
    """How files of a format are read and written.

    Attributes:
        suffixes: Of its files, lower case, the one for new files first.
        page: Function of a path, the opened `PIL.Image.Image`, the number of a page and a list of
            notes, to which it may add, that decodes this page: a `Picture`.
        metadata: Function of a path, the opened image and a list of notes that returns `Metadata`.
        opener: Function that makes an image of a stream where Pillow's own does not suffice.
        write: Function of a path, an iterator of `Picture` and `Saving` that writes a file; None
            for a format of which results are written in another.
        result_suffix: Suffix of that other format.
        is_deep: Whether 16 bits for each channel are written.
        has_alpha: Whether transparency is written.
        has_pages: Whether files hold several pictures that belong together.
        max_side: Pixels that width and height of a file may have at most, or None.
        keeps: Those of `KINDS` that files hold.
    """

    suffixes: tuple[str, ...]
    page: Callable = only_page
    metadata: Callable = all_metadata
    opener: Callable | None = None
    write: Callable | None = None
    result_suffix: str | None = None
    is_deep: bool = False
    has_alpha: bool = False
    has_pages: bool = False
    max_side: int | None = None
    keeps: tuple[str, ...] = KINDS
