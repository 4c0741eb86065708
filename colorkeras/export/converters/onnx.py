"""ONNX files, for onnxruntime and the many programs that read them.

tf2onnx is the converter of the ONNX project, which `keras.Model.export(format="onnx")` also calls.
Called directly, it takes any function, including loops and named outputs. Versions before 1.17 need
a protobuf that TensorFlow 2.21 does not accept.
"""

from pathlib import Path

from colorkeras.export.converters.converter import Converter

OPSET = 18
"""Version of the ONNX operator set: the latest that tf2onnx tests."""


def convert(function, path):
    """Write a function to an ONNX file, see `Converter`."""
    import tf2onnx

    model, _ = tf2onnx.convert.from_function(function, function.input_signature, opset=OPSET)
    for value in (*model.graph.input, *model.graph.output):
        for size, name in zip(value.type.tensor_type.shape.dim, "nhw", strict=False):
            if not size.dim_value:
                size.dim_param = name
    Path(path).write_bytes(model.SerializeToString())


def open_file(path):
    """Load an ONNX file, see `Converter`."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def color(grayscale):
        (rgb,) = session.run(["rgb"], {"grayscale": grayscale})
        return rgb

    return color


ONNX = Converter("ONNX", ".onnx", "onnx", ("tf2onnx", "onnx"), "onnxruntime", convert, open_file)
