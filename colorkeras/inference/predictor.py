"""Predictors color images of any size."""

import os
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from colorkeras import image_io
from colorkeras.config.colorize_options import check_option
from colorkeras.export import bundled, saved_model
from colorkeras.image_io import DecodedImage, as_uint8, from_pillow
from colorkeras.inference import streaming
from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import as_user_error
from colorkeras.utils.ordered_map import ordered_map


def load(model=bundled.DEFAULT_MODEL, render_size=None):
    """Load a model.

    Args:
        model: Name of a bundled model, or path of an export. An export is a program: load only what
            you trust.
        render_size: Longer side, in pixels, of the image that the network sees, in [8, 4096]; None
            uses the one that the model was exported with.

    Returns:
        `Predictor`.

    Raises:
        UserError: There is no such model, colorkeras did not write it, or `render_size` is out of
            range.

    Example:

    >>> import colorkeras
    >>> colorkeras.load("unet").name
    'unet 1'
    """
    return Predictor(saved_model.load(bundled.resolve(model)), render_size)


@dataclass(frozen=True)
class Result:
    """Result of coloring an image file.

    Attributes:
        path: Path as it was passed.
        image: `DecodedImage` with pixels, uint8 or uint16 RGB `[h, w, 3]`, and alpha, `[h, w]` or
            None; None if the file could not be colored.
        notes: Sentences on anything that was not read.
        error: `UserError`, if the file could not be colored.
    """

    path: object
    image: DecodedImage | None = None
    notes: list = field(default_factory=list)
    error: UserError | None = None


class Predictor:
    """Colors images of any size and preserves their luma.

    Args:
        exported: `saved_model.ExportedModel`.
        render_size: As for `load`.
    """

    def __init__(self, exported, render_size=None):
        if render_size is not None:
            check_option("render_size", render_size)
        self.exported = exported
        self.render_size = render_size or exported.render_size

    @property
    def name(self):
        """Name and version, as results record them."""
        return f"{self.exported.metadata['name']} {self.exported.path.name}"

    def colorize(self, image, seed=0, temperature=None, saturation=1.0):
        """Color an image.

        Args:
            image: NumPy array, uint8, uint16 or floating-point in [0, 1], `[h, w]`, `[h, w, 1]` or
                `[h, w, 3]`, of which only luma is used; or `PIL.Image.Image`.
            seed: Integer in [0, 2**31 - 1]. For models that sample, each seed gives another
                coloring.
            temperature: Sampling temperature in [0, 1.5] for models that sample; None uses the
                model's.
            saturation: Factor of chroma in [0, 4].

        Returns:
            RGB array `[h, w, 3]` of the same dtype; or, for a Pillow image, an upright 8-bit Pillow
            image, RGB, or RGBA if parts of it are transparent.

        Raises:
            UserError: The argument is not an image, or a setting is out of range.

        Example:

        >>> import colorkeras
        >>> gray = np.linspace(0, 255, 64 * 48).reshape(48, 64).astype(np.uint8)
        >>> colorkeras.load().colorize(gray).shape
        (48, 64, 3)
        """
        settings = {"seed": seed, "temperature": temperature, "saturation": saturation}
        if not isinstance(image, Image.Image):
            return self.color_image(DecodedImage(_checked(image)), **settings).pixels
        colored = self.color_image(_decoded(image), **settings)
        # Pillow has no 16-bit RGB images.
        result = Image.fromarray(as_uint8(colored.pixels))
        if colored.alpha is not None:
            result.putalpha(Image.fromarray(as_uint8(colored.alpha)))
        return result

    def colorize_many(
        self,
        paths,
        num_workers=2,
        max_megapixels=image_io.MAX_MEGAPIXELS,
        seed=0,
        temperature=None,
        saturation=1.0,
    ):
        """Color the first page of image files; write nothing.

        Args:
            paths: Iterable of paths.
            num_workers: Number of images to work on at once, at least 1.
            max_megapixels: Size of the largest image that is opened, in megapixels.
            seed: As for `colorize`.
            temperature: As for `colorize`.
            saturation: As for `colorize`.

        Returns:
            Iterator of the `Result` of each path, in their order, also of those that failed.

        Raises:
            UserError: A setting is out of range, or `paths` is a single path.

        Example:

        >>> import colorkeras
        >>> for result in colorkeras.load().colorize_many(["missing.jpg"]):
        ...     print(result.path, type(result.error).__name__)
        missing.jpg UserError
        """
        if isinstance(paths, str | bytes | os.PathLike):
            raise UserError(f"the path {paths!r}", "an iterable of paths", f"Pass [{paths!r}].")
        if not (_is_integer(num_workers) and num_workers >= 1):
            raise UserError(f"num_workers {num_workers!r}", "an integer of at least 1", "Omit it.")
        settings = {"seed": seed, "temperature": temperature, "saturation": saturation}
        self._check(**settings)

        def colorize(path):
            try:
                with image_io.open_image(path, max_megapixels) as contents:
                    image = next(contents.pages)
                return Result(path, self.color_image(image, **settings), contents.notes)
            except Exception as error:  # Whatever is wrong with one file, the others are colored.
                return Result(path, error=as_user_error(path, error))

        return ordered_map(colorize, paths, num_workers)

    def color_image(self, image, seed=0, temperature=None, saturation=1.0):
        """Color a `DecodedImage` and keep its alpha.

        Pixels may also be floating-point in [0, 1]. The other arguments are those of `colorize`.
        """
        self._check(seed, temperature, saturation)
        exported = self.exported
        grayscale = streaming.downscale_luma(image.pixels, self.render_size, exported.image_size)
        rgb = exported.color(grayscale, [seed], temperature)
        colored = streaming.upsample_color(image.pixels, grayscale, rgb, saturation)
        return DecodedImage(colored, image.alpha)

    def _check(self, seed, temperature, saturation):
        if not (_is_integer(seed) and 0 <= seed < 2**31):
            raise UserError(f"seed {seed!r}", "an integer in [0, 2**31 - 1]", "Pass seed 0.")
        if temperature is not None:
            self.exported.check_temperature(temperature)
        check_option("saturation", saturation)


