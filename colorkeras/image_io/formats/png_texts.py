"""Text chunks of PNG files, in which some programs also store EXIF, XMP and color profiles."""

import zlib
from collections import Counter

from PIL import PngImagePlugin

from colorkeras.image_io.metadata import DAMAGED, XMP_HEADER, XMP_KEYWORD

_RAW_PROFILE = "Raw profile type "
RAW_PROFILES = {
    f"{_RAW_PROFILE}exif": "exif",
    f"{_RAW_PROFILE}xmp": "xmp",
    f"{_RAW_PROFILE}APP1": "exif",
    f"{_RAW_PROFILE}icc": "icc_profile",
    f"{_RAW_PROFILE}icm": "icc_profile",
}
"""Dict from the keywords of texts that are not comments to the keys of their contents in Pillow."""

TEXT_CHUNKS = {b"tEXt", b"zTXt", b"iTXt"}


def is_comment(chunk):
    """Return whether a chunk is a text other than XMP."""
    return chunk[4:8] in TEXT_CHUNKS and _split(chunk)[0] != XMP_KEYWORD


def text_notes(chunks, texts):
    """Return notes on lost texts.

    Args:
        chunks: Chunks that Pillow parsed. It skips some damaged texts without raising.
        texts: Dict from keyword to text; the text is None if it was lost.
    """
    found = [(chunk[4:8], *_split(chunk)) for chunk in chunks if chunk[4:8] in TEXT_CHUNKS]
    counts = Counter(keyword for _, keyword, _ in found)
    repeated = {keyword for keyword, count in counts.items() if count > 1}
    damaged = {
        keyword
        for name, keyword, content in found
        if texts.get(keyword) is None or _is_damaged(_compressed(name, content))
    }
    lost = {keyword for keyword in damaged if not texts.get(keyword)}
    notes = []
    if XMP_KEYWORD in repeated:
        notes.append("only one of several XMP packets was kept")
    if repeated - {XMP_KEYWORD}:
        notes.append("only the last of several comments with the same keyword was kept")
    for result, group in (("left out", lost), ("partly left out", damaged - lost)):
        if XMP_KEYWORD in group:
            notes.append(f"damaged XMP was {result}")
        if group - {XMP_KEYWORD}:
            notes.append(f"damaged comments were {result}")
    return notes


def raw_profiles(texts):
    """Return the EXIF, XMP and profile that ImageMagick and ExifTool store as hexadecimal text."""
    found, damaged = {}, {}
    for keyword, key in RAW_PROFILES.items():
        if keyword not in texts:
            continue
        content = _decoded(texts[keyword])
        if content is None:
            damaged[key] = DAMAGED
        elif content.startswith(XMP_HEADER):
            found.setdefault("xmp", content.removeprefix(XMP_HEADER))
        elif content:
            found.setdefault(key, content)
    return damaged | found


def _decoded(text):
    """Return the bytes of a hexadecimal text, which starts with three other lines, or None."""
    lines = text.split("\n")
    try:
        return bytes.fromhex("".join(lines[3:])) if len(lines) > 3 else None
    except ValueError:
        return None


def _split(chunk):
    """Return the keyword of a text chunk, and the bytes that follow it."""
    keyword, _, content = chunk[8:-4].partition(b"\0")
    return keyword.decode("latin-1"), content


def _compressed(name, content):
    """Return the part of a text chunk's content that is compressed, which may be empty."""
    if name == b"zTXt":
        return content[1:]
    if name == b"iTXt" and content[:1] != b"\0":
        return content[2:].split(b"\0", 2)[-1]
    return b""


def _is_damaged(compressed):
    """Return whether data is truncated or cannot be decompressed; Pillow may raise no exception."""
    decompressor = zlib.decompressobj()
    try:
        decompressor.decompress(compressed, PngImagePlugin.MAX_TEXT_CHUNK)
    except zlib.error:
        return True
    return bool(compressed) and not decompressor.eof
