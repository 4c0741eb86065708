"""From Pillow's images of every mode to upright gray or sRGB pixels.

A photograph may have 100 megapixels: all here works on some rows at a time, so that there is never
more than one copy of the whole besides Pillow's own.
"""

import numpy as np
from PIL import ImageChops

from colorkeras.image_io.bit_depth import blocks, is_gray
from colorkeras.image_io.color_profiles import uint8_converter, uint16_converter
from colorkeras.image_io.image import DecodedImage
from colorkeras.image_io.metadata import exif

UINT16_MODES = ("I;16", "I;16L", "I;16B", "I;16N")
"""Pillow's names of gray pixels of 16 bits."""

_GRAY = ("1", "L", "LA", "La")


def from_pillow(image, notes):
    """The pixels of an image.

    Args:
        image: `PIL.Image.Image` of any mode, with what its file says in `info`; it is not changed.
        notes: List that gets a sentence on what is lost.

    Returns:
        `Picture`.

    Raises:
        ValueError: Its pixels are of a kind that has no known range; other exceptions are those of
            Pillow, which cannot decode it.

    Example:

    >>> from PIL import Image
    >>> from_pillow(Image.new("CMYK", (3, 2)), []).pixels.tolist()
    [[255, 255, 255], [255, 255, 255]]
    """
    image.load()
    profile = image.info.get("icc_profile")
    # After the pixels were loaded: those of TIFF files are upright then, and no longer say so.
    orientation = exif.orientation_of(image)
    if image.mode in ("I", "F"):
        raise ValueError("pixels of 32 bits, whose range is not known")
    if image.mode in UINT16_MODES:
        return from_uint16(_deep(image), None, profile, orientation, notes)
    pixels, alpha = _shallow(image, profile, notes)
    return DecodedImage(_upright(pixels, orientation), _upright(_seen_through(alpha), orientation))


def from_uint16(pixels, alpha, profile, orientation, notes):
    """The picture of a file of 16 bits for each channel.

    Args:
        pixels: uint16 `[h, w]` or `[h, w, 3]`, as stored. They are changed where they can be, so
            that there is no second copy of them.
        alpha: uint16 `[h, w]` or None.
        profile: Bytes of the ICC profile of these pixels, or None.
        orientation: That of EXIF, 1..8.
        notes: List that gets a sentence on what is lost.

    Returns:
        `Picture`.
    """
    if pixels.ndim == 3 and all(is_gray(pixels[rows]) for rows in blocks(len(pixels))):
        pixels = np.ascontiguousarray(pixels[..., 0])
    convert = uint16_converter(profile, pixels.ndim == 2, notes)
    if convert is not None:
        stored = pixels
        pixels = stored if stored.flags.writeable else np.empty_like(stored)
        for rows in blocks(len(pixels)):
            pixels[rows] = convert(stored[rows])
    return DecodedImage(_upright(pixels, orientation), _upright(_seen_through(alpha), orientation))


def on_white(picture):
    """A picture as it looks on white paper.

    Args:
        picture: `Picture`.

    Returns:
        `Picture` without transparency.

    >>> half = DecodedImage(np.zeros([1, 1, 3], np.uint8), np.full([1, 1], 102, np.uint8))
    >>> on_white(half).pixels.tolist()
    [[[153, 153, 153]]]
    """
    if picture.alpha is None:
        return picture
    white = np.float32(np.iinfo(picture.pixels.dtype).max)
    pixels = np.empty_like(picture.pixels)
    for rows in blocks(len(pixels)):
        share = picture.alpha[rows] / white
        share = share if pixels.ndim == 2 else share[..., np.newaxis]
        pixels[rows] = np.rint(white + share * (picture.pixels[rows] - white))
    return DecodedImage(pixels)


def with_alpha(picture):
    """Pixels of a picture, with transparency, if there is any, as the last channel."""
    if picture.alpha is None:
        return picture.pixels
    return np.dstack([picture.pixels, picture.alpha])


def _strips(image):
    """Yields slices of rows, and images of these rows."""
    for rows in blocks(image.height):
        yield rows, image.crop((0, rows.start, image.width, rows.stop))


def _deep(image):
    pixels = np.empty((image.height, image.width), np.uint16)
    for rows, strip in _strips(image):
        pixels[rows] = np.asarray(strip)
    return pixels


def _shallow(image, profile, notes):
    """Pixels, gray if all of them are, and transparency or None: all of 8 bits."""
    split = _splitter(image)
    convert = uint8_converter(profile, split(image.crop((0, 0, 1, 1)))[0].mode, notes)
    size = (image.height, image.width)
    gray, color = np.empty(size, np.uint8), None
    alpha = np.empty(size, np.uint8) if image.has_transparency_data else None
    for rows, strip in _strips(image):
        strip, transparency = split(strip)
        if alpha is not None:
            alpha[rows] = np.asarray(transparency)
        pixels = np.asarray(convert(strip))
        if color is None and is_gray(pixels):
            gray[rows] = pixels if pixels.ndim == 2 else pixels[..., 0]
            continue
        if color is None:
            color = np.empty((*size, 3), np.uint8)
            color[: rows.start] = gray[: rows.start, :, np.newaxis]
        color[rows] = pixels
    return gray if color is None else color, alpha


def _splitter(image):
    """Function that divides a strip of an image into color and transparency.

    Color is of a mode that there are color profiles for; transparency may be None.
    """
    if image.has_transparency_data:
        # Gray ones with a transparent level as well as palettes.
        mode = "LA" if image.mode in _GRAY else "RGBA"
        return lambda strip: _halves(strip.convert(mode))
    if image.mode == "CMYK" and image.format == "JPEG" and "adobe" not in image.info:
        # Pillow takes all of these files for inverted, as those of Adobe's programs are.
        return lambda strip: (ImageChops.invert(strip), None)
    if image.mode == "1":
        return lambda strip: (strip.convert("L"), None)
    if image.mode in ("P", "RGBX", "HSV", "YCbCr"):
        return lambda strip: (strip.convert("RGB"), None)
    return lambda strip: (strip, None)


def _halves(strip):
    return strip.convert(strip.mode[:-1]), strip.getchannel("A")


def _seen_through(alpha):
    """Transparency, or None where there is none after all."""
    return None if alpha is None or alpha.min() == np.iinfo(alpha.dtype).max else alpha


def _upright(pixels, orientation):
    """What EXIF says is to be done with pixels before they are shown."""
    if pixels is None:
        return None
    if orientation in exif.TURNED_ORIENTATIONS:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
