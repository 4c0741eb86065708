"""Registry of image file formats.

To add a format, add a module with a `Format` and an entry to `FORMATS`; the tests run over all
entries.
"""

from pathlib import Path

from colorkeras.image_io.formats.bmp import BMP
from colorkeras.image_io.formats.format import Format, SaveOptions
from colorkeras.image_io.formats.gif import GIF
from colorkeras.image_io.formats.heif import AVIF, HEIF
from colorkeras.image_io.formats.jpeg import JPEG, MPO, QUALITY
from colorkeras.image_io.formats.jpeg2000 import JPEG2000
from colorkeras.image_io.formats.jpeg_xl import JPEG_XL
from colorkeras.image_io.formats.png import PNG
from colorkeras.image_io.formats.raw import is_raw_suffix
from colorkeras.image_io.formats.tiff import TIFF
from colorkeras.image_io.formats.webp import WEBP
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import quoted

__all__ = [
    "FORMATS",
    "QUALITY",
    "Format",
    "SaveOptions",
    "check_target",
    "format_of",
    "is_image",
    "is_raw_suffix",
    "is_system_folder",
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
"""Formats by Pillow's names."""

_SYSTEM_FOLDERS = (
    *("@eadir", "@recycle", "#recycle", "#snapshot", "__macosx", "$recycle.bin"),
    *("system volume information", "lost+found"),
)

_BY_SUFFIX = {suffix: each for each in FORMATS.values() for suffix in each.suffixes}


def format_of(path):
    """Return the `Format` that a file name's suffix stands for, or None."""
    return _BY_SUFFIX.get(Path(path).suffix.lower())


def is_image(path):
    """Return whether the suffix of a file name is that of a supported image format.

    >>> is_image("scans/Grandma.JPG"), is_image("notes.txt")
    (True, False)
    """
    return format_of(path) is not None


def is_system_folder(name):
    """Return whether a folder is hidden, or one in which drives and archivers keep their own files.

    >>> is_system_folder("@eaDir"), is_system_folder(".git"), is_system_folder("scans")
    (True, True, False)
    """
    return name.startswith(".") or name.lower() in _SYSTEM_FOLDERS


def result_suffix(path):
    """Return the suffix for the result of a file: its own if its format can be written.

    >>> result_suffix("a/b.TIF"), result_suffix("c.gif"), result_suffix("d")
    ('.TIF', '.png', '.png')
    """
    file_format = format_of(path)
    if file_format is None:
        return PNG.suffixes[0]
    return file_format.result_suffix or Path(path).suffix


def check_target(path):
    """Raise UserError unless results can be written in the format of a file name's suffix."""
    file_format = format_of(path)
    if file_format is None or file_format.write is None:
        known = [each.suffixes[0] for each in FORMATS.values() if each.write is not None]
        raise UserError(
            f"{quoted(path)} as a result",
            "a name that ends in one of " + ", ".join(known),
            "Change the suffix or omit it.",
        )
