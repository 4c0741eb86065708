"""The control: one fully connected layer, as in the original report."""

import keras
from keras import layers

from colorkeras.models.outputs import OUTPUTS

SIZE = 32
"""Pixels: the only height and width that the baseline takes."""


def baseline(output="rgb"):
    """One fully connected layer on 32x32 pictures; 3072 x 3072 with `output="rgb"`.

    Grayscale is repeated to three channels, flattened, mapped by one `Dense` and reshaped. With
    RGB output it has 9,440,256 parameters.

    Args:
        output: A key of `OUTPUTS`.

    Returns:
        `keras.Model`, float32 `[n, 32, 32, 1]` in 0..1 to `[n, 32, 32, num_channels]`.
    """
    num_channels = OUTPUTS[output].num_channels
    grayscale = keras.Input((SIZE, SIZE, 1), name="grayscale")
    x = layers.Concatenate(dtype="float32")([grayscale] * 3)
    x = layers.Flatten(dtype="float32")(x)
    x = layers.Dense(SIZE * SIZE * num_channels, dtype="float32")(x)
    prediction = layers.Reshape((SIZE, SIZE, num_channels), dtype="float32", name=output)(x)
    return keras.Model(grayscale, prediction, name="baseline")
