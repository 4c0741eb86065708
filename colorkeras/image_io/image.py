"""Data classes for the contents of image files: pixels, transparency and metadata."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

_BEFORE = "; before: "


@dataclass(frozen=True)
class DecodedImage:
    """Upright image with optional transparency. The arrays may be read-only.

    Attributes:
        pixels: uint8 or uint16, gray `[h, w]` or sRGB `[h, w, 3]`.
        alpha: `[h, w]` with the dtype of `pixels`, 0 where transparent; None if the image is
            opaque.
        is_moved: Whether pixels were cropped or rotated after decoding, which invalidates positions
            in the metadata.

    >>> DecodedImage(np.zeros([2, 3], np.uint8)).size
    (2, 3)
    """

    pixels: np.ndarray
    alpha: np.ndarray | None = None
    is_moved: bool = False

    @property
    def size(self):
        """Height and width in pixels."""
        return self.pixels.shape[:2]


@dataclass
class Metadata:
    """Metadata read from an image file, or to be written to one.

    Attributes:
        exif: `PIL.Image.Exif` without the tags that describe how pixels are stored, or None.
            Subdirectories are dicts.
        xmp: UTF-8 XMP packet, or None.
        iptc: Photoshop resources with IPTC-IIM, as stored in TIFF files, or None.
        dpi: Horizontal and vertical resolution in pixels per inch, or None.
        aspect: Unitless horizontal and vertical resolution, of which only the ratio is meaningful,
            or None.
        page_dpi: `dpi` of each page in files with several pages.
        comments: Dict from keyword to text, as in PNG files. A JPEG comment has the keyword
            `Comment`.
        has_profile: Whether the file contains an ICC profile. Decoding converts pixels to sRGB.
        has_thumbnail: Whether the file contains a preview. If so, output files get a new one.
        is_lossless: Whether pixels are stored losslessly, for formats that also have a lossy mode.
        software: Program that colorized the image, set by `mark`, or None.
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
    """Contents of an opened image file.

    Attributes:
        format: Key in `FORMATS`.
        pages: Iterator over `DecodedImage`, each decoded on demand.
        num_pages: Number of pages.
        num_pixels: Number of pixels in the largest page, according to the header.
        metadata: `Metadata` of the first page.
        notes: Notes on lost or changed data; decoding pages may add more.
    """

    format: str
    pages: Iterator[DecodedImage]
    num_pages: int
    num_pixels: int
    metadata: Metadata
    notes: list[str] = field(default_factory=list)


def signature(software, before):
    """Return the new value of a "software" field: the program followed by the previous value.

    Args:
        software: Program, version and model.
        before: Previous value of the field, str or bytes. Values of other types and earlier
            entries by the same program are dropped.

    Returns:
        str, with invalid UTF-8 bytes as surrogate escapes.

    >>> signature("colorkeras 1.0, model unet", "Scanner 1.0")
    'colorkeras 1.0, model unet; before: Scanner 1.0'
    """
    if isinstance(before, bytes):
        before = before.decode("utf-8", "surrogateescape")
    before = before.strip("\0 \r\n\t") if isinstance(before, str) else ""
    if before.split()[:1] == software.split()[:1]:
        # The image was colorized before; keep only the value that precedes this program's entry.
        before = before.partition(_BEFORE)[2]
    return f"{software}{_BEFORE}{before}" if before else software
