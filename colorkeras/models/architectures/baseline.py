"""Baseline: a single fully connected layer."""

import keras
from keras import layers

from colorkeras.models.predictions import PREDICTIONS

SIZE = 32
"""Height and width of the input in pixels; other sizes are not supported."""


def baseline(prediction="rgb"):
    """Build a fully connected layer for 32x32 images, `[batch, 32, 32, 1]`.

    The grayscale channel is repeated three times, flattened, passed through one `Dense` layer and
    reshaped. For RGB, the kernel size is 3072 x 3072, and the model has 9,440,256 parameters.

    Args:
        prediction: "rgb" or "chroma".

    Returns:
        `keras.Model` that maps grayscale, float32 `[batch, 32, 32, 1]` in `[0, 1]`, to the
        prediction, float32 `[batch, 32, 32, num_channels]`.

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
