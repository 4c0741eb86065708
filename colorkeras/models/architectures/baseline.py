"""Baseline: one fully connected layer, as in the original report."""

import keras
from keras import layers

from colorkeras.models.predictions import PREDICTIONS

SIZE = 32
"""Pixels: the only height and width that the baseline accepts."""


def baseline(prediction="rgb"):
    """One fully connected layer on 32x32 images.

    Grayscale is repeated to three channels, flattened, mapped by one `Dense` layer and reshaped.
    With RGB predictions the layer is 3072 x 3072, 9,440,256 parameters.

    Args:
        prediction: Key of `PREDICTIONS`.

    Returns:
        `keras.Model`; `[batch, 32, 32, 1]` to `[batch, 32, 32, num_channels]`.

    Example:

    >>> baseline().output_shape
    (None, 32, 32, 3)
    """
    num_channels = PREDICTIONS[prediction].num_channels
    grayscale = keras.Input((SIZE, SIZE, 1), name="grayscale")
    x = layers.Concatenate(dtype="float32")([grayscale] * 3)  # [batch, 32, 32, 3]
    x = layers.Flatten(dtype="float32")(x)  # [batch, 3072]
    x = layers.Dense(SIZE * SIZE * num_channels, dtype="float32")(x)
    outputs = layers.Reshape((SIZE, SIZE, num_channels), dtype="float32", name=prediction)(x)
    return keras.Model(grayscale, outputs, name="baseline")
