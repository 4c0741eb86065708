"""Conversion between arrays, Pillow images and `DecodedImage`."""

import numpy as np
from PIL import Image

from colorkeras.image_io import DecodedImage, as_uint8, from_pillow
from colorkeras.image_io.pixels import on_white
from colorkeras.utils.errors import UserError, one_line


def decoded_image(image):
    """Convert an image to a `DecodedImage`.

    Args:
        image: Array or `PIL.Image.Image`; see `Predictor.colorize`.

    Returns:
        `DecodedImage`; its pixels may also be floating-point values in [0, 1].

    Raises:
        UserError: The argument is not an image.
    """
    if not isinstance(image, Image.Image):
        return DecodedImage(_checked(image))
    try:
        return from_pillow(image, notes=[])
    except (OSError, ValueError) as error:
        raise UserError(
            f"a Pillow image with mode {image.mode} that cannot be converted ({error})",
            "a gray or color image with at least one pixel",
            "Convert it, for example with image.convert('L').",
        ) from error


def rgb_image(image):
    """Convert an image to an 8-bit RGB `PIL.Image.Image` on a white background.

    Takes the same argument and raises the same errors as `decoded_image`.
    """
    pixels = on_white(decoded_image(image)).pixels
    if not np.issubdtype(pixels.dtype, np.integer):
        pixels = np.rint(pixels * 255).astype(np.uint8)
    return Image.fromarray(as_uint8(pixels)).convert("RGB")


def _checked(image):
    """Convert an image to an array that `Predictor.color_image` accepts as pixels."""
    fix = "Convert it or pass a Pillow image."
    try:
        pixels = np.asarray(image)
    except ValueError as error:  # For example, rows of different lengths.
        raise UserError(
            f"a {type(image).__name__} that cannot be converted to an array ({one_line(error)})",
            "an array",
            fix,
        ) from error
    received = f"an array with dtype {pixels.dtype} and shape {list(pixels.shape)}"
    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    is_gray, is_rgb = pixels.ndim == 2, pixels.ndim == 3 and pixels.shape[-1] == 3
    if pixels.size == 0 or not (is_gray or is_rgb):
        expected = "an array with shape [h, w], [h, w, 1] or [h, w, 3] and at least one pixel"
        raise UserError(received, expected, fix)
    if pixels.dtype in (np.uint8, np.uint16):
        return pixels
    if pixels.dtype not in (np.float16, np.float32, np.float64):
        expected = "dtype uint8 or uint16, or float16, float32 or float64 with values in [0, 1]"
        raise UserError(received, expected, fix)
    if not (pixels.min() >= 0 and pixels.max() <= 1):  # This also rejects NaN.
        raise UserError(
            f"{received} with values in [{pixels.min():g}, {pixels.max():g}]",
            "values in [0, 1]",
            fix,
        )
    return pixels
