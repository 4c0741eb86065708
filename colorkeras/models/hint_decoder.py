"""Decoder and head of `hint_unet`, to be combined with a pretrained backbone.

The decoder is a U-Net without normalization. It has self-attention at strides 32 and 16 for global
context, and attention to hints at stride 8. The head maps the decoder's stride-4 features to logits
over chroma bins and to mean and median chroma.
"""

import keras
import tensorflow as tf
from keras import layers

from colorkeras.color.chroma_bins import NUM_CHROMA_BINS
from colorkeras.models.attention import SelfAttention
from colorkeras.models.fast_convolutions import PointwiseConv2D
from colorkeras.models.hint_layers import HintAttention, HintPyramid
from colorkeras.models.layers import upsample_nearest

WIDTHS = {4: 64, 8: 128, 16: 256, 32: 256}
"""Number of decoder channels by stride."""

_NUM_HIDDEN = 128
"""Number of channels in the head's hidden layer."""


@keras.saving.register_keras_serializable("colorkeras")
class SpaceToDepth(layers.Layer):
    """Rearrange blocks of pixels into channels.

    Args:
        block: Side length of a block in pixels; must divide height and width evenly.

    Input shape: `[batch, h, w, c]`. Output shape: `[batch, h / block, w / block, block^2 c]`.
    """

    def __init__(self, block, **kwargs):
        super().__init__(**kwargs)
        self.block = block

    def call(self, inputs):
        return tf.nn.space_to_depth(inputs, self.block)

    def compute_output_shape(self, input_shape):
        batch, *sizes, channels = input_shape
        return (batch, *(size and size // self.block for size in sizes), channels * self.block**2)

    def get_config(self):
        return {**super().get_config(), "block": self.block}


@keras.saving.register_keras_serializable("colorkeras")
class Standardize(layers.Layer):
    """Scale and shift each channel with non-trainable weights.

    Input and output shape: `[batch, h, w, channels]`.
    """

    def build(self, input_shape):
        shape = input_shape[-1:]
        self.scale = self.add_weight(name="scale", shape=shape, initializer="ones", trainable=False)
        self.offset = self.add_weight(
            name="offset", shape=shape, initializer="zeros", trainable=False
        )

    def call(self, inputs):
        scale = keras.ops.cast(self.scale, inputs.dtype)
        return inputs * scale + keras.ops.cast(self.offset, inputs.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape


def decoder(feature_channels, widths=None, name="decoder"):
    """Build a decoder that combines a backbone's features with luma and hints.

    Args:
        feature_channels: Dict from stride (2, 4, 8, 16 and 32) to number of backbone channels.
        widths: Dict from stride (4, 8, 16 and 32) to number of decoder channels. Defaults to
            `WIDTHS`.
        name: Name of the model.

    Returns:
        `keras.Model` that maps a dict to features `[batch, h / 4, w / 4, widths[4]]`. The dict
        contains `grayscale` (luma in `[0, 1]`, `[batch, h, w, 1]`), `hints` (`[batch, h, w, 3]`,
        see `HintPyramid`) and the backbone features "2" to "32". h and w must be multiples of 32.
    """
    widths = widths or WIDTHS
    inputs = {
        "grayscale": keras.Input([None, None, 1], name="grayscale"),
        "hints": keras.Input([None, None, 3], name="hints"),
        **{str(s): keras.Input([None, None, c], name=str(s)) for s, c in feature_channels.items()},
    }
    features = {s: Standardize(name=f"standardize{s}")(inputs[str(s)]) for s in feature_channels}
    pooled = HintPyramid((4, 8, 16, 32), name="hints_pooled")(inputs["hints"])
    hints = dict(zip((4, 8, 16, 32), pooled, strict=True))
    x = _merge([features[32], hints[32]], widths[32], 1, "d32")
    x = _residual(SelfAttention(4, name="d32_attention")(x), "d32_block", kernel_size=1)
    x = _merge([upsample_nearest(x), features[16], hints[16]], widths[16], 1, "d16")
    x = SelfAttention(4, name="d16_attention")(_residual(x, "d16_block0"))
    x = _convolution(_residual(x, "d16_block1"), widths[8], 1, "d8_in")
    x = _merge([upsample_nearest(x), features[8], hints[8]], widths[8], 3, "d8")
    x = _residual(x, "d8_block0")
    spread = HintAttention(4, 16, name="d8_hints")([x, hints[8]])
    x = layers.Add(name="d8_add")([x, _convolution(spread, widths[8], 1, "d8_spread")])
    x = _convolution(_residual(x, "d8_block1"), widths[4], 1, "d4_in")
    centered = layers.Rescaling(4.0, -2.0, name="luma_centered")(inputs["grayscale"])
    details = [
        SpaceToDepth(4, name="luma_blocks")(centered),
        SpaceToDepth(2, name="stride2_blocks")(features[2]),
    ]
    x = _merge([upsample_nearest(x), *details, features[4], hints[4]], widths[4], 1, "d4")
    x = _residual(_residual(x, "d4_block0"), "d4_block1")
    return keras.Model(inputs, x, name=name)


def head(channels=WIDTHS[4], name="head"):
    """Build the head, which processes each position independently.

    Args:
        channels: Number of feature channels.
        name: Name of the model.

    Returns:
        `keras.Model` that maps features `[batch, h, w, channels]` to a dict with `logits`, float32
        `[batch, h, w, NUM_CHROMA_BINS]`, and `points`, float32 `[batch, h, w, 4]`: mean Cb and Cr,
        median Cb and Cr.
    """
    small = keras.initializers.VarianceScaling
    inputs = keras.Input([None, None, channels], name="features")
    x = layers.Dense(_NUM_HIDDEN, "relu", kernel_initializer="he_normal", name="hidden")(inputs)
    logits = layers.Dense(
        NUM_CHROMA_BINS, kernel_initializer=small(0.1), dtype="float32", name="logits"
    )(x)
    hidden = layers.Dense(64, "relu", name="points_hidden")(x)
    points = layers.Dense(4, kernel_initializer=small(0.1), dtype="float32", name="points_scaled")
    # Chroma is typically about 0.1, so the layer predicts it in units of 0.1.
    points = layers.Rescaling(0.1, dtype="float32", name="points")(points(hidden))
    return keras.Model(inputs, {"logits": logits, "points": points}, name=name)


def _convolution(x, channels, kernel_size, name, initializer="lecun_normal", activation=None):
    options = {"kernel_initializer": initializer, "activation": activation, "name": name}
    if kernel_size == 1:
        return PointwiseConv2D(channels, **options)(x)
    return layers.Conv2D(channels, kernel_size, padding="same", **options)(x)


def _merge(inputs, channels, kernel_size, name):
    x = layers.Concatenate(name=f"{name}_concat")(inputs)
    return _convolution(x, channels, kernel_size, name)


def _residual(x, name, kernel_size=3):
    """Apply a pre-activation residual block that starts out close to the identity."""
    channels = x.shape[-1]
    y = layers.ReLU(name=f"{name}_relu0")(x)
    y = _convolution(y, channels, kernel_size, f"{name}_conv0", "he_normal", "relu")
    initializer = keras.initializers.VarianceScaling(0.1)
    y = _convolution(y, channels, kernel_size, f"{name}_conv1", initializer)
    return layers.Add(name=f"{name}_add")([x, y])
