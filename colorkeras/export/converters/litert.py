"""LiteRT files (`.tflite`) for phones and small devices.

The converter is part of TensorFlow; `keras.Model.export(format="litert")` uses it too. Only the
runtime is a separate package.
"""

from pathlib import Path

import tensorflow as tf

from colorkeras.export.converters.converter import Converter, named_inputs

_SIGNATURE = "serving_default"


def convert(function, path):
    """Write a function to a LiteRT file; see `Converter`."""
    concrete = function.get_concrete_function()
    # The converter first saves the function, which requires an object that owns the variables.
    owner = tf.Module()
    owner.owned = concrete.variables
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], owner)
    Path(path).write_bytes(converter.convert())


def open_file(path):
    """Load a LiteRT file; see `Converter`."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path))
    names = interpreter.get_signature_list()[_SIGNATURE]["inputs"]

    def color(grayscale, hints=None):
        inputs = named_inputs(names, grayscale, hints)
        for spec in interpreter.get_input_details():
            name = "hints" if spec["shape"][-1] == 3 else "grayscale"
            interpreter.resize_tensor_input(spec["index"], inputs[name].shape)
        return interpreter.get_signature_runner(_SIGNATURE)(**inputs)["rgb"]

    return color


LITERT = Converter("LiteRT", ".tflite", "ai-edge-litert", (), "ai_edge_litert", convert, open_file)
