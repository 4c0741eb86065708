"""Reading of PNG files chunk by chunk, since chunks other than the pixels may be damaged."""

import contextlib
import io
import itertools
import struct
import zlib

from PIL import Image, PngImagePlugin

from colorkeras.image_io.formats.png_texts import (
    RAW_PROFILES,
    TEXT_CHUNKS,
    is_comment,
    raw_profiles,
    text_notes,
)
from colorkeras.image_io.metadata import XMP_KEYWORD

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PIXEL_CHUNKS = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}

_SKIPPED_CHUNKS = {b"IDAT", b"acTL", b"fcTL", b"fdAT"}
_HEADER, _END = b"IHDR", b"IEND"

_MAX_RATIO = 1032
"""Maximum compression ratio of the Deflate format."""


class PngImage(PngImagePlugin.PngImageFile):
    """Pillow image with metadata that `open_png` reads, including metadata after the pixels.

    Attributes:
        text: Dict from keyword to comment. Unlike in Pillow, `info` does not contain the comments.
        chunks: Dict from the name to the content of each chunk other than comments and pixels. Of
            several chunks with the same name, it contains the first.
        notes: List of notes on lost metadata.
    """

    text = chunks = notes = None

    # Pillow would decode the pixels in order to find EXIF after them.
    getexif = Image.Image.getexif

    def _open(self):
        super()._open()
        # A text with the keyword "bbox" would change the extents.
        self.tile = [tile._replace(extents=(0, 0, *self.size)) for tile in self.tile]

    def load_end(self):
        """Skip the chunks after the pixels, which may be damaged."""


def open_png(stream):
    """Open a file as an image with all of its metadata.

    Args:
        stream: File opened in binary mode.
    """
    image = open_pixels(stream)
    found = list(chunks(stream, without=_SKIPPED_CHUNKS))
    # Parse comments separately, because Pillow stores them in the same dict as the properties.
    others, kept = _parse([each for each in found if not is_comment(each)])
    comments, kept_comments = _parse([each for each in found if is_comment(each)])
    info, texts = others.im_info, comments.im_text
    packet = info.pop(XMP_KEYWORD, None)
    if packet is not None and "xmp" not in info:
        # Pillow decodes chunks other than iTXt as Latin-1.
        info["xmp"] = packet.encode("latin-1")
    image.info = raw_profiles(texts) | info
    image.text = {key: text for key, text in texts.items() if key not in RAW_PROFILES}
    image.chunks = {each[4:8]: each[8:-4] for each in reversed(kept)}
    kept += kept_comments
    image.notes = ["damaged metadata was left out"] * (len(kept) < len(found))
    image.notes += text_notes(kept, texts | {XMP_KEYWORD: info.get("xmp")})
    return image


def open_pixels(stream):
    """Open a file as an image without metadata.

    Args:
        stream: File opened in binary mode.
    """
    try:
        image = PngImage(stream)
    except Exception:  # Pillow's parser may raise anything.
        image = PngImage(io.BytesIO(SIGNATURE + b"".join(chunks(stream, of=PIXEL_CHUNKS))))
    image.info = _parse(itertools.islice(chunks(stream, of={_HEADER}), 1))[0].im_info
    return image


def chunks(stream, of=None, without=()):
    """Yield the chunks of a file as bytes, up to the end marker or the first truncated chunk.

    Headers after the first one are skipped.

    Args:
        stream: File opened in binary mode.
        of: Names of the chunks to yield, or None for all.
        without: Names of the chunks to skip.
    """
    stream.seek(len(SIGNATURE))
    name = None
    while name != _END and len(head := stream.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        rest = length + 4  # Including the checksum.
        if name in without or (of is not None and name not in of):
            stream.seek(rest, io.SEEK_CUR)
            continue
        content = stream.read(rest)
        if len(content) < rest:
            return
        yield head + content
        if name == _HEADER:
            without = {*without, _HEADER}


def _parse(found):
    """Parse chunks with Pillow, except for damaged chunks and texts beyond Pillow's memory limit.

    Texts that Pillow may have decompressed in vain count towards the limit.

    Returns:
        `(parser, kept)`: the `PngImagePlugin.PngStream` with the values, and the parsed chunks.
    """
    parser, kept = PngImagePlugin.PngStream(io.BytesIO()), []
    for chunk in found:
        is_sound = zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:])
        is_text, memory = chunk[4:8] in TEXT_CHUNKS, parser.text_memory
        if not is_sound or (is_text and memory > PngImagePlugin.MAX_TEXT_MEMORY):
            continue
        parser.fp = io.BytesIO(chunk)
        with contextlib.suppress(Exception):  # Pillow's parser may raise anything.
            with contextlib.suppress(AttributeError, EOFError):
                # Raised if the chunk is unknown to Pillow, and for the end marker.
                parser.call(*parser.read())
            kept.append(chunk)
        if is_text and parser.text_memory == memory:
            parser.text_memory += min(PngImagePlugin.MAX_TEXT_CHUNK, _MAX_RATIO * len(chunk))
    return parser, kept
