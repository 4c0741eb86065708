"""Interface of converters."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Converter:
    """Conversion of models to files of a format, and their runtime.

    Attributes:
        title: Name of the format.
        suffix: Suffix of its files.
        extra: Extra of colorkeras that installs the modules below.
        requires: Modules that `convert` imports, besides TensorFlow.
        runtime: Module that `open` imports.
        convert: Function that writes a `tf.function` to a path. The function maps a float32 tensor
            "grayscale" to a dict with the tensor "rgb".
        open: Function from the path of such a file to a function from grayscale, NumPy float32
            `[n, h, w, 1]` in [0, 1], to RGB `[n, h, w, 3]`.
    """

    title: str
    suffix: str
    extra: str
    requires: tuple
    runtime: str
    convert: Callable
    open: Callable
