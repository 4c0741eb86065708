"""Detection of films by name or content, and names of their output files."""

import importlib.util
from pathlib import Path

from colorkeras import image_io
from colorkeras.utils.errors import UserError, did_you_mean
from colorkeras.utils.files import quoted

OUTPUT_SUFFIXES = (".mp4", ".mkv", ".mov", ".m4v")
"""File suffixes of the supported output containers."""

SUFFIXES = {*OUTPUT_SUFFIXES, ".3gp", ".asf", ".avi", ".divx", ".dv", ".f4v", ".flv", ".m2ts"}
SUFFIXES |= {".m2v", ".mpeg", ".mpg", ".mts", ".mxf", ".nut", ".ogv", ".ts", ".vob", ".webm"}
SUFFIXES |= {".wmv", ".y4m"}
"""Suffixes of films that can be read."""

_AMBIGUOUS = ".ts"
"""Suffix that MPEG transport streams share with TypeScript source files."""

_TRANSPORT_PACKET = 188

_SIGNATURES = (
    (0, b"\x1a\x45\xdf\xa3"),  # Matroska and WebM
    (8, b"AVI "),
    (0, b"FLV\x01"),
    (0, b"OggS"),
    (0, b"\x00\x00\x01\xba"),  # MPEG program stream
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),  # ASF
    (0, b"YUV4MPEG2"),
)


def is_film_name(path):
    """Return whether a file name has a film suffix.

    >>> is_film_name("holidays/Rome.MKV"), is_film_name("grandma.jpg")
    (True, False)
    """
    suffix = Path(path).suffix.lower()
    return suffix in SUFFIXES and (suffix != _AMBIGUOUS or _has_film_signature(path))


def is_film(path):
    """Return whether a file is a film, based on its suffix or, if that is unknown, its content."""
    return is_film_name(path) or (not image_io.is_image(path) and _has_film_signature(path))


def can_read_films():
    """Return whether the `video` extra is installed."""
    return all(importlib.util.find_spec(name) for name in ("av", "cv2"))


def film_suffix(path):
    """Return the suffix of a film's output file: the input suffix if supported, otherwise ".mp4".

    >>> film_suffix("a/b.MKV"), film_suffix("c.avi")
    ('.MKV', '.mp4')
    """
    suffix = Path(path).suffix
    return suffix if suffix.lower() in OUTPUT_SUFFIXES else OUTPUT_SUFFIXES[0]


def is_film_target(path):
    """Return whether an output file has the suffix of a supported film format."""
    return Path(path).suffix.lower() in OUTPUT_SUFFIXES


def check_target(path, source):
    """Raise UserError if an output file's format is not supported for the given input file."""
    if not is_film(source):
        image_io.check_target(path)
    elif not is_film_target(path):
        raise UserError(
            f"the output file {quoted(path)} for a film",
            "a name that ends in one of " + ", ".join(OUTPUT_SUFFIXES),
            "Change the suffix or omit it.",
        )


def check_format(suffix, sources):
    """Raise UserError if none of the output files for the given input files can have a suffix."""
    are_films, kinds = set(map(is_film, sources)), []
    if False in are_films:
        kinds.append(("images", image_io.is_writable, image_io.WRITABLE_SUFFIXES))
    if True in are_films:
        kinds.append(("films", is_film_target, OUTPUT_SUFFIXES))
    if any(is_usable(f"result{suffix}") for _, is_usable, _ in kinds):
        return
    known = [each.removeprefix(".") for _, _, suffixes in kinds for each in suffixes]
    name = suffix.removeprefix(".")
    raise UserError(
        f"--format {quoted(name)} for {' and '.join(label for label, _, _ in kinds)}",
        "one of " + ", ".join(known),
        did_you_mean(name, known, "Choose one of these formats."),
    )


def _has_film_signature(path):
    try:
        with Path(path).open("rb") as stream:
            begin = stream.read(_TRANSPORT_PACKET + 1)
    except (OSError, ValueError):
        return False
    if begin[4:8] == b"ftyp":
        return not image_io.has_image_brand(begin)
    is_transport_stream = begin[:1] == b"G" and begin[_TRANSPORT_PACKET:] == b"G"
    return is_transport_stream or any(begin[at:].startswith(text) for at, text in _SIGNATURES)
