"""ONNX files for onnxruntime and other runtimes.

Like `keras.Model.export(format="onnx")`, this module uses the ONNX project's converter, tf2onnx.
Calling tf2onnx directly makes it possible to convert any function, including functions with loops
and named outputs. Versions of tf2onnx before 1.17 require a version of protobuf that is
incompatible with TensorFlow 2.21.
"""

from pathlib import Path

from colorkeras.export.converters.converter import Converter, named_inputs

OPSET = 18
"""ONNX operator set version: the latest one that tf2onnx has been tested with."""


def convert(function, path):
    """Write a function to an ONNX file; see `Converter`."""
    import tf2onnx

    model, _ = tf2onnx.convert.from_function(function, function.input_signature, opset=OPSET)
    for value in (*model.graph.input, *model.graph.output):
        for size, name in zip(value.type.tensor_type.shape.dim, "nhw", strict=False):
            if not size.dim_value:
                size.dim_param = name
    Path(path).write_bytes(model.SerializeToString())


def open_file(path):
    """Load an ONNX file; see `Converter`."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    names = [value.name for value in session.get_inputs()]

    def color(grayscale, hints=None):
        (rgb,) = session.run(["rgb"], named_inputs(names, grayscale, hints))
        return rgb

    return color


ONNX = Converter(
    "ONNX", ".onnx", "colorkeras[onnx]", ("tf2onnx", "onnx"), "onnxruntime", convert, open_file
)
