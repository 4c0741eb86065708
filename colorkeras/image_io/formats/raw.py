"""Detection of camera raw files, so that their previews are not mistaken for the photographs."""

from pathlib import Path

from colorkeras.utils.errors import UserError
from colorkeras.utils.files import quoted

_SUFFIXES = (
    *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".gpr", ".iiq"),
    *(".kdc", ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2"),
    *(".rwl", ".sr2", ".srf", ".srw", ".x3f", ".bay", ".cap", ".dcs", ".drf", ".eip", ".k25"),
    *(".mdc", ".ori", ".ptx", ".pxn", ".r3d", ".rwz"),
)
_TIFF_PREFIXES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_TIFF_MARKS = (b"CR", b"IIII", b"MMMM")
"""Signatures after the TIFF header in raw files from Canon and Phase One cameras."""

_PREFIXES = (
    b"FUJIFILMCCD-RAW",
    b"IIRO",
    b"IIRS",
    b"MMOR",
    b"IIU\0",
    b"\0MRM",
    b"FOVb",
    b"II\x1a\0",
)


def is_raw_suffix(path):
    """Return whether a file name has the suffix of a camera raw format.

    >>> is_raw_suffix("card/DSC_0001.NEF"), is_raw_suffix("scan.tif")
    (True, False)
    """
    return Path(path).suffix.lower() in _SUFFIXES


def is_raw(path, prefix):
    """Return whether a file is a raw file, based on its first 16 bytes and its suffix.

    `tiff_pages.find_pages` detects TIFF-based raw files with other suffixes.
    """
    if prefix.startswith(_PREFIXES) or prefix[4:11] == b"ftypcrx":
        return True
    is_tiff = prefix.startswith(_TIFF_PREFIXES)
    return is_tiff and (prefix.startswith(_TIFF_MARKS, 8) or is_raw_suffix(path))


def raw_file_error(path):
    """Create the `UserError` for a raw file."""
    return UserError(
        f"{quoted(path)}, a camera raw file",
        "a developed image",
        "Export the raw file as TIFF or JPEG.",
    )
