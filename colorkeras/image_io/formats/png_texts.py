"""Text chunks of PNG files, in which some programs also store EXIF and XMP."""

import zlib

from colorkeras.image_io.metadata import XMP_HEADER, XMP_KEYWORD

_RAW_PROFILE = "Raw profile type "
RAW_PROFILES = {f"{_RAW_PROFILE}{kind}" for kind in ("exif", "APP1", "xmp", "icc", "icm")}
"""Keywords of texts that are not comments."""

_TEXT_CHUNKS = {b"tEXt", b"zTXt", b"iTXt"}


def is_comment(chunk):
    """Return whether a chunk is a text other than XMP."""
    return chunk[4:8] in _TEXT_CHUNKS and _split(chunk)[0] != XMP_KEYWORD


def text_notes(chunks, texts):
    """Return notes on lost texts.

    Args:
        chunks: Chunks that Pillow parsed. It skips some damaged texts without raising.
        texts: Dict from keyword to text; the text is None if it was lost.
    """
    found = [(chunk[4:8], *_split(chunk)) for chunk in chunks if chunk[4:8] in _TEXT_CHUNKS]
    keywords = [keyword for _, keyword, _ in found if keyword != XMP_KEYWORD]
    notes = []
    if len(keywords) > len(set(keywords)):
        notes.append("only the last of several comments with the same keyword was kept")
    lost = {
        keyword
        for name, keyword, content in found
        if texts.get(keyword) is None
        or (name == b"zTXt" and not texts[keyword] and _is_damaged(content[1:]))
    }
    if XMP_KEYWORD in lost:
        notes.append("damaged XMP was left out")
    if lost - {XMP_KEYWORD}:
        notes.append("damaged comments were left out")
    return notes


def raw_profiles(texts):
    """Return the EXIF and XMP that ImageMagick and ExifTool store as hexadecimal text."""
    found = {}
    for kind in ("exif", "APP1", "xmp"):
        if (text := texts.get(f"{_RAW_PROFILE}{kind}")) is None:
            continue
        lines = text.split("\n")
        try:
            content = bytes.fromhex("".join(lines[3:]) if len(lines) > 3 else "incomplete")
        except ValueError:
            # This is invalid in both formats, so the loss will be reported.
            content = b"\xff"
        if content.startswith(XMP_HEADER) or (content and kind == "xmp"):
            found["xmp"] = content.removeprefix(XMP_HEADER)
        elif content:
            found["exif"] = content
    return found


def _split(chunk):
    """Return the keyword of a text chunk, and the bytes that follow it."""
    keyword, _, content = chunk[8:-4].partition(b"\0")
    return keyword.decode("latin-1"), content


def _is_damaged(compressed):
    """Return whether data cannot be decompressed. Pillow returns an empty text in this case."""
    try:
        zlib.decompress(compressed)
    except zlib.error:
        return bool(compressed)
    return False
