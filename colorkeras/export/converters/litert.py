"""LiteRT files (`.tflite`), for phones and small devices.

TensorFlow's own converter, which `keras.Model.export(format="litert")` also calls. Only the runtime
is a separate package.
"""

from pathlib import Path

import tensorflow as tf

from colorkeras.export.converters.converter import Converter

_SIGNATURE = "serving_default"


def convert(function, path):
    """Write a function to a LiteRT file, see `Converter`."""
    concrete = function.get_concrete_function()
    # The converter saves the function first, which requires an owner of its variables.
    owner = tf.Module()
    owner.owned = concrete.variables
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], owner)
    Path(path).write_bytes(converter.convert())


def open_file(path):
    """Load a LiteRT file, see `Converter`."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path))
    (spec,) = interpreter.get_input_details()

    def color(grayscale):
        interpreter.resize_tensor_input(spec["index"], grayscale.shape)
        return interpreter.get_signature_runner(_SIGNATURE)(grayscale=grayscale)["rgb"]

    return color


LITERT = Converter("LiteRT", ".tflite", "litert", (), "ai_edge_litert", convert, open_file)
