"""EfficientNet-Lite0 as a feature extractor.

Batch normalization is folded into the convolutions. Because the ImageNet batch statistics are
frozen, this only affects the speed and the number of variables.

Reference: Tan and Le, "EfficientNet: rethinking model scaling for convolutional neural networks",
ICML 2019. The Lite variants omit squeeze-and-excitation and use ReLU6.
"""

import keras
import numpy as np
from keras import layers

from colorkeras.models.fast_convolutions import FastDepthwiseConv2D, PointwiseConv2D
from colorkeras.utils.errors import UserError, one_line

CHANNELS = {2: 16, 4: 24, 8: 40, 16: 112, 32: 320}
"""Number of feature channels by stride."""

_STAGES = (
    # expansion, kernel size, stride, channels, repeats
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)

_BLOCKS = [
    (expansion, kernel_size, stride if repeat == 0 else 1, channels)
    for expansion, kernel_size, stride, channels, repeats in _STAGES
    for repeat in range(repeats)
]

_FEATURE_STRIDES = {0: 2, 2: 4, 4: 8, 10: 16, 15: 32}
"""Stride of each block whose output is returned as a feature map, by block index."""

_STEM_CHANNELS = 32
_EPSILON = 1e-3


def encoder(name="efficientnet_lite0"):
    """Build the encoder with random weights.

    Args:
        name: Name of the model.

    Returns:
        `keras.Model` that maps RGB `[batch, h, w, 3]`, scaled by `(pixel - 127) / 128`, to a dict
        of features `[batch, ceil(h / stride), ceil(w / stride), CHANNELS[stride]]` with the keys
        "2", "4", "8", "16" and "32".
    """
    inputs = keras.Input([None, None, 3], name="rgb")
    x = layers.Conv2D(_STEM_CHANNELS, 3, 2, "same", name="stem")(inputs)
    x = layers.ReLU(6.0, name="stem_relu")(x)
    features = {}
    for index, settings in enumerate(_BLOCKS):
        x = _block(x, f"block{index:02d}", *settings)
        if index in _FEATURE_STRIDES:
            features[str(_FEATURE_STRIDES[index])] = x
    return keras.Model(inputs, features, name=name)


def _block(x, name, expansion, kernel_size, stride, channels):
    """Apply an inverted residual block: 1x1 expansion, depthwise convolution, 1x1 projection."""
    shortcut, in_channels = x, x.shape[-1]
    if expansion > 1:
        x = PointwiseConv2D(expansion * in_channels, name=f"{name}_expand")(x)
        x = layers.ReLU(6.0, name=f"{name}_expand_relu")(x)
    x = FastDepthwiseConv2D(kernel_size, stride, name=f"{name}_depthwise")(x)
    x = layers.ReLU(6.0, name=f"{name}_depthwise_relu")(x)
    x = PointwiseConv2D(channels, name=f"{name}_project")(x)
    if stride == 1 and channels == in_channels:
        x = layers.Add(name=f"{name}_add")([shortcut, x])
    return x


def load_weights(model, path):
    """Load weights and fold batch normalization into them.

    Args:
        model: Model from `encoder`.
        path: `.npz` file with arrays such as `block01/expand/kernel` and `block01/expand_bn/gamma`.

    Raises:
        UserError: The file cannot be read, or an array is missing or has the wrong shape. The model
            is left unchanged.
    """
    weighted = [layer for layer in model.layers if layer.weights]
    try:
        with np.load(path) as arrays:
            folded = [_fold(arrays, layer.name.replace("_", "/")) for layer in weighted]
    except Exception as error:  # NumPy raises various exceptions for damaged files.
        raise _wrong_file(path, one_line(error)) from error
    for layer, values in zip(weighted, folded, strict=True):
        if [value.shape for value in values] != [tuple(weight.shape) for weight in layer.weights]:
            raise _wrong_file(path, f"shapes that do not match the {layer.name} layer")
    for layer, values in zip(weighted, folded, strict=True):
        layer.set_weights(values)


def _wrong_file(path, difference):
    return UserError(
        f"the weights file {path} ({difference})",
        "an .npz file with EfficientNet-Lite0 weights",
        "Pass efficientnet_lite0.npz or choose an architecture with a matching backbone.",
    )


def _fold(arrays, key):
    """Return a convolution's kernel and bias with batch normalization folded in."""
    gamma, beta, mean, variance = (
        arrays[f"{key}_bn/{name}"].astype(np.float32)
        for name in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    scale = gamma / np.sqrt(variance + _EPSILON)
    kernel = arrays[f"{key}/kernel"].astype(np.float32)
    if key.endswith("depthwise"):
        return [kernel * scale[:, np.newaxis], beta - mean * scale]
    return [kernel * scale, beta - mean * scale]
