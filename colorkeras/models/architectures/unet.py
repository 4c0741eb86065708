"""U-Net at half resolution with a full-resolution head."""

import keras
from keras import layers

from colorkeras.models.layers import (
    CropLike,
    DepthToSpace,
    PadToMultiple,
    convolution_block,
    prediction_layer,
)
from colorkeras.models.predictions import PREDICTIONS


def unet(prediction="chroma", widths=(32, 64, 128, 192), head_channels=8):
    """Build a U-Net with skip connections at every level and from the input.

    The stem folds 2x2 pixels into channels, so all layers but the last process a quarter as many
    pixels. This is sufficient because chroma is smooth and the last layer also receives the
    grayscale input at full resolution.

    Args:
        prediction: "chroma" or "rgb".
        widths: Number of channels at 1/2, 1/4, 1/8, ... of the input's height and width.
        head_channels: Number of head channels at full resolution.

    Returns:
        `keras.Model` that maps grayscale, float32 `[batch, height, width, 1]` in `[0, 1]`, to the
        prediction, float32 `[batch, height, width, num_channels]`.

    Reference: Ronneberger, Fischer, Brox, "U-Net: convolutional networks for biomedical image
    segmentation", MICCAI 2015.

    >>> unet().output_shape
    (None, None, None, 2)
    """
    grayscale = keras.Input((None, None, 1), name="grayscale")
    x = PadToMultiple(2 ** len(widths))(grayscale)
    # A strided 2x2 convolution is equivalent to space-to-depth followed by a linear layer.
    x = layers.Conv2D(widths[0], 2, strides=2)(x)  # [batch, h / 2, w / 2, widths[0]]
    skips = []
    for width in widths[:-1]:
        x = convolution_block(x, width)
        x = convolution_block(x, width)
        skips.append(x)
        x = layers.MaxPooling2D(2)(x)
    x = convolution_block(x, widths[-1])
    x = convolution_block(x, widths[-1])  # [batch, h / 16, w / 16, 192] by default
    for width, skip in zip(reversed(widths[:-1]), reversed(skips), strict=True):
        x = layers.UpSampling2D(2)(x)
        x = layers.Concatenate()([x, skip])
        x = convolution_block(x, width)
        x = convolution_block(x, width)
    x = layers.Conv2D(4 * head_channels, 1)(x)
    x = DepthToSpace()(x)  # [batch, h, w, head_channels]
    x = CropLike()([x, grayscale])
    # Concatenate in float32 so that the last layer receives the input without rounding.
    x = layers.Concatenate(dtype="float32")([x, grayscale])
    outputs = prediction_layer(x, prediction, PREDICTIONS[prediction].num_channels, kernel_size=3)
    return keras.Model(grayscale, outputs, name="unet")
