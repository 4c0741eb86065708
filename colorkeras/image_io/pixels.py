"""Conversion of decoded samples of any type to upright gray or sRGB pixels.

Photographs can be as large as 100 megapixels. To bound memory, all functions process blocks of rows
and keep at most one copy of the whole image in addition to the decoder's copy.
"""

import numpy as np
from PIL import Image, ImageChops

from colorkeras.image_io.bit_depth import ROWS, blocks, is_gray
from colorkeras.image_io.color_profiles import uint8_converter, uint16_converter, unchanged
from colorkeras.image_io.image import DecodedImage
from colorkeras.image_io.metadata import exif

UINT16_MODES = ("I;16", "I;16L", "I;16B", "I;16N")
"""Pillow modes for 16-bit gray pixels."""

_GRAY = ("1", "L", "LA", "La")


def from_pillow(image, notes):
    """Convert a Pillow image.

    Args:
        image: `PIL.Image.Image` in any mode, with the `info` read from its file; not modified.
        notes: List that receives notes on lost data.

    Returns:
        `DecodedImage`.

    Raises:
        ValueError: The range of the pixel values is unknown. For damaged images, Pillow may raise
            other exceptions.

    >>> from PIL import Image
    >>> from_pillow(Image.new("CMYK", (3, 2)), []).pixels.tolist()
    [[255, 255, 255], [255, 255, 255]]
    """
    image.load()
    profile = image.info.get("icc_profile")
    # When loading a TIFF file, Pillow rotates the pixels upright and resets the orientation.
    orientation = exif.orientation_of(image)
    if image.mode in ("I", "F"):
        raise ValueError("32-bit pixels are not supported because their range is unknown")
    if image.mode in UINT16_MODES:
        return from_samples(_uint16_pixels(image), None, profile, orientation, notes)
    pixels, alpha = _uint8_pixels(image, profile, notes)
    return _upright_image(pixels, alpha, orientation)


def from_samples(pixels, alpha, profile, orientation, notes):
    """Convert 8-bit or 16-bit samples.

    Args:
        pixels: uint8 or uint16 `[h, w]` or `[h, w, 3]`, or uint8 `[h, w, 4]` for CMYK. Modified in
            place where possible to avoid a second copy.
        alpha: `[h, w]` with the dtype of `pixels`, or None.
        profile: ICC profile for the pixels as bytes, or None.
        orientation: EXIF orientation in [1, 8].
        notes: List that receives notes on lost data.

    Returns:
        `DecodedImage`.
    """
    if alpha is not None:
        pixels = pixels if pixels.flags.writeable else pixels.copy()
        white = 0 if pixels.shape[2:] == (4,) else np.iinfo(pixels.dtype).max
        for rows in blocks(len(pixels)):
            pixels[rows][alpha[rows] == 0] = white
    if pixels.dtype == np.uint8:
        mode = {2: "L", 3: "RGB", 4: "CMYK"}[pixels.shape[2] if pixels.ndim == 3 else 2]
        image = Image.frombuffer(
            mode, pixels.shape[1::-1], np.ascontiguousarray(pixels), "raw", mode, 0, 1
        )
        pixels, _ = _uint8_pixels(image, profile, notes)
        return _upright_image(pixels, alpha, orientation)
    if pixels.ndim == 3 and all(is_gray(pixels[rows]) for rows in blocks(len(pixels))):
        pixels = np.ascontiguousarray(pixels[..., 0])
    convert = uint16_converter(profile, pixels.ndim == 2, notes)
    if convert is not None:
        stored = pixels
        pixels = stored if stored.flags.writeable else np.empty_like(stored)
        for rows in blocks(len(pixels)):
            pixels[rows] = convert(stored[rows])
    return _upright_image(pixels, alpha, orientation)


def is_plain_rgb(image):
    """Return whether a Pillow image is upright, is sRGB and has no transparency."""
    if image.mode != "RGB" or image.has_transparency_data or exif.orientation_of(image) != 1:
        return False
    return uint8_converter(image.info.get("icc_profile"), "RGB", []) is unchanged


