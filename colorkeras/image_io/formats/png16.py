"""Reading and writing pixels in 16-bit PNG files, most of which Pillow would reduce to 8 bits.

All functions process the image in blocks of rows to limit memory use, since photographs can be as
large as 100 megapixels.

Reference: W3C, "Portable Network Graphics (PNG) Specification", sections 9 and 10.
"""

import struct
import sys
import zlib

import numpy as np

from colorkeras.image_io.bit_depth import blocks
from colorkeras.image_io.formats.png_chunks import open_pixels

_GRAY, _RGB, _GRAY_ALPHA, _RGB_ALPHA = 0, 2, 4, 6

# Settings that make Pillow decode all bytes of 16-bit pixels as 8-bit pixels: mode, raw mode, and
# indices of the decoded bytes within a pixel. Color pixels are decoded twice: once for the high
# bytes of all channels and once, with reversed byte order, for the low bytes.
_PASSES = {
    _GRAY: (("LA", "LA", range(2)),),
    _GRAY_ALPHA: (("RGBA", "RGBA", range(4)),),
    _RGB: (("RGB", "RGB;16B", range(0, 6, 2)), ("RGB", "RGB;16L", range(1, 6, 2))),
    _RGB_ALPHA: (("RGBA", "RGBA;16B", range(0, 8, 2)), ("RGBA", "RGBA;16L", range(1, 8, 2))),
}

_BLOCK = 2**19
"""Approximate number of bytes encoded at a time."""

_LEVEL = 6
"""Compression level; this is the default in libpng."""


def decoded(path, kind, level):
    """Decode the pixels in a 16-bit PNG file.

    Args:
        path: `Path` to the file.
        kind: Color type in the header.
        level: Transparent level as an integer, or a tuple of three integers, or None.

    Returns:
        `(color, alpha)`, writable arrays: uint16 `[h, w]` or `[h, w, 3]`, and uint16 `[h, w]` or
        None.
    """
    color, alpha = None, None
    for mode, raw_mode, numbers in _PASSES[kind]:
        with path.open("rb") as stream, open_pixels(stream) as image:
            image._mode = mode
            image.tile = [tile._replace(args=raw_mode) for tile in image.tile[:1]]
            image.load()
            if color is None:
                size = image.height, image.width
                color = np.empty((*size, 3 if kind in (_RGB, _RGB_ALPHA) else 1), np.uint16)
                alpha = np.empty((*size, 1), np.uint16)
            _set_bytes(color, alpha, image, numbers)
    color = color[..., 0] if kind in (_GRAY, _GRAY_ALPHA) else color
    if kind in (_GRAY_ALPHA, _RGB_ALPHA):
        return color, alpha[..., 0]
    return color, None if level is None else _seen_except(color, level)


def encoded(image):
    """Yield the chunks that make up a PNG file: header, pixels and end.

    Args:
        image: 16-bit `DecodedImage`.
    """
    height, width = image.size
    num_colors = 3 if image.pixels.ndim == 3 else 1
    opaque, seen_through = (_RGB, _RGB_ALPHA) if num_colors == 3 else (_GRAY, _GRAY_ALPHA)
    kind = opaque if image.alpha is None else seen_through
    pixel_length = 2 * (num_colors + (image.alpha is not None))
    yield _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0))
    compressor = zlib.compressobj(_LEVEL)
    above = np.zeros((1, width * pixel_length), np.uint8)
    for rows in blocks(height, max(1, _BLOCK // (width * pixel_length))):
        strip = np.atleast_3d(image.pixels[rows])
        if image.alpha is not None:
            strip = np.dstack([strip, image.alpha[rows]])
        strip = strip.astype(">u2").view(np.uint8).reshape(len(strip), -1)
        content = compressor.compress(_filtered(strip, above, pixel_length))
        above = strip[-1:]
        if content:
            yield _chunk(b"IDAT", content)
    yield _chunk(b"IDAT", compressor.flush())
    yield _chunk(b"IEND", b"")


def _set_bytes(color, alpha, image, numbers):
    """Copy the channels of an 8-bit image into the bytes of 16-bit samples.

    Args:
        color: uint16 `[h, w, channels]`; changed in place.
        alpha: uint16 `[h, w, 1]`; changed in place.
        image: `PIL.Image.Image`.
        numbers: Byte index within a pixel for each channel of `image`.
    """
    for rows in blocks(image.height):
        strip = np.asarray(image.crop((0, rows.start, image.width, rows.stop)))
        for number, values in zip(numbers, np.moveaxis(strip, -1, 0), strict=True):
            # Files are big-endian, unlike most machines.
            at = number if sys.byteorder == "big" else number ^ 1
            is_color = number < 2 * color.shape[-1]
            levels, at = (color, at) if is_color else (alpha, at % 2)
            levels.view(np.uint8)[rows, :, at] = values


def _seen_except(color, level):
    """Return the alpha channel: 0 for pixels that equal `level`, otherwise opaque."""
    alpha = np.empty(color.shape[:2], np.uint16)
    for rows in blocks(len(color)):
        differs = color[rows] != np.asarray(level, np.uint16)
        alpha[rows] = (differs if color.ndim == 2 else differs.any(axis=-1)) * np.uint16(65535)
    return alpha


def _filtered(strip, above, pixel_length):
    """Filter each row with the PNG filter that yields the smallest sum of absolute differences.

    Args:
        strip: Rows of bytes, uint8 `[n, length]`.
        above: Row above the strip, uint8 `[1, length]`.
        pixel_length: Bytes per pixel.

    Returns:
        uint8 `[n, 1 + length]`; each row starts with its filter number.
    """
    up = np.concatenate([above, strip[:-1]])
    left, corner = (np.pad(x, ((0, 0), (pixel_length, 0)))[:, :-pixel_length] for x in (strip, up))
    a, b, c = (x.astype(np.int16) for x in (left, up, corner))
    to_left, to_up, to_corner = np.abs(b - c), np.abs(a - c), np.abs(a + b - 2 * c)
    nearest = np.where((to_left <= to_up) & (to_left <= to_corner), left, corner)
    is_up = (to_up < to_left) & (to_up <= to_corner)
    guesses = (left, up, ((a + b) // 2).astype(np.uint8), np.where(is_up, up, nearest))
    best, smallest = np.pad(strip, ((0, 0), (1, 0))), None
    for number, guess in enumerate(guesses, 1):
        difference = strip - guess
        # Interpret the bytes as signed numbers.
        total = np.minimum(difference, -difference).sum(axis=1, dtype=np.int64)
        is_best = np.full(len(strip), True) if smallest is None else total < smallest
        smallest = total if smallest is None else np.minimum(total, smallest)
        best[is_best, 0] = number
        best[is_best, 1:] = difference[is_best]
    return best


def _chunk(name, content):
    checksum = zlib.crc32(content, zlib.crc32(name))
    return b"".join([struct.pack(">I4s", len(content), name), content, struct.pack(">I", checksum)])
