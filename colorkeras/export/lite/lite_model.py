"""Exported models that run on LiteRT."""

import functools
import logging
import math
import os
import threading
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from colorkeras.export.color_model import ColorModel
from colorkeras.export.lite import lite_file, random_numbers

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LiteModel(ColorModel):
    """Exported model that runs on LiteRT.

    Large references, and the uncertainty of models that do not accept hints, are processed with
    TensorFlow instead.

    Attributes:
        functions: `LiteFunctions`.
    """

    engine: ClassVar[str] = "LiteRT"

    functions: "LiteFunctions"

    @property
    def endpoints(self):
        """See `ColorModel.endpoints`."""
        return self.functions.signature["endpoints"]

    @property
    def image_size(self):
        """See `ColorModel.image_size`."""
        return self.functions.signature["image_size"]

    @property
    def saved_model(self):
        """The export's SavedModel, loaded with TensorFlow on first use."""
        return _on_tensorflow(self.path).saved_model

    def color(
        self,
        grayscale,
        seeds=None,
        temperature=None,
        vividness=None,
        hints=None,
        reference=None,
    ):
        """See `ColorModel.color`."""
        if temperature is not None:
            self.check_temperature(temperature)
        if vividness is not None:
            self.check_vividness(vividness)
        grayscale, signature = np.asarray(grayscale, np.float32), self.functions.signature
        inputs = {"grayscale": grayscale}
        if self.takes_hints:
            return self._color_with_hints(inputs, seeds, vividness, hints, reference)
        if self.samples:
            seeds = [0] * len(grayscale) if seeds is None else seeds
            scale = self.metadata["temperature"] if temperature is None else temperature
            inputs |= _noise(signature["noise"], seeds, scale, grayscale.shape)
        return self.functions("color", **inputs)["rgb"]

    def _color_with_hints(self, inputs, seeds, vividness, hints, reference):
        """Colorize images with a model that accepts hints."""
        grayscale, signature = inputs["grayscale"], self.functions.signature
        if reference is not None:
            reference = np.asarray(reference, np.float32)
            if max(reference.shape[1:3]) > signature["max_reference_size"]:
                exported = _on_tensorflow(self.path)
                return exported.color(grayscale, vividness=vividness, reference=reference)
            hints = self.functions("reference_hints", reference=reference, **inputs)["hints"]
        vividness = self.metadata["vividness"] if vividness is None else vividness
        inputs["vividness"] = np.full(len(grayscale), vividness, np.float32)
        if seeds is not None and hints is None:
            count = signature["num_numbers"]
            numbers = [random_numbers.stateless_uniform([int(seed), 0], count) for seed in seeds]
            return self.functions("sample", numbers=np.stack(numbers), **inputs)["rgb"]
        hints = np.zeros([*grayscale.shape[:3], 3]) if hints is None else hints
        return self.functions("color", hints=np.asarray(hints, np.float32), **inputs)["rgb"]

    def standard_deviation(self, grayscale):
        """See `ColorModel.standard_deviation`."""
        if not self.takes_hints:
            return _on_tensorflow(self.path).standard_deviation(grayscale)
        return self._distribution(grayscale, np.zeros([len(grayscale), 1, 2]))["standard_deviation"]

    def color_distribution(self, grayscale, points):
        """See `ColorModel.color_distribution`."""
        outputs = self._distribution(grayscale, points)
        return outputs["colors"], outputs["probabilities"]

    def prepare_distribution(self):
        """See `ColorModel.prepare_distribution`."""
        if self.takes_hints:
            self.functions.prepare("distribution")

    def _distribution(self, grayscale, points):
        grayscale, points = np.asarray(grayscale, np.float32), np.asarray(points, np.int32)
        return self.functions("distribution", grayscale=grayscale, points=points)


@functools.lru_cache(maxsize=4)
def _on_tensorflow(path):
    from colorkeras.export import saved_model

    logger.info(
        "Loading TensorFlow (takes several seconds) because LiteRT cannot run this part of %s", path
    )
    return saved_model.load(path)


class LiteFunctions:
    """Thread-safe access to an export's functions, which run on LiteRT using all processors.

    Args:
        folder: Path to the export.

    Attributes:
        signature: Dict of model properties written by `lite_conversion.add_lite_file`.

    Raises:
        FileNotFoundError: The folder has no LiteRT file.
        ValueError: The file is damaged or does not match the SavedModel.
        ImportError: LiteRT is not installed or cannot be loaded.
    """

    def __init__(self, folder):
        self._folder, self._description = folder, lite_file.read_description(folder)
        self.signature = self._description["signature"]
        self._runners = {}
        self._lock, self._loading = threading.Lock(), threading.Lock()
        self.prepare("color")

    def __call__(self, name, **inputs):
        """Call a function with NumPy arrays and return a dict of NumPy arrays."""
        self.prepare(name)
        with self._lock:
            return self._runners[name](**inputs)

    def prepare(self, name):
        """Load a function if necessary, without blocking calls to functions already loaded."""
        if name in self._runners:
            return
        with self._loading:
            if name not in self._runners:
                self._runners[name] = self._load(name)

    def _load(self, name):
        from ai_edge_litert.interpreter import Interpreter

        content = lite_file.read_function(self._folder, self._description, name)
        num_threads = getattr(os, "process_cpu_count", os.cpu_count)()
        interpreter = Interpreter(model_content=content, num_threads=num_threads)
        return interpreter.get_signature_runner()


def _noise(grids, seeds, scale, shape):
    """Draw scaled noise with the shapes described by `Objective.noise_grids`.

    For the same seeds and image size, the SavedModel draws the same noise.
    """
    sides = [math.ceil(side / grids["stride"]) for side in shape[1:3]]
    shapes = [[1, 1, 2]]
    for distance in grids["distances"]:
        shapes.append([*(math.ceil(side / distance) + 2 * grids["margin"] for side in sides), 2])
    inputs = {}
    for number, grid in enumerate(shapes):
        normals = [
            random_numbers.stateless_normal([int(seed), number], math.prod(grid)) for seed in seeds
        ]
        inputs[f"normals_{number}"] = np.reshape(normals, [-1, *grid]) * np.float32(scale)
    return inputs
