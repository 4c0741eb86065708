"""Reading of PNG files chunk by chunk, since chunks other than the pixels may be damaged."""

import io
import struct
import zlib

from PIL import Image, PngImagePlugin

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PIXEL_CHUNKS = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}

_TRANSPARENCY = b"tRNS"
_ANIMATION_CHUNKS = {b"acTL", b"fcTL", b"fdAT"}
_HEADER_LENGTH = 25


class PngImage(PngImagePlugin.PngImageFile):
    """Pillow image that ignores the chunks after the pixels; see `without_pixels`."""

    def load_end(self):
        """Keep the texts before the pixels; skip the remaining chunks, which may be damaged."""
        self._text = self.png.im_text


def opened(stream):
    """Open a file as an image. If Pillow cannot parse all chunks, keep only those for the pixels.

    Args:
        stream: File opened in binary mode.
    """
    try:
        return PngImage(stream)
    except Exception:  # Pillow's parser may raise anything.
        needed = chunks(stream, of=PIXEL_CHUNKS | {_TRANSPARENCY})
        kept = [each for each in needed if each[4:8] != _TRANSPARENCY or _has_checksum(each)]
        return PngImage(io.BytesIO(SIGNATURE + b"".join(kept)))


def without_pixels(path):
    """Open a file as an image with all of its metadata, without decoding pixels.

    Some programs write metadata after the pixels. Pillow reads it only when it decodes the pixels.

    Returns:
        `(image, is_damaged)`: the image without the chunks that cannot be parsed, and whether there
        are such chunks.
    """
    with path.open("rb") as stream:
        found = list(chunks(stream, without=PIXEL_CHUNKS | _ANIMATION_CHUNKS))
    sound = [each for each in found if is_sound(each)]
    image = _with_chunks(each for each in sound if each[4:8] != _TRANSPARENCY)
    return image, len(sound) < len(found)


def smallest_file(**settings):
    """Return a PNG file of one pixel as bytes; `settings` are passed to `Image.save`."""
    buffer = io.BytesIO()
    Image.new("L", (1, 1)).save(buffer, "PNG", **settings)
    return buffer.getvalue()


def chunks(stream, of=None, without=()):
    """Yield the chunks of a file as bytes, up to the first truncated one.

    Args:
        stream: File opened in binary mode.
        of: Names of the chunks to yield, or None for all.
        without: Names of the chunks to skip.
    """
    stream.seek(len(SIGNATURE))
    while len(head := stream.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        rest = length + 4  # Including the checksum.
        if name in without or (of is not None and name not in of):
            stream.seek(rest, io.SEEK_CUR)
            continue
        content = stream.read(rest)
        if len(content) < rest:
            return
        yield head + content


def _with_chunks(found):
    """Return an image of one pixel with additional chunks after its header."""
    small, behind = smallest_file(), len(SIGNATURE) + _HEADER_LENGTH
    content = small[:behind] + b"".join(found) + small[behind:]
    return PngImagePlugin.PngImageFile(io.BytesIO(content))


def is_sound(chunk):
    """Return whether Pillow can parse a chunk."""
    if chunk[4:8] == _TRANSPARENCY:
        # Its content depends on the color type.
        return _has_checksum(chunk)
    try:
        _with_chunks([chunk])
    except Exception:  # Pillow's parser may raise anything.
        return False
    return True


def _has_checksum(chunk):
    return zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:])
