"""Residual U-Net without normalization."""

import keras
from keras import layers

from colorkeras.models.class_head import class_head
from colorkeras.models.layers import CropLike, DepthToSpace, prediction_layer
from colorkeras.models.predictions import PREDICTIONS
from colorkeras.models.residual_blocks import STEM_STRIDE, unet_backbone


def residual_unet(
    prediction="chroma", num_classes=0, widths=(64, 128, 192), depths=(1, 1, 2), head_channels=8
):
    """Build a U-Net backbone with a prediction head.

    The head upsamples to full resolution, except for the "bins" prediction, which has the same half
    resolution as the backbone's features.

    Args:
        prediction: Key in `PREDICTIONS`.
        num_classes: If positive, the model has a second output: class logits
            `[batch, num_classes]`.
        widths, depths: See `unet_backbone`.
        head_channels: Number of head channels at full resolution.

    >>> residual_unet("bins").output_shape
    (None, None, None, 179)
    """
    grayscale = keras.Input((None, None, 1), name="grayscale")
    (x, *_), summary = unet_backbone(grayscale, widths, depths)
    x = layers.ReLU()(x)  # [batch, h / 2, w / 2, widths[0]]
    num_channels = PREDICTIONS[prediction].num_channels
    if PREDICTIONS[prediction].stride == 1:
        x = layers.Conv2D(4 * head_channels, 1)(x)
        x = DepthToSpace()(x)  # [batch, h, w, head_channels]
        x = CropLike()([x, grayscale])
        # Concatenate in float32 so that the last layer receives the input without rounding.
        x = layers.Concatenate(dtype="float32")([x, grayscale])
        outputs = prediction_layer(x, prediction, num_channels, kernel_size=3)
    else:
        x = CropLike(stride=STEM_STRIDE)([x, grayscale])
        outputs = prediction_layer(x, prediction, num_channels)
    if num_classes:
        outputs = [outputs, class_head(summary, num_classes)]
    return keras.Model(grayscale, outputs, name="residual_unet")
