"""Colorization of images of any size."""

import functools
import logging
import os
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from colorkeras import image_io
from colorkeras.config.colorize_options import MAX_VARIATIONS, check_option
from colorkeras.config.validation import Setting
from colorkeras.export import bundled, checksums, runtime
from colorkeras.image_io import DecodedImage, as_uint8
from colorkeras.inference import hint_maps, streaming
from colorkeras.inference.array_images import decoded_image, rgb_image
from colorkeras.inference.color_hints import HintList
from colorkeras.inference.color_settings import ColorSettings, reference_of
from colorkeras.inference.old_photographs import color_photograph
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import as_user_error
from colorkeras.utils.ordered_map import ordered_map

logger = logging.getLogger(__name__)

DEFAULT_SETTINGS = ColorSettings()


def load(model=bundled.DEFAULT_MODEL, render_size=None):
    """Load a model.

    Args:
        model: Name of a bundled model, or path to an export. An export can run arbitrary code, so
            load only models that you trust.
        render_size: Longer side of the network input, in [8, 4096] pixels; None uses the model's
            default.

    Returns:
        `Predictor`.

    Raises:
        UserError: The model does not exist or is not a colorkeras export, or `render_size` is out
            of range.

    >>> import colorkeras
    >>> colorkeras.load("unet").name
    'unet 1'
    """
    return Predictor(runtime.load(bundled.resolve(model)), render_size)


@dataclass(frozen=True)
class Result:
    """Result of colorizing an image file.

    Attributes:
        path: Path as passed to `colorize_many`.
        image: `DecodedImage` with uint8 or uint16 RGB pixels `[h, w, 3]` and optional alpha
            `[h, w]`; None if the file could not be colorized.
        notes: Notes for the user, for example about data that was not read.
        error: `UserError` if the file could not be colorized, otherwise None.
    """

    path: object
    image: DecodedImage | None = None
    notes: list = field(default_factory=list)
    error: UserError | None = None


