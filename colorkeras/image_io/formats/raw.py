"""Recognize raw files of cameras: their previews must not be mistaken for the photograph."""

from pathlib import Path

from colorkeras.utils.errors import UserError
from colorkeras.utils.files import quoted

_SUFFIXES = (
    *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".gpr", ".iiq"),
    *(".kdc", ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2"),
    *(".rwl", ".sr2", ".srf", ".srw", ".x3f"),
)
_TIFF_PREFIXES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
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
    """Return whether the suffix of a file name is that of a camera's raw format.

    >>> is_raw_suffix("card/DSC_0001.NEF"), is_raw_suffix("scan.tif")
    (True, False)
    """
    return Path(path).suffix.lower() in _SUFFIXES


def is_raw(path, prefix):
    """Return whether a file is raw, by its first 16 bytes or, for TIFF content, its suffix.

    Raw files that are TIFF files with another suffix are recognized by their directories.
    """
    if prefix.startswith(_PREFIXES) or prefix[4:11] == b"ftypcrx":
        return True
    is_tiff = prefix.startswith(_TIFF_PREFIXES)
    return is_tiff and (prefix[8:10] == b"CR" or is_raw_suffix(path))


def raw_file_error(path):
    """Return the UserError for a raw file."""
    return UserError(
        f"{quoted(path)}, a raw file of a camera",
        "a developed image",
        "It is a raw file; export it as TIFF or JPEG.",
    )
