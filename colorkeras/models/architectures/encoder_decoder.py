"""Convolutional encoder and decoder with a bottleneck and no skip connections."""

import keras
from keras import layers

from colorkeras.models.layers import (
    CropLike,
    PadToMultiple,
    batch_norm_relu,
    convolution_block,
    prediction_layer,
)
from colorkeras.models.predictions import PREDICTIONS


def encoder_decoder(prediction="chroma", widths=(32, 64, 128), code_channels=32):
    """Build a convolutional encoder and decoder without skip connections.

    With the default arguments, a 32x32 image is encoded as a code of shape `[4, 4, 32]`.

    Args:
        prediction: Key in `PREDICTIONS`.
        widths: Number of channels after each halving of height and width.
        code_channels: Number of channels in the code.

    >>> encoder_decoder().output_shape
    (None, None, None, 2)
    """
    grayscale = keras.Input((None, None, 1), name="grayscale")
    x = PadToMultiple(2 ** len(widths))(grayscale)
    for width in widths:
        x = convolution_block(x, width, strides=2)
        x = convolution_block(x, width)
    x = convolution_block(x, code_channels, kernel_size=1)  # [batch, h / 8, w / 8, 32] by default
    for width in reversed(widths):
        x = layers.Conv2DTranspose(width, 4, strides=2, padding="same", use_bias=False)(x)
        x = batch_norm_relu(x)
    x = CropLike()([x, grayscale])
    outputs = prediction_layer(x, prediction, PREDICTIONS[prediction].num_channels)
    return keras.Model(grayscale, outputs, name="encoder_decoder")