def _is_integer(number):
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


def _decoded(image):
    """Return the `DecodedImage` of a Pillow image."""
    try:
        return from_pillow(image, notes=[])
    except (OSError, ValueError) as error:
        raise UserError(
            f"a Pillow image of mode {image.mode} that cannot be used ({error})",
            "gray or color, of at least one pixel",
            "Convert it, for example by image.convert('L').",
        ) from error


def _checked(image):
    """Return an array that `Predictor.color_image` accepts as pixels.

    Raises:
        UserError: It is not an image.
    """
    fix = "Convert it, or pass a Pillow image."
    try:
        pixels = np.asarray(image)
    except ValueError as error:  # For example rows that differ in length.
        raise UserError(
            f"a {type(image).__name__} that is not an array ({one_line(error)})", "an array", fix
        ) from error
    received = f"an array of dtype {pixels.dtype} and shape {list(pixels.shape)}"
    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    is_gray, is_rgb = pixels.ndim == 2, pixels.ndim == 3 and pixels.shape[-1] == 3
    if pixels.size == 0 or not (is_gray or is_rgb):
        raise UserError(received, "[h, w], [h, w, 1] or [h, w, 3], of at least one pixel", fix)
    if pixels.dtype in (np.uint8, np.uint16):
        return pixels
    if pixels.dtype not in (np.float16, np.float32, np.float64):
        expected = "uint8, uint16, or float16, float32 or float64 in [0, 1]"
        raise UserError(received, expected, fix)
    if not (pixels.min() >= 0 and pixels.max() <= 1):  # Also true for NaN.
        raise UserError(
            f"{received}, values in [{pixels.min():g}, {pixels.max():g}]", "values in [0, 1]", fix
        )
    return pixels
