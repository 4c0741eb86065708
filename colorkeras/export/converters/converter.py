"""What a converter is."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Converter:
    """How models become files of a format, and how such files run.

    Attributes:
        title: Name of the format.
        suffix: Of its files.
        extra: Extra of colorkeras that installs all of the modules below.
        requires: Modules that `convert` imports, beside TensorFlow.
        runtime: Module that `open` imports.
        convert: Writes a `tf.function`, whose input signature is one float32 tensor "grayscale" and
            which returns a dict of one named "rgb", to a path.
        open: Maps the path of such a file to a function from grayscale, NumPy float32
            `[n, h, w, 1]` in 0..1, to RGB `[n, h, w, 3]`.
    """

    title: str
    suffix: str
    extra: str
    requires: tuple
    runtime: str
    convert: Callable
    open: Callable
