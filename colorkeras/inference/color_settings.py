"""Settings for colorizing an image, and checks that a model supports them."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from colorkeras import image_io
from colorkeras.config.colorize_options import MAX_REFERENCE_SIZE, check_option
from colorkeras.config.validation import Setting
from colorkeras.inference.color_hints import HintList
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import quoted

_OLD_PHOTOGRAPHS = ("straighten", "auto_contrast", "neutral_borders", "crop_borders")

_SHARED = ("temperature", "saturation", "vividness", *_OLD_PHOTOGRAPHS)
"""Fields, other than the seed, that `ColorSettings` and `ColorizeOptions` have in common."""


@dataclass(frozen=True)
class Reference:
    """Color image whose content is similar to that of the image to colorize.

    Attributes:
        pixels: uint8 RGB `[h, w, 3]`.
        digest: First eight hexadecimal digits of the file's checksum.
    """

    pixels: np.ndarray
    digest: str = ""


def reference_of(image, name="the reference", digest=""):
    """Create a `Reference` from an image.

    Args:
        image: `PIL.Image.Image` with mode "RGB".
        name: Name of the image in error messages.
        digest: See `Reference`.

    Raises:
        UserError: The image is gray.
    """
    small = image.copy()
    small.thumbnail((MAX_REFERENCE_SIZE, MAX_REFERENCE_SIZE), Image.Resampling.BOX)
    pixels = np.asarray(small)
    if image_io.is_nearly_gray(pixels):
        raise UserError(f"{name}, which is gray", "a color image", "Choose a color image.")
    return Reference(pixels, digest)


def read_reference(path, max_megapixels=image_io.MAX_MEGAPIXELS):
    """Read a `Reference` from an image file.

    Args:
        path: Image file.
        max_megapixels: Maximum image size in megapixels.

    Raises:
        UserError: The file cannot be read, or the image is gray.
    """
    image = image_io.read_rgb(path, MAX_REFERENCE_SIZE, max_megapixels)
    digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()[:8]
    return reference_of(image, quoted(path), digest)


@dataclass(frozen=True)
class ColorSettings:
    """Settings for colorizing an image; see `Predictor.colorize`.

    Attributes:
        seed: int in [0, 2**31 - 1].
        temperature: Sampling temperature in [0, 1.5], or None.
        saturation: Chroma multiplier in [0, 4].
        vividness: Vividness in [0, 1], or None.
        hints: `HintList`.
        reference: `Reference`, or None.
        straighten: Whether to straighten a print that lies at an angle on the scanner bed.
        auto_contrast: Whether to stretch luma to the full range before colorizing.
        neutral_borders: Whether to keep paper borders gray.
        crop_borders: Whether to crop paper borders.
    """

    seed: int = 0
    temperature: float | None = None
    saturation: float = 1.0
    vividness: float | None = None
    hints: HintList = field(default_factory=HintList)
    reference: Any = None
    straighten: bool = False
    auto_contrast: bool = False
    neutral_borders: bool = False
    crop_borders: bool = False

    @classmethod
    def of(cls, item, options, seed):
        """Create the settings for one output file.

        Args:
            item: `batch.plan.BatchItem`.
            options: `ColorizeOptions`.
            seed: Seed for the output file.
        """
        shared = {name: getattr(options, name) for name in _SHARED}
        return cls(seed, hints=item.hints, reference=item.reference, **shared)

    def check(self, exported):
        """Check that the settings are valid and supported by a model.

        Args:
            exported: `ColorModel`.

        Raises:
            UserError: A value is out of range, the model does not support a setting, or settings
                cannot be combined.
        """
        Setting(int, low=0, high=2**31 - 1).check("seed", self.seed)
        if self.temperature is not None:
            exported.check_temperature(self.temperature)
        if self.vividness is not None:
            exported.check_vividness(self.vividness)
        for name in ("saturation", *_OLD_PHOTOGRAPHS):
            check_option(name, getattr(self, name))
        given = [name for name in ("hints", "reference") if getattr(self, name)]
        if given and not exported.takes_hints:
            raise UserError(
                f"{given[0]} for {quoted(exported.path)}, which does not support "
                "hints or references",
                "a model that supports hints and references, such as photo",
                f"Choose the photo model or omit the {given[0]}.",
            )
        if self.seed and exported.takes_hints:
            given.append(f"seed {self.seed}")
        if len(given) > 1:
            raise UserError(" with ".join(given), "only one of these settings", "Omit all but one.")
