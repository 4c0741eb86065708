"""A U-Net that works at half resolution, between a stem that folds pixels and a full-size head."""

import keras
from keras import layers

from colorkeras.models.layers import (
    CropLike,
    DepthToSpace,
    PadToMultiple,
    convolution_block,
    output_layer,
)
from colorkeras.models.outputs import OUTPUTS


def unet(output="chroma", widths=(32, 64, 128, 192), head_channels=8):
    """Encoder and decoder with a skip at every level, the input itself included.

    The stem folds 2x2 pixels into channels, so all but the last layer work on a quarter of the
    pixels: chroma is smooth, and the last layer sees the grayscale input at full size.

    Args:
        output: A key of `OUTPUTS`.
        widths: Channels at 1/2, 1/4, 1/8, ... of the input's height and width.
        head_channels: Channels that are brought back to full resolution.

    Returns:
        `keras.Model`, float32 `[n, h, w, 1]` in 0..1 to `[n, h, w, num_channels]`, any h and w.

    Reference: Ronneberger, Fischer, Brox, "U-Net: convolutional networks for biomedical image
    segmentation", MICCAI 2015.
    """
    grayscale = keras.Input((None, None, 1), name="grayscale")
    x = PadToMultiple(2 ** len(widths))(grayscale)
    # A strided 2x2 convolution is space-to-depth followed by a linear layer.
    x = layers.Conv2D(widths[0], 2, strides=2)(x)
    skips = []
    for width in widths[:-1]:
        x = convolution_block(x, width)
        x = convolution_block(x, width)
        skips.append(x)
        x = layers.MaxPooling2D(2)(x)
    x = convolution_block(x, widths[-1])
    x = convolution_block(x, widths[-1])
    for width, skip in zip(reversed(widths[:-1]), reversed(skips), strict=True):
        x = layers.UpSampling2D(2)(x)
        x = layers.Concatenate()([x, skip])
        x = convolution_block(x, width)
        x = convolution_block(x, width)
    x = layers.Conv2D(4 * head_channels, 1)(x)
    x = DepthToSpace()(x)
    x = CropLike()([x, grayscale])
    # In float32, so that the last layer sees the input unrounded.
    x = layers.Concatenate(dtype="float32")([x, grayscale])
    prediction = output_layer(x, output, OUTPUTS[output].num_channels, kernel_size=3)
    return keras.Model(grayscale, prediction, name="unet")
