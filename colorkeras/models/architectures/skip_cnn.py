"""Plain convolutional network with a skip connection from the input to the last layer."""

import keras
from keras import layers

from colorkeras.models.layers import convolution_block, prediction_layer
from colorkeras.models.predictions import PREDICTIONS


def skip_cnn(prediction="chroma", filters=32, num_blocks=3):
    """Build a stack of batch-normalized convolutions at full resolution.

    The skip connection preserves image structure, so the convolutions only need to model color.
    With the default arguments, the receptive field is 11x11 pixels.

    Args:
        prediction: Key in `PREDICTIONS`.
        filters: Number of output channels of each convolution.
        num_blocks: Number of 3x3 convolutions, at least 1, after the initial 5x5 convolution.

    >>> skip_cnn(prediction="rgb").output_shape
    (None, None, None, 3)
    """
    grayscale = keras.Input((None, None, 1), name="grayscale")
    x = convolution_block(grayscale, filters, kernel_size=5)
    for _ in range(num_blocks):
        x = convolution_block(x, filters)
    # Concatenate in float32 so that the last layer receives the input without rounding.
    x = layers.Concatenate(dtype="float32")([x, grayscale])  # [batch, h, w, filters + 1]
    outputs = prediction_layer(x, prediction, PREDICTIONS[prediction].num_channels)
    return keras.Model(grayscale, outputs, name="skip_cnn")
