"""Convert exports to other formats, which run without TensorFlow.

To add a format, add a module with a `Converter` and an entry to `CONVERTERS`.
"""

import contextlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from colorkeras.color.spaces import from_uint8, luma
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
"""Converters by the name of their format."""

MAX_DIFFERENCE = 1e-3
"""Largest accepted difference from the colors of the export, in [0, 1]."""

MAX_SIZE = 512
"""Largest height and width, in pixels, for files of models that sample. The initial noise is stored
in the file, as other formats have no random numbers, or different ones."""

SMALLEST, LARGEST = 8, 1024
"""Range of the only height and width of a file's images, in pixels."""

_CHECKED_SIZES = ((2, 33, 47), (1, 96, 128))
"""Number, height and width of images on which files that take any size are compared."""


@dataclass(frozen=True)
class Converted:
    """File that `convert` wrote.

    Attributes:
        path: Its `Path`.
        image_size: The only height and width that it takes, in pixels; None for any.
        max_size: The largest height and width that it takes, in pixels; None for any.
        difference: Largest difference from the colors of the export, in [0, 1]; None if it was not
            compared, as the runtime of such files is not installed.
    """

    path: Path
    image_size: int | None
    max_size: int | None
    difference: float | None


def convert(model, kind, path, image_size=None):
    """Convert an export to a file of another format and compare their colors.

    The file computes the endpoint "serving_default": from "grayscale", float32 `[n, h, w, 1]` in
    [0, 1], to "rgb", float32 `[n, h, w, 3]` in [0, 1]. Models that sample use seed 0 and their own
    temperature.

    Args:
        model: Name of a bundled model, or path of an export.
        kind: Key of `CONVERTERS`.
        path: File to write; an existing one is replaced.
        image_size: The only height and width of images that the file takes, in [8, 1024] pixels;
            None for all sizes that the model takes, up to `MAX_SIZE` for models that sample.

    Returns:
        `Converted`.

    Raises:
        UserError: There is no such model or format, an extra is missing, the model cannot be
            converted, or the file colors differently.
    """
    check_choice("format", kind, CONVERTERS)
    converter = CONVERTERS[kind]
    _check_suffix(converter, path)
    _check_installed(converter)
    if image_size is not None:
        _check_range(image_size)
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
    """Return the function of the endpoint "serving_default" for a `Converter`.

    It is traced again, since a known image size gives a smaller graph.
    """
    if objective.make_deterministic_colorize is None:

        def color(network, grayscale):
            seeds = tf.zeros(tf.shape(grayscale)[:1], tf.int32)
            return objective.colorize(network, grayscale, seeds, objective.temperature)

    else:
        largest = image_size or MAX_SIZE
        color = objective.make_deterministic_colorize(0, largest, largest)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, image_size, image_size, 1], tf.float32, name="grayscale")
        ]
    )
    def serving_default(grayscale):
        return {"rgb": color(network, grayscale)}

    return serving_default


def _difference(converter, path, exported, image_size):
    """Return the largest difference between the colors of a file and the export, or None."""
    if not _is_installed(converter.runtime):
        return None
    color = converter.open(path)
    sizes = _CHECKED_SIZES if image_size is None else [(n, image_size, image_size) for n in (2, 1)]
    batches = [_grayscale(*size) for size in sizes]
    differences = [np.abs(color(batch) - exported.color(batch)).max() for batch in batches]
    difference = float(np.max(differences))
    if not difference <= MAX_DIFFERENCE:  # Also true for NaN.
        raise ValueError(f"it colors differently, by {difference:.2g}")
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
            f"format {converter.title}, for which {' and '.join(missing)} cannot be found",
            f"the extra {converter.extra!r} of colorkeras",
            f"pip install 'colorkeras[{converter.extra}]'",
        )


def _check_suffix(converter, path):
    if Path(path).suffix != converter.suffix:
        raise UserError(
            f"a file of format {converter.title} named {Path(path).name!r}",
            f"a name that ends in {converter.suffix}",
            f"Name it {Path(path).stem}{converter.suffix}, or choose another format.",
        )


def _check_range(image_size):
    if not SMALLEST <= image_size <= LARGEST:
        raise UserError(
            f"an image size of {image_size}",
            f"{SMALLEST} to {LARGEST} pixels",
            "Choose such an --image-size, or omit it.",
        )


@contextlib.contextmanager
def _problem_explained(exported, converter):
    try:
        yield
    except Exception as error:  # Converters raise anything.
        if is_disk_problem(error):
            raise
        raise UserError(
            f"the model {str(exported.path)!r}, which cannot be converted to {converter.title} "
            f"({one_line(error)})",
            "a model of an architecture that comes with colorkeras",
            "Use the SavedModel, or another format.",
        ) from error