def on_white(image):
    """Composite an image onto a white background.

    Args:
        image: `DecodedImage`.

    Returns:
        `DecodedImage` without transparency.

    >>> half = DecodedImage(np.zeros([1, 1, 3], np.uint8), np.full([1, 1], 102, np.uint8))
    >>> on_white(half).pixels.tolist()
    [[[153, 153, 153]]]
    """
    if image.alpha is None:
        return image
    white = np.float32(np.iinfo(image.pixels.dtype).max)
    pixels = np.empty_like(image.pixels)
    for rows in blocks(len(pixels)):
        opacity = image.alpha[rows] / white
        opacity = opacity if pixels.ndim == 2 else opacity[..., np.newaxis]
        pixels[rows] = np.rint(white + opacity * (image.pixels[rows] - white))
    return DecodedImage(pixels)


def with_alpha(image):
    """Return the pixels of a `DecodedImage`, with any transparency as the last channel."""
    if image.alpha is None:
        return image.pixels
    return np.dstack([image.pixels, image.alpha])


def _strips(image):
    """Yield pairs of a row slice and a Pillow image of those rows."""
    if image.height <= ROWS:
        yield slice(0, image.height), image
        return
    for rows in blocks(image.height):
        yield rows, image.crop((0, rows.start, image.width, rows.stop))


def _uint16_pixels(image):
    pixels = np.empty((image.height, image.width), np.uint16)
    for rows, strip in _strips(image):
        pixels[rows] = np.asarray(strip)
    return pixels


def _uint8_pixels(image, profile, notes):
    """Return the pixels, as grayscale if they are colorless, and the alpha channel or None."""
    split = _splitter(image)
    convert = uint8_converter(profile, split(image.crop((0, 0, 1, 1)))[0].mode, notes)
    size = (image.height, image.width)
    gray, color = None, None
    alpha = np.empty(size, np.uint8) if image.has_transparency_data else None
    for rows, strip in _strips(image):
        strip, transparency = split(strip)
        if alpha is not None:
            alpha[rows] = np.asarray(transparency)
            # Fully transparent pixels must not affect whether the image counts as gray.
            hidden = alpha[rows] == 0
            strip.paste("white", mask=Image.fromarray(hidden))
        pixels = np.asarray(convert(strip))
        if alpha is not None:
            pixels = pixels.copy()
            pixels[hidden] = 255
        if color is None and is_gray(pixels):
            gray = np.empty(size, np.uint8) if gray is None else gray
            gray[rows] = pixels if pixels.ndim == 2 else pixels[..., 0]
            continue
        if rows.stop - rows.start == image.height and pixels.ndim == 3:
            return pixels, alpha
        if color is None:
            color = np.empty((*size, 3), np.uint8)
            if gray is not None:
                color[: rows.start] = gray[: rows.start, :, np.newaxis]
                gray = None
        color[rows] = pixels if pixels.ndim == 3 else pixels[..., np.newaxis]
    return gray if color is None else color, alpha


def _splitter(image):
    """Return a function that splits a strip of an image into color and alpha (or None).

    The color image is in a mode to which ICC profiles can be applied.
    """
    if image.has_transparency_data:
        # This also covers palette images and gray images with a transparent level.
        mode = "LA" if image.mode in _GRAY else "RGBA"
        return lambda strip: _split_alpha(strip.convert(mode))
    if image.mode == "CMYK" and image.format == "JPEG" and "adobe" not in image.info:
        # Pillow inverts all CMYK JPEG files, assuming that they were written by Adobe software.
        return lambda strip: (ImageChops.invert(strip), None)
    if image.mode == "1":
        return lambda strip: (strip.convert("L"), None)
    if image.mode in ("P", "RGBX", "HSV", "YCbCr"):
        return lambda strip: (strip.convert("RGB"), None)
    return lambda strip: (strip, None)


def _split_alpha(strip):
    return strip.convert(strip.mode[:-1]), strip.getchannel("A")


def _upright_image(pixels, alpha, orientation):
    """Apply the EXIF orientation, and replace a fully opaque alpha channel with None."""
    if alpha is not None and alpha.min() == np.iinfo(alpha.dtype).max:
        alpha = None
    return DecodedImage(_upright(pixels, orientation), _upright(alpha, orientation))


def _upright(pixels, orientation):
    if pixels is None:
        return None
    if orientation in exif.TURNED_ORIENTATIONS:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
