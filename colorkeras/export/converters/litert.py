"""LiteRT files (`.tflite`), for phones and small devices.

The converter is TensorFlow's own, which Keras calls as well for `Model.export(format="litert")`;
only what runs the files is a package of its own.
"""

from pathlib import Path

import tensorflow as tf

from colorkeras.export.converters.converter import Converter

_SIGNATURE = "serving_default"


def convert(function, path):
    """Writes a function to a LiteRT file, see `Converter`."""
    concrete = function.get_concrete_function()
    # The converter saves the function first, for which something has to own its variables.
    owner = tf.Module()
    owner.owned = concrete.variables
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], owner)
    Path(path).write_bytes(converter.convert())


def open_file(path):
    """Loads a LiteRT file, see `Converter`."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path))
    (spec,) = interpreter.get_input_details()

    def color(grayscale):
        interpreter.resize_tensor_input(spec["index"], grayscale.shape)
        return interpreter.get_signature_runner(_SIGNATURE)(grayscale=grayscale)["rgb"]

    return color


LITERT = Converter("LiteRT", ".tflite", "litert", (), "ai_edge_litert", convert, open_file)
