"""Models for people: they color pictures of any size."""

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
    """Loads a model.

    Args:
        model: Name of a bundled model, or path of an export. An export is a program: load only
            what you trust.
        render_size: Pixels of the longer side of the picture that the network sees, 8..4096; None
            takes what the model was exported with.

    Returns:
        `Predictor`.

    Raises:
        UserError: There is none, or it was not written by colorkeras; or `render_size` is out of
            range.

    Example:

    >>> import colorkeras
    >>> colorkeras.load("unet").name
    'unet 1'
    """
    return Predictor(saved_model.load(bundled.resolve(model)), render_size)


@dataclass(frozen=True)
class Result:
    """What became of a file.

    Attributes:
        path: As it was given.
        picture: `Picture`: "pixels", RGB, uint8 or uint16 `[h, w, 3]`, and "alpha", `[h, w]` or
            None; None if it could not be colored.
        notes: Sentences on what was left out in reading.
        error: `UserError`, if it could not be colored.
    """

    path: object
    picture: DecodedImage | None = None
    notes: list = field(default_factory=list)
    error: UserError | None = None


class Predictor:
    """Colors pictures of any size; luma stays that of the picture.

    Args:
        exported: `export.ExportedModel`.
        render_size: As for `load`.
    """

    def __init__(self, exported, render_size=None):
        if render_size is not None:
            check_option("render_size", render_size)
        self.exported = exported
        self.render_size = render_size or exported.render_size

    @property
    def name(self):
        """Name and version, as results say it."""
        return f"{self.exported.metadata['name']} {self.exported.path.name}"

    def colorize(self, image, seed=0, temperature=None, saturation=1.0):
        """Colors a picture.

        Args:
            image: NumPy array, uint8, uint16 or floating-point in 0..1, `[h, w]`, `[h, w, 1]` or
                `[h, w, 3]`, of which only luma is used; or `PIL.Image.Image`.
            seed: Whole number in 0..2**31 - 1: of models that sample, another gives another
                plausible version.
            temperature: Of models that sample, 0..1.5; None takes their own.
            saturation: Factor of chroma, 0..4.

        Returns:
            As `image`: an array of its dtype, RGB `[h, w, 3]`; or an image, upright, of 8 bits, RGB
            or, if parts of it are transparent, RGBA.

        Raises:
            UserError: It is no picture, or a setting is out of range.

        Example:

        >>> import colorkeras
        >>> gray = np.linspace(0, 255, 64 * 48).reshape(48, 64).astype(np.uint8)
        >>> colorkeras.load().colorize(gray).shape
        (48, 64, 3)
        """
        settings = {"seed": seed, "temperature": temperature, "saturation": saturation}
        if not isinstance(image, Image.Image):
            return self.color_image(DecodedImage(_checked(image)), **settings).pixels
        colored = self.color_image(_as_image(image), **settings)
        # Pillow has no images of three channels of 16 bits.
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
        """Colors pictures from files, the first page of each, and writes nothing.

        Args:
            paths: Iterable of paths.
            num_workers: How many pictures are in the works at once, at least 1.
            max_megapixels: Millions of pixels of the largest picture that is opened.
            seed: As for `colorize`.
            temperature: As for `colorize`.
            saturation: As for `colorize`.

        Returns:
            Iterator of the `Result` of each path, in their order, whether it could be colored or
            not.

        Raises:
            UserError: A setting is out of range, or `paths` is a single one.

        Example:

        >>> import colorkeras
        >>> for result in colorkeras.load().colorize_many(["missing.jpg"]):
        ...     print(result.path, type(result.error).__name__)
        missing.jpg UserError
        """

        if isinstance(paths, str | bytes | os.PathLike):
            raise UserError(f"the path {paths!r}", "an iterable of paths", f"Pass [{paths!r}].")
        if not (_is_whole(num_workers) and num_workers >= 1):
            raise UserError(
                f"num_workers {num_workers!r}", "a whole number from 1 on", "Leave it away."
            )
        settings = {"seed": seed, "temperature": temperature, "saturation": saturation}
        self._check(**settings)

        def color(path):
            try:
                with image_io.open_image(path, max_megapixels) as contents:
                    picture = next(contents.pages)
                return Result(path, self.color_image(picture, **settings), contents.notes)
            # Whatever one file brings about, the others are colored.
            except Exception as error:
                return Result(path, error=as_user_error(path, error))

        return ordered_map(color, paths, num_workers)

    def color_image(self, picture, seed=0, temperature=None, saturation=1.0):
        """Colors a `Picture`, with the arguments of `colorize`; its transparency is kept.

        Its pixels may be floating-point numbers in 0..1 as well.
        """
        self._check(seed, temperature, saturation)
        exported = self.exported
        grayscale = streaming.downscale_luma(picture.pixels, self.render_size, exported.image_size)
        rgb = exported.color(grayscale, [seed], temperature)
        colored = streaming.upsample_color(picture.pixels, grayscale, rgb, saturation)
        return DecodedImage(colored, picture.alpha)

    def _check(self, seed, temperature, saturation):
        if not (_is_whole(seed) and 0 <= seed < 2**31):
            raise UserError(f"seed {seed!r}", "a whole number in 0..2**31 - 1", "Pass seed 0.")
        if temperature is not None:
            self.exported.check_temperature(temperature)
        check_option("saturation", saturation)


def _is_whole(number):
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


def _as_image(image):
    """A `Picture` of an image of Pillow."""
    try:
        return from_pillow(image, notes=[])
    except (OSError, ValueError) as error:
        raise UserError(
            f"an image of Pillow of mode {image.mode} that is no picture ({error})",
            "gray or color, of at least one pixel",
            "Convert it, for example by image.convert('L').",
        ) from error


def _checked(image):
    """An array as `Predictor.color_image` takes its pixels.

    Raises:
        UserError: It is no picture.
    """
    fix = "Convert it, or pass an image of Pillow."
    try:
        pixels = np.asarray(image)
    except ValueError as error:  # Of rows that differ in length, for example.
        raise UserError(
            f"{type(image).__name__} that is no array ({one_line(error)})", "an array", fix
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
        raise UserError(received, "uint8, uint16, or float16, float32 or float64 in 0..1", fix)
    # So written that it refuses nan as well.
    if not (pixels.min() >= 0 and pixels.max() <= 1):
        raise UserError(
            f"{received}, values in {pixels.min():g}..{pixels.max():g}", "values in 0..1", fix
        )
    return pixels
