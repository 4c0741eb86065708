"""Text chunks of PNG files, in which some programs also store EXIF and XMP."""

from colorkeras.image_io.formats.png_chunks import chunks, is_sound
from colorkeras.image_io.metadata import XMP_HEADER, XMP_KEYWORD

_TEXT_CHUNKS = {b"tEXt", b"zTXt", b"iTXt"}
_MIN_TEXT = 10
"""Length in bytes that the header of a compressed empty text does not exceed."""


def forget_texts(image):
    """Delete texts from the dict in which Pillow also stores properties such as `transparency`."""
    for keyword, text in image.text.items():
        if image.info.get(keyword) is text:
            del image.info[keyword]


def check_texts(path, texts, notes):
    """Add notes on the texts in a file that are missing in a dict from keyword to text."""
    with path.open("rb") as stream:
        sound = [chunk for chunk in chunks(stream, of=_TEXT_CHUNKS) if is_sound(chunk)]
    parts = [chunk[8:-4].partition(b"\0") for chunk in sound]
    found = [(keyword.decode("latin-1"), content) for keyword, _, content in parts]
    found = [(keyword, content) for keyword, content in found if keyword != XMP_KEYWORD]
    if len(found) > len(dict(found)):
        notes.append("only the last of several comments with the same keyword was kept")
    # If a text cannot be decompressed, Pillow returns an empty one.
    if any(
        keyword not in texts or (len(content) > _MIN_TEXT and not texts[keyword])
        for keyword, content in found
    ):
        notes.append("damaged comments were left out")


def raw_profiles(texts):
    """Return the EXIF and XMP that ImageMagick and ExifTool store as hexadecimal text."""
    found = {}
    for keyword in ("exif", "APP1", "xmp"):
        lines = texts.get(f"Raw profile type {keyword}", "").split("\n")
        try:
            content = bytes.fromhex("".join(lines[3:]))
        except ValueError:
            # This is invalid in both formats, so the loss will be reported.
            content = b"\xff"
        if content.startswith(XMP_HEADER) or (content and keyword == "xmp"):
            found["xmp"] = content.removeprefix(XMP_HEADER)
        elif content:
            found["exif"] = content
    return found
