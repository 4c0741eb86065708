"""A residual U-Net without normalization."""

import keras
from keras import layers

from colorkeras.models.layers import CropLike, DepthToSpace, output_layer
from colorkeras.models.outputs import CLASSES, OUTPUTS
from colorkeras.models.residual_blocks import STEM_STRIDE, class_head, trunk


def residual_unet(
    output="chroma", num_classes=0, widths=(64, 128, 192), depths=(1, 1, 2), head_channels=8
):
    """The trunk, brought back to full resolution for a prediction at every pixel.

    Args:
        output: A key of `OUTPUTS`. "bins" are predicted at the trunk's own half resolution.
        num_classes: Above 0, a second output holds the logits `[n, num_classes]` of what the
            picture shows.
        widths: As for `trunk`.
        depths: As for `trunk`.
        head_channels: Channels that are brought back to full resolution.

    Returns:
        `keras.Model`, float32 `[n, h, w, 1]` in 0..1 to the prediction, any h and w.
    """
    grayscale = keras.Input((None, None, 1), name="grayscale")
    (features, *_), summary = trunk(grayscale, widths, depths)
    features = layers.ReLU()(features)
    if OUTPUTS[output].stride == 1:
        x = DepthToSpace()(layers.Conv2D(4 * head_channels, 1)(features))
        x = CropLike()([x, grayscale])
        # In float32, so that the last layer sees the input unrounded.
        x = layers.Concatenate(dtype="float32")([x, grayscale])
        prediction = output_layer(x, output, OUTPUTS[output].num_channels, kernel_size=3)
    else:
        x = CropLike(stride=STEM_STRIDE)([features, grayscale])
        prediction = output_layer(x, output, OUTPUTS[output].num_channels)
    outputs = [prediction, class_head(summary, num_classes, CLASSES)] if num_classes else prediction
    return keras.Model(grayscale, outputs, name="residual_unet")
