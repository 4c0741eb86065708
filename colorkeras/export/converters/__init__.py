"""Exports as files of other formats, which run without TensorFlow.

Add a format by adding a file with a `Converter` and one entry to `CONVERTERS`.
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
"""Of a color, 0..1, from that of the export, up to which a file is kept."""

MAX_SIZE = 512
"""Pixels: height and width of the largest pictures that a file takes of a model that samples. The
noise at which its colors start is kept in the file, as other formats draw none, or draw another."""

SMALLEST, LARGEST = 8, 1024
"""Pixels: what the only height and width of a file's pictures may be."""

_CHECKED_SIZES = ((2, 33, 47), (1, 96, 128))
"""Number, height and width of pictures on which a file that takes any is compared."""


@dataclass(frozen=True)
class Converted:
    """A file that `convert` wrote.

    Attributes:
        path: Its `Path`.
        image_size: Pixels: the only height and width that it takes; None for any.
        max_size: Pixels: the height and width of the largest pictures that it takes; None for any.
        difference: The largest of a color, 0..1, from that of the export; None where what runs such
            files is not installed, so that it was not compared.
    """

    path: Path
    image_size: int | None
    max_size: int | None
    difference: float | None


def convert(model, kind, path, image_size=None):
    """Writes an export as a file of another format, unless it would color differently.

    The file computes what the endpoint "serving_default" does: from any number of pictures
    "grayscale", float32 `[n, h, w, 1]` in 0..1, to "rgb", float32 `[n, h, w, 3]` in 0..1; of a
    model that samples the version of seed 0 at its own temperature.

    Args:
        model: Name of a bundled model, or path of an export.
        kind: Key of `CONVERTERS`.
        path: File to write; it is replaced.
        image_size: Pixels, 8..1024: the only height and width of pictures that the file is to
            take; None takes any that the model does, of one that samples up to `MAX_SIZE`.

    Returns:
        `Converted`.

    Raises:
        UserError: There is no such model or format, an extra is missing, or the model cannot be
            converted.
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
    """What the endpoint "serving_default" computes, as a `Converter` takes it.

    Traced anew, as a smaller graph comes of it where the size of pictures is known.
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
    """The largest difference between what a file and the export make of pictures, or None."""
    if not _is_installed(converter.runtime):
        return None
    color = converter.open(path)
    sizes = _CHECKED_SIZES if image_size is None else [(n, image_size, image_size) for n in (2, 1)]
    pictures = [_grayscale(*size) for size in sizes]
    differences = [np.abs(color(picture) - exported.color(picture)).max() for picture in pictures]
    difference = float(np.max(differences))
    # So written that it refuses nan as well.
    if not difference <= MAX_DIFFERENCE:
        raise ValueError(f"it colors differently, by {difference:.2g}")
    return difference


def _grayscale(count, height, width):
    """Photographs, gray: NumPy float32 `[count, height, width, 1]` in 0..1."""
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
            "Choose such an --image-size, or leave it away.",
        )


@contextlib.contextmanager
def _problem_explained(exported, converter):
    try:
        yield
    except Exception as error:  # Converters raise what they stumble over.
        if is_disk_problem(error):
            raise
        raise UserError(
            f"the model {str(exported.path)!r}, which cannot be converted to {converter.title} "
            f"({one_line(error)})",
            "a model of an architecture that comes with colorkeras",
            "Use the SavedModel, or another format.",
        ) from error
