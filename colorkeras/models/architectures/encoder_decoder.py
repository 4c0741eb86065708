"""The autoencoder: everything passes a narrow code, nothing passes around it."""

import keras
from keras import layers

from colorkeras.models.layers import (
    CropLike,
    PadToMultiple,
    batch_norm_relu,
    convolution_block,
    output_layer,
)
from colorkeras.models.outputs import OUTPUTS


def encoder_decoder(output="chroma", widths=(32, 64, 128), code_channels=32):
    """Strided convolutions down to a code, transposed convolutions up again, no skips.

    With the default arguments a 32x32 picture becomes a code of 4 x 4 x 32 numbers.

    Args:
        output: A key of `OUTPUTS`.
        widths: Channels after each halving of height and width.
        code_channels: Channels of the code.

    Returns:
        `keras.Model`, float32 `[n, h, w, 1]` in 0..1 to `[n, h, w, num_channels]`, any h and w.
    """
    grayscale = keras.Input((None, None, 1), name="grayscale")
    x = PadToMultiple(2 ** len(widths))(grayscale)
    for width in widths:
        x = convolution_block(x, width, strides=2)
        x = convolution_block(x, width)
    x = convolution_block(x, code_channels, kernel_size=1)
    for width in reversed(widths):
        x = layers.Conv2DTranspose(width, 4, strides=2, padding="same", use_bias=False)(x)
        x = batch_norm_relu(x)
    x = CropLike()([x, grayscale])
    prediction = output_layer(x, output, OUTPUTS[output].num_channels)
    return keras.Model(grayscale, prediction, name="encoder_decoder")
