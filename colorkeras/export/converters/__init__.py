"""Convert exports to formats that run without TensorFlow.

To add a format, write a module that defines a `Converter` and add it to `CONVERTERS`.
"""

import contextlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from colorkeras.color.spaces import from_uint8, luma
from colorkeras.config.validation import Setting
from colorkeras.data import sample
from colorkeras.export import bundled, restore, saved_model
from colorkeras.export.converters.converter import Converter
from colorkeras.export.converters.litert import LITERT
from colorkeras.export.converters.onnx import ONNX
from colorkeras.models.build import check_image_size
from colorkeras.utils.errors import UserError, check_choice, one_line
from colorkeras.utils.files import atomic_write, is_disk_problem

__all__ = ["CONVERTERS", "MAX_DIFFERENCE", "MAX_SIZE", "Converted", "Converter", "convert"]

CONVERTERS = {"onnx": ONNX, "litert": LITERT}
"""Converters by format name."""

MAX_DIFFERENCE = 1e-3
"""Maximum acceptable color difference from the export, for RGB in [0, 1]."""

MAX_SIZE = 512
"""Maximum image height and width in pixels for converted models that sample.

The converted files contain the initial noise, because the random number generators in other formats
are different or missing.
"""

SMALLEST, LARGEST = 8, 1024
"""Minimum and maximum fixed image height and width in pixels."""

_CHECKED_SIZES = ((2, 33, 47), (1, 96, 128))
"""Shapes of the batches used to check files without a fixed image size: count, height, width."""


@dataclass(frozen=True)
class Converted:
    """A file written by `convert`.

    Attributes:
        path: `Path` to the file.
        image_size: Fixed height and width of images in pixels, or None for any size.
        max_size: Maximum height and width of images in pixels, or None for no limit.
        difference: Maximum color difference from the export, for RGB in [0, 1]; None if the colors
            were not compared because the format's runtime is not installed.
    """

    path: Path
    image_size: int | None
    max_size: int | None
    difference: float | None


def convert(model, kind, path, image_size=None):
    """Convert an export to another format and verify that both produce the same colors.

    The file implements the "serving_default" endpoint, which maps "grayscale", float32
    `[n, h, w, 1]` in [0, 1], to "rgb", float32 `[n, h, w, 3]` in [0, 1]. Models that sample use
    seed 0 and their default temperature. Models that accept hints also have a "hints" input,
    float32 `[n, h, w, 3]` (Cb, Cr and a mask), and use their default vividness.

    Args:
        model: Name of a bundled model, or path to an export.
        kind: Key in `CONVERTERS`.
        path: Output file; an existing file is replaced.
        image_size: Fixed height and width of images, in [8, 1024] pixels. None allows all sizes
            that the model supports, up to `MAX_SIZE` for models that sample.

    Returns:
        `Converted`.

    Raises:
        UserError: The model or format does not exist, a required package is missing, the model
            cannot be converted, or the file and the export produce different colors.
    """
    check_choice("format", kind, CONVERTERS)
    converter = CONVERTERS[kind]
    _check_suffix(converter, path)
    _check_installed(converter)
    Setting(int, low=SMALLEST, high=LARGEST, optional=True).check("--image-size", image_size)
    exported = saved_model.load(bundled.resolve(model))
    network, objective = restore.rebuild(exported)
    if image_size is not None:
        check_image_size(network, image_size, image_size)
    image_size = image_size or exported.image_size
    function = _function(network, objective, image_size)
    with atomic_write(path) as temporary, _problem_explained(exported, converter):
        converter.convert(function, temporary)
        difference = _difference(converter, temporary, exported, image_size)
    max_size = MAX_SIZE if objective.is_stochastic and image_size is None else None
    return Converted(Path(path), image_size, max_size, difference)


def _function(network, objective, image_size):
    """Return a `tf.function` that implements the "serving_default" endpoint for a `Converter`.

    The endpoint is traced again because the graph is smaller if the image size is known.
    """
    size = [None, image_size, image_size]
    signature = [tf.TensorSpec([*size, 1], tf.float32, name="grayscale")]
    if objective.hint_functions is not None:
        signature.append(tf.TensorSpec([*size, 3], tf.float32, name="hints"))

        def color(network, grayscale, hints):
            vividness = objective.metadata["vividness"]
            return objective.hint_functions.colorize(network, grayscale, hints, vividness)

    elif objective.make_deterministic_colorize is None:

        def color(network, grayscale):
            seeds = tf.zeros(tf.shape(grayscale)[:1], tf.int32)
            return objective.colorize(network, grayscale, seeds, objective.temperature)

    else:
        largest = image_size or MAX_SIZE
        color = objective.make_deterministic_colorize(0, largest, largest)

    @tf.function(input_signature=signature, autograph=False)
    def serving_default(grayscale, *hints):
        return {"rgb": color(network, grayscale, *hints)}

    return serving_default


def _difference(converter, path, exported, image_size):
    """Return the maximum color difference from the export; None if the runtime is missing."""
    if not _is_installed(converter.runtime):
        return None
    color = converter.open(path)
    sizes = _CHECKED_SIZES if image_size is None else [(n, image_size, image_size) for n in (2, 1)]
    batches = [_grayscale(*size) for size in sizes]
    differences = [np.abs(color(batch) - exported.color(batch)).max() for batch in batches]
    difference = float(np.max(differences))
    if not difference <= MAX_DIFFERENCE:  # Also true for NaN.
        raise ValueError(f"the converted colors differ from the original ones by {difference:.2g}")
    return difference


def _grayscale(count, height, width):
    """Return grayscale photographs, NumPy float32 `[count, height, width, 1]` in [0, 1]."""
    crops = sample.load_images("validation")
    grayscale = luma(from_uint8(crops[:: len(crops) // count][:count]))
    return tf.image.resize(grayscale, [height, width]).numpy()


def _is_installed(module):
    return importlib.util.find_spec(module) is not None


def _check_installed(converter):
    missing = [module for module in converter.requires if not _is_installed(module)]
    if missing:
        raise UserError(
            f"the {converter.title} format, which requires {' and '.join(missing)}",
            "an installation that includes these packages",
            f"pip install '{converter.package}'",
        )


def _check_suffix(converter, path):
    if Path(path).suffix != converter.suffix:
        raise UserError(
            f"the name {Path(path).name!r} for a file in {converter.title} format",
            f"a name that ends in {converter.suffix}",
            f"Name it {Path(path).stem}{converter.suffix} or choose another format.",
        )


@contextlib.contextmanager
def _problem_explained(exported, converter):
    try:
        yield
    except Exception as error:  # Converters may raise anything.
        if is_disk_problem(error):
            raise
        raise UserError(
            f"the model {str(exported.path)!r}, which cannot be converted to {converter.title} "
            f"({one_line(error)})",
            "a model with a colorkeras architecture",
            "Use the SavedModel or another format.",
        ) from error
