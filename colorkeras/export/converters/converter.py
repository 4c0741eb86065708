"""Interface of format converters."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Converter:
    """Converter to a file format, and loader for the converted files.

    Attributes:
        title: Name of the format in messages.
        suffix: File name suffix.
        package: Argument to `pip install` for installing the required modules.
        requires: Modules that `convert` imports in addition to TensorFlow.
        runtime: Module that `open` imports.
        convert: Function that writes a `tf.function` to a path. The `tf.function` maps the float32
            tensor "grayscale", and "hints" if the model accepts them, to a dict with the tensor
            "rgb".
        open: Function that loads the file at a path. It returns a function that maps grayscale,
            NumPy float32 `[n, h, w, 1]` in [0, 1], and optional hints, `[n, h, w, 3]`, to RGB,
            `[n, h, w, 3]`.
    """

    title: str
    suffix: str
    package: str
    requires: tuple
    runtime: str
    convert: Callable
    open: Callable


def named_inputs(names, grayscale, hints=None):
    """Return a converted model's inputs as a dict from name to array; hints default to zeros.

    >>> sorted(named_inputs(["grayscale", "hints"], np.zeros([1, 2, 3, 1], np.float32)))
    ['grayscale', 'hints']
    """
    if hints is None:
        hints = np.zeros([*grayscale.shape[:3], 3], np.float32)
    return {name: {"grayscale": grayscale, "hints": hints}[name] for name in names}
