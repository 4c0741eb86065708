"""What is in a file of a picture: pixels, transparency, and what is said of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

_BEFORE = "; before: "


@dataclass(frozen=True)
class DecodedImage:
    """Pixels, upright, and their transparency. They may be such as cannot be written to.

    Attributes:
        pixels: uint8 or uint16 `[h, w]`, gray, or `[h, w, 3]`, sRGB.
        alpha: Of the dtype of `pixels`, `[h, w]`, 0 where nothing is seen; None where all is.

    Example:

    >>> DecodedImage(np.zeros([2, 3], np.uint8)).size
    (2, 3)
    """

    pixels: np.ndarray
    alpha: np.ndarray | None = None

    @property
    def size(self):
        """Height and width in pixels."""
        return self.pixels.shape[:2]


@dataclass
class Metadata:
    """What a file says of its picture, apart from the pixels.

    Attributes:
        exif: Tags apart from those of how pixels are stored, directories in it as dictionaries; or
            None.
        xmp: XMP packet, UTF-8, or None.
        iptc: The Photoshop resources that hold IPTC-IIM, as TIFF files have them, or None.
        dpi: Horizontal and vertical resolution in pixels per inch, or None.
        page_dpi: The same of each page, of a file that has several.
        comments: Texts by keyword, as PNG files have them; that of a JPEG file is `Comment`.
        has_profile: Whether there was a color profile; pixels are converted to sRGB.
        has_thumbnail: Whether there was an embedded preview; results get one of their own.
        is_lossless: Whether pixels were stored without loss, in a format that knows both ways.
        software: What made the result, set by `mark`, or None.
    """

    exif: Image.Exif | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    dpi: tuple[float, float] | None = None
    page_dpi: list[tuple[float, float] | None] = field(default_factory=list)
    comments: dict[str, str] = field(default_factory=dict)
    has_profile: bool = False
    has_thumbnail: bool = False
    is_lossless: bool = False
    software: str | None = None


@dataclass
class Contents:
    """A file that was opened.

    Attributes:
        format: Key of `FORMATS`.
        pages: Iterator of `Picture`: one, or those of a file of several, each decoded when it is
            asked for.
        num_pages: How many there are.
        num_pixels: Of the largest page, known before any is decoded.
        metadata: `Metadata` of the first page.
        notes: Sentences on what was left out or changed in reading; more may come with the pages.
    """

    format: str
    pages: Iterator[DecodedImage]
    num_pages: int
    num_pixels: int
    metadata: Metadata
    notes: list[str] = field(default_factory=list)


def signature(software, before):
    """What made a picture, followed by what had made it before.

    Args:
        software: Program, version and model.
        before: What the file said until now; anything but text counts as nothing, and so does the
            same program.

    Returns:
        Text.

    >>> signature("colorkeras 1.0, model unet", "Scanner 1.0")
    'colorkeras 1.0, model unet; before: Scanner 1.0'
    """
    before = before.strip("\0 \r\n\t") if isinstance(before, str) else ""
    if before.split()[:1] == software.split()[:1]:
        # Another version colored it; what counts is what there was before that.
        before = before.partition(_BEFORE)[2]
    return f"{software}{_BEFORE}{before}" if before else software
