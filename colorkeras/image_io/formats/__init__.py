"""Registry of image file formats.

To add a format, write a module that defines a `Format`, and add the format to `FORMATS`. The tests
automatically cover all registered formats.
"""

from pathlib import Path

from colorkeras.image_io.formats.bmp import BMP
from colorkeras.image_io.formats.format import Format, SaveOptions
from colorkeras.image_io.formats.gif import GIF
from colorkeras.image_io.formats.heif import AVIF, HEIF, heif_format
from colorkeras.image_io.formats.jpeg import JPEG, MPO, QUALITY
from colorkeras.image_io.formats.jpeg2000 import JPEG2000
from colorkeras.image_io.formats.jpeg_xl import JPEG_XL
from colorkeras.image_io.formats.png import PNG
from colorkeras.image_io.formats.raw import is_raw, is_raw_suffix
from colorkeras.image_io.formats.tiff import TIFF
from colorkeras.image_io.formats.webp import WEBP
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import quoted

__all__ = [
    "FORMATS",
    "QUALITY",
    "WRITABLE_SUFFIXES",
    "Format",
    "SaveOptions",
    "check_target",
    "format_of",
    "has_image_brand",
    "is_image",
    "is_raw_suffix",
    "is_system_file",
    "is_system_folder",
    "is_writable",
    "result_suffix",
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
    "MPO": MPO,
    "JPEG2000": JPEG2000,
    "JXL": JPEG_XL,
}
"""Dict from the name of a format in Pillow to its `Format`."""

_SYSTEM_FOLDERS = (
    *("@eadir", "@tmp", "@recycle", "#recycle", "#snapshot", "~snapshot", "@recently-snapshot"),
    *("@quarantine", "@__thumb", "__macosx", "temporary items", "network trash folder"),
    *("$recycle.bin", "recycler", "recycled", "found.000", "system volume information"),
    *("lost+found", "thevolumesettingsfolder"),
)
"""Lowercase names of system folders, which contain thumbnails, temporary files or deleted files."""

_SYSTEM_FILES = ("thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r")
"""Lowercase names of files that operating systems create in folders of images."""

_BY_SUFFIX = {suffix: each for each in FORMATS.values() for suffix in each.suffixes}

WRITABLE_SUFFIXES = tuple(each.suffixes[0] for each in FORMATS.values() if each.write is not None)
"""First suffix of each writable format."""


def format_of(path):
    """Return the `Format` for a file name's suffix, or None if the suffix is unknown."""
    return _BY_SUFFIX.get(Path(path).suffix.lower())


def is_image(path):
    """Return whether a file name has a supported image suffix.

    >>> is_image("scans/Grandma.JPG"), is_image("notes.txt")
    (True, False)
    """
    return format_of(path) is not None


def has_image_brand(prefix):
    """Return whether a file is an image in an MP4-style container, such as HEIC.

    Args:
        prefix: First 16 bytes of the file.
    """
    return prefix[4:8] == b"ftyp" and (heif_format(prefix) is not None or is_raw("", prefix))


def is_system_folder(name):
    """Return whether a folder is hidden or belongs to the operating system or an archiver.

    >>> is_system_folder("@eaDir"), is_system_folder(".git"), is_system_folder("scans")
    (True, True, False)
    """
    return name.startswith(".") or name.lower() in _SYSTEM_FOLDERS


def is_system_file(name):
    """Return whether a file is hidden or was created by the operating system.

    >>> is_system_file("Thumbs.db"), is_system_file("._a.jpg"), is_system_file("a.jpg")
    (True, True, False)
    """
    return name.startswith(".") or name.lower() in _SYSTEM_FILES


def result_suffix(path):
    """Return the suffix for an output file, unchanged if the input format can be written.

    >>> result_suffix("a/b.TIF"), result_suffix("c.gif"), result_suffix("d")
    ('.TIF', '.png', '.png')
    """
    file_format = format_of(path)
    if file_format is None:
        return PNG.suffixes[0]
    return file_format.result_suffix or Path(path).suffix


def check_target(path):
    """Raise UserError if an output file does not have the suffix of a writable format."""
    if not is_writable(path):
        raise UserError(
            f"the output file {quoted(path)}",
            "a name that ends in one of " + ", ".join(WRITABLE_SUFFIXES),
            "Change the suffix or omit it.",
        )


def is_writable(path):
    """Return whether a file name has the suffix of a writable format."""
    file_format = format_of(path)
    return file_format is not None and file_format.write is not None