class Predictor:
    """Colorizes images of any size while preserving their luma.

    Args:
        exported: `ColorModel`.
        render_size: See `load`.
    """

    def __init__(self, exported, render_size=None):
        if render_size is not None:
            check_option("render_size", render_size)
        self.exported = exported
        self.render_size = render_size or exported.render_size

    @property
    def name(self):
        """Name and version of the model."""
        return f"{self.exported.metadata['name']} {self.exported.path.resolve().name}"

    @functools.cached_property
    def recorded_name(self):
        """Name and version recorded in output files, plus a digest unless the model is bundled."""
        path = self.exported.path
        return self.name if bundled.is_bundled(path) else f"{self.name} ({checksums.digest(path)})"

    @property
    def engine(self):
        """Name of the runtime, "LiteRT" or "TensorFlow"."""
        return self.exported.engine

    @property
    def input_rule(self):
        """Arguments for `streaming.downscale_luma`, except `pixels`, as a tuple."""
        return self.render_size, self.exported.image_size, self.exported.max_scale

    def network_input(self, pixels):
        """Resize an image for the network; see `streaming.downscale_luma`."""
        return streaming.downscale_luma(pixels, *self.input_rule)

    def colorize(self, image, seed=0, hints=(), reference=None, **settings):
        """Colorize an image.

        Args:
            image: `PIL.Image.Image` or NumPy array `[h, w]`, `[h, w, 1]` or `[h, w, 3]` with dtype
                uint8, uint16 or floating point in [0, 1]. Only its luma is used.
            seed: int in [0, 2**31 - 1]. For models that sample, each seed gives different colors.
                For models that support hints, seed 0 gives the most likely colors.
            hints: Iterable of `Hint`, or the result of `read_hints`, for models such as photo. The
                mean chroma at each hint equals that of the hint, within the gamut. Hints that are
                limited by the gamut are logged.
            reference: Color image with similar content, for models such as photo: `PIL.Image.Image`
                or array. It cannot be combined with hints.
            **settings: `temperature`: sampling temperature in [0, 1.5] for models such as
                unet_vivid. `vividness`: float in [0, 1], from muted to vivid, for models such as
                photo. Both default to None, which selects the model's default. `saturation`:
                chroma multiplier in [0, 4], 1 by default. The options for old photographs are False
                by default: `straighten` deskews prints that lie at an angle on the scanner bed,
                `auto_contrast` stretches faded tones to the full range before colorizing,
                `neutral_borders` keeps paper borders gray, and `crop_borders` crops them.

        Returns:
            RGB array `[h, w, 3]` with the same dtype. If the input is a Pillow image, the result is
            an upright 8-bit Pillow image: RGBA if it has transparent pixels, otherwise RGB.

        Raises:
            UserError: An argument is not a valid image, a setting is out of range or not supported
                by this model, or a hint is outside the image.

        >>> import colorkeras
        >>> gray = np.linspace(0, 255, 64 * 48).reshape(48, 64).astype(np.uint8)
        >>> colorkeras.load().colorize(gray).shape
        (48, 64, 3)
        """
        hints = hints if isinstance(hints, HintList) else HintList(hints)
        if reference is not None:
            reference = reference_of(rgb_image(reference))
        settings = ColorSettings(seed, hints=hints, reference=reference, **settings)
        notes = []
        colored = color_photograph(self, decoded_image(image), settings, notes)
        for note in notes:
            logger.warning(note)
        if not isinstance(image, Image.Image):
            return colored.pixels
        # Pillow has no 16-bit RGB images.
        result = Image.fromarray(as_uint8(colored.pixels))
        if colored.alpha is not None:
            result.putalpha(Image.fromarray(as_uint8(colored.alpha)))
        return result

    def variations(self, image, count, seed=0, **settings):
        """Colorize an image in several ways.

        Args:
            image: See `colorize`.
            count: Number of variations, in [1, 100].
            seed: Seed for the first variation; the others have consecutive seeds.
            **settings: Other arguments to `colorize`.

        Returns:
            List of `count` results from `colorize`.

        Raises:
            UserError: The model does not support sampling, or `colorize` raises an error.

        Example:

        >>> import colorkeras
        >>> gray = np.linspace(0, 255, 64 * 48).reshape(48, 64).astype(np.uint8)
        >>> len(colorkeras.load("unet_vivid").variations(gray, 2))
        2
        """
        Setting(int, low=1, high=MAX_VARIATIONS).check("count", count)
        self.exported.check_samples(count)
        return [self.colorize(image, seed + number, **settings) for number in range(count)]

    def colorize_many(
        self,
        paths,
        num_workers=2,
        max_megapixels=image_io.MAX_MEGAPIXELS,
        **settings,
    ):
        """Colorize the first page of each image file without writing files.

        Args:
            paths: Iterable of paths.
            num_workers: Number of images to process in parallel, at least 1.
            max_megapixels: Maximum image size in megapixels; larger images are not opened.
            **settings: `seed` and the settings of `colorize`, except hints and reference.

        Returns:
            Iterator that yields a `Result` for each path, in order, including files that failed.

        Raises:
            UserError: A setting is out of range, or `paths` is a single path.

        >>> import colorkeras
        >>> for result in colorkeras.load().colorize_many(["missing.jpg"]):
        ...     print(result.path, type(result.error).__name__)
        missing.jpg UserError
        """
        if isinstance(paths, str | bytes | os.PathLike):
            raise UserError(f"the path {paths!r}", "an iterable of paths", f"Pass [{paths!r}].")
        Setting(int, low=1).check("num_workers", num_workers)
        settings = ColorSettings(**settings)
        settings.check(self.exported)

        def colorize(path):
            try:
                with image_io.open_image(path, max_megapixels) as contents:
                    image = next(contents.pages)
                colored = color_photograph(self, image, settings, contents.notes)
                return Result(path, colored, contents.notes)
            except Exception as error:  # A problem with one file must not stop the others.
                return Result(path, error=as_user_error(path, error))

        return ordered_map(colorize, paths, num_workers)

    def color_image(self, image, settings=DEFAULT_SETTINGS, notes=None):
        """Colorize a `DecodedImage` and keep its alpha channel.

        Args:
            image: `DecodedImage`; its pixels may also be floating-point values in [0, 1].
            settings: `ColorSettings`.
            notes: List or None; a note is appended for each hint that was limited to the gamut.

        Returns:
            `DecodedImage`.

        Raises:
            UserError: A setting is invalid (see `ColorSettings.check`), or a hint is outside the
                image.
        """
        settings.check(self.exported)
        settings.hints.check(*image.size)
        grayscale = self.network_input(image.pixels)
        hints = None
        if settings.hints:
            hints = hint_maps.hint_map(settings.hints, grayscale, image.size)
        rgb = self.predict(grayscale, settings, hints)
        colored = streaming.upsample_color(image.pixels, grayscale, rgb, settings.saturation)
        limited = hint_maps.honor(image.pixels, colored, settings.hints, settings.saturation)
        if notes is not None:
            notes += map(str, limited)
        return DecodedImage(colored, image.alpha)

    def predict(self, grayscale, settings=DEFAULT_SETTINGS, hints=None):
        """Run the network on downscaled images.

        Args:
            grayscale: Results of `network_input`, float32 `[n, h, w, 1]` in [0, 1].
            settings: `ColorSettings`; its saturation and hints are ignored.
            hints: See `hint_maps.hint_map`, float32 `[n, h, w, 3]`, or None.

        Returns:
            float32 RGB `[n, h, w, 3]` in [0, 1].
        """
        seeds, reference = [settings.seed] * len(grayscale), None
        if self.exported.takes_hints and settings.seed == 0:
            seeds = None  # Use the endpoint that gives the most likely colors.
        if settings.reference:
            pixels = settings.reference.pixels.astype(np.float32) / 255
            reference = np.broadcast_to(pixels, [len(grayscale), *pixels.shape])
        return self.exported.color(
            grayscale, seeds, settings.temperature, settings.vividness, hints, reference
        )
