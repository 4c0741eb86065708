"""A plain convolutional network whose last layer also sees the untouched input."""

import keras
from keras import layers

from colorkeras.models.layers import convolution_block, output_layer
from colorkeras.models.outputs import OUTPUTS


def skip_cnn(output="chroma", filters=32, num_blocks=3):
    """Batch-normalized convolutions at full resolution, input passed through to the last layer.

    The skip keeps the picture's structure, so the convolutions are free to learn color. With the
    default arguments a pixel's color follows from the 11x11 pixels around it.

    Args:
        output: A key of `OUTPUTS`.
        filters: Channels of each convolution.
        num_blocks: Number of 3x3 convolutions after the first, 5x5 one, at least 1.

    Returns:
        `keras.Model`, float32 `[n, h, w, 1]` in 0..1 to `[n, h, w, num_channels]`, any h and w.
    """
    grayscale = keras.Input((None, None, 1), name="grayscale")
    x = convolution_block(grayscale, filters, kernel_size=5)
    for _ in range(num_blocks):
        x = convolution_block(x, filters)
    # In float32, so that the last layer sees the input unrounded.
    x = layers.Concatenate(dtype="float32")([x, grayscale])
    prediction = output_layer(x, output, OUTPUTS[output].num_channels)
    return keras.Model(grayscale, prediction, name="skip_cnn")
