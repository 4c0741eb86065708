"""Convert exports to LiteRT models without weights; see `lite_file`."""

import contextlib
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from colorkeras.config.colorize_options import MAX_REFERENCE_SIZE
from colorkeras.export import restore, saved_model
from colorkeras.export.converters.litert import convert
from colorkeras.export.lite import lite_file
from colorkeras.objectives.hint_sampling import NUM_HINTS

_MIN_BYTES = 1024
"""Minimum size in bytes of the weights to read from the SavedModel instead of storing twice."""

_AXES = {1: [(0,)], 2: [(1, 0), (0, 1)], 4: [(3, 0, 1, 2), (0, 1, 2, 3)]}
"""Axis orders that LiteRT may use to store a variable, by number of axes."""


def add_lite_file(folder):
    """Write `lite_file.LITE_FILE` to an export's folder, replacing any existing file.

    Args:
        folder: Path to the export, i.e. the folder of one version.

    Raises:
        UserError: The export does not exist, or its network cannot be rebuilt.
    """
    exported = saved_model.load(folder)
    network, objective = restore.rebuild(exported)
    stored = Path(folder, lite_file.VARIABLES_FILE).read_bytes()
    values = [variable.numpy() for variable in exported.signature.variables]
    sources = [(value, None, stored.index(value.tobytes())) for value in values if _is_large(value)]
    functions = {}
    for name, function in _functions(network, objective, exported.image_size).items():
        content = _converted(function)
        weights = _weights(content, sources)
        functions[name] = content, weights
        # The converter also stores some products of weights, which several functions may share.
        stored_elsewhere = {weight["target"] for weight in weights}
        for value in _constants(content):
            offset = content.index(value.tobytes())
            if offset not in stored_elsewhere:
                sources.append((value, name, offset))
    signature = {
        "endpoints": exported.endpoints,
        "image_size": exported.image_size,
        "noise": objective.noise_grids,
    }
    if objective.hint_functions:
        signature |= {"num_numbers": NUM_HINTS, "max_reference_size": MAX_REFERENCE_SIZE}
    lite_file.write(folder, signature, functions)


def _converted(function):
    """Convert a function to a LiteRT model and return its bytes."""
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary, "model.tflite")
        convert(function, path)
        return path.read_bytes()


def _functions(network, objective, image_size):
    """Return a dict of `tf.function`s to convert.

    Models that accept hints have the functions from `_hint_functions`. Other models only have
    "color", which takes noise as an additional input if the model samples.
    """
    if objective.hint_functions:
        return _hint_functions(network, objective)

    def color(grayscale):
        return {"rgb": objective.colorize(network, grayscale, None, objective.temperature)}

    def color_noise(grayscale, *normals):
        return {"rgb": objective.colorize_from_normals(network, grayscale, normals)}

    function, inputs = color, [_images(1, "grayscale", image_size)]
    if objective.noise_grids:
        function = color_noise
        for number in range(1 + len(objective.noise_grids["distances"])):
            inputs.append(_images(2, f"normals_{number}"))
    return {"color": tf.function(function, input_signature=inputs, autograph=False)}


def _hint_functions(network, objective):
    """Return a dict of `tf.function`s: "color", "sample", "distribution" and "reference_hints"."""
    functions = objective.hint_functions

    def color(grayscale, hints, vividness):
        return {"rgb": functions.colorize(network, grayscale, hints, vividness)}

    def sample(grayscale, numbers, vividness):
        return {"rgb": functions.sample_from_numbers(network, grayscale, numbers, vividness)}

    def distribution(grayscale, points):
        colors, probabilities = functions.color_distribution(network, grayscale, points)
        spread = objective.standard_deviation(network, grayscale)
        return {
            "colors": colors,
            "probabilities": probabilities,
            "standard_deviation": spread,
        }

    def reference_hints(grayscale, reference):
        return {"hints": functions.reference_hints(network, grayscale, reference)}

    grayscale = _images(1, "grayscale")
    numbers = tf.TensorSpec([None, NUM_HINTS], tf.float32, name="numbers")
    points = tf.TensorSpec([None, None, 2], tf.int32, name="points")
    vividness = tf.TensorSpec([None], tf.float32, name="vividness")
    inputs = {
        color: [grayscale, _images(3, "hints"), vividness],
        sample: [grayscale, numbers, vividness],
        distribution: [grayscale, points],
        reference_hints: [grayscale, _images(3, "reference")],
    }
    return {
        function.__name__: tf.function(function, input_signature=signature, autograph=False)
        for function, signature in inputs.items()
    }


def _images(channels, name, size=None):
    return tf.TensorSpec([None, size, size, channels], tf.float32, name=name)


def _is_large(value):
    return value.size * 4 >= _MIN_BYTES


def _constants(content):
    """Return a LiteRT model's large float32 constants as a list of NumPy arrays."""
    interpreter = Interpreter(model_content=content)
    constants = []
    for tensor in interpreter.get_tensor_details():
        with contextlib.suppress(ValueError):  # Only constants already have values.
            constants.append(interpreter.tensor(tensor["index"])().copy())
    return [x for x in constants if x.dtype == np.float32 and _is_large(x)]


def _weights(content, sources):
    """Locate weights in a LiteRT model.

    Args:
        content: Bytes of the LiteRT model.
        sources: List of `(value, function, offset)`: a weight as a NumPy array, and its location,
            which corresponds to "function" and "source" in `lite_file.write`.

    Returns:
        List of dicts, one per weight found in the model; see `lite_file.write`.
    """
    weights = []
    for value, function, offset in sources:
        for axes in _AXES[value.ndim]:
            permuted = np.ascontiguousarray(value.transpose(axes), np.float32)
            target = content.find(permuted.tobytes())
            if target >= 0:
                weights.append(
                    {
                        "target": target,
                        "function": function,
                        "source": offset,
                        "dtype": value.dtype.name,
                        "shape": value.shape,
                        "axes": axes,
                    }
                )
                break
    return weights
