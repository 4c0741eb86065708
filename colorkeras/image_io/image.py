"""Contents of an image file: pixels, transparency and metadata."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

_BEFORE = "; before: "


@dataclass(frozen=True)
class DecodedImage:
    """Upright pixels and their transparency. The arrays may be read-only.

    Attributes:
        pixels: uint8 or uint16 `[h, w]`, gray, or `[h, w, 3]`, sRGB.
        alpha: `[h, w]` of the dtype of `pixels`, 0 where transparent; None if the image is opaque.

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
    """Metadata of an image file.

    Attributes:
        exif: Tags, except those that describe how pixels are stored; directories are dictionaries.
            None if there are none.
        xmp: XMP packet, UTF-8, or None.
        iptc: Photoshop resources with IPTC-IIM, as stored in TIFF files, or None.
        dpi: Horizontal and vertical resolution in pixels per inch, or None.
        aspect: Resolutions without a unit, of which only the ratio counts, or None.
        page_dpi: `dpi` of each page, for files with several.
        comments: Texts by keyword, as in PNG files; the keyword of a JPEG comment is `Comment`.
        has_profile: Whether there was an ICC profile; pixels are converted to sRGB.
        has_thumbnail: Whether there was an embedded preview; results get their own.
        is_lossless: Whether pixels were stored losslessly, in a format that offers both.
        software: Program that made the result, set by `mark`, or None.
    """

    exif: Image.Exif | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    dpi: tuple[float, float] | None = None
    aspect: tuple[int, int] | None = None
    page_dpi: list[tuple[float, float] | None] = field(default_factory=list)
    comments: dict[str, str] = field(default_factory=dict)
    has_profile: bool = False
    has_thumbnail: bool = False
    is_lossless: bool = False
    software: str | None = None


@dataclass
class Contents:
    """An opened file.

    Attributes:
        format: Key of `FORMATS`.
        pages: Iterator of `DecodedImage`, each decoded on demand.
        num_pages: Number of pages.
        num_pixels: Number of pixels of the largest page, known before any is decoded.
        metadata: `Metadata` of the first page.
        notes: Sentences on what was left out or changed; decoding pages may add more.
    """

    format: str
    pages: Iterator[DecodedImage]
    num_pages: int
    num_pixels: int
    metadata: Metadata
    notes: list[str] = field(default_factory=list)


def signature(software, before):
    """Name a program as the author of an image, followed by what was named before.

    Args:
        software: Program, version and model.
        before: Previous value of the field, text or bytes; other values, and the same program,
            count as nothing.

    Returns:
        Text; bytes that are not UTF-8 become surrogates.

    >>> signature("colorkeras 1.0, model unet", "Scanner 1.0")
    'colorkeras 1.0, model unet; before: Scanner 1.0'
    """
    if isinstance(before, bytes):
        before = before.decode("utf-8", "surrogateescape")
    before = before.strip("\0 \r\n\t") if isinstance(before, str) else ""
    if before.split()[:1] == software.split()[:1]:
        # Another version colored it; keep what was named before that.
        before = before.partition(_BEFORE)[2]
    return f"{software}{_BEFORE}{before}" if before else software
