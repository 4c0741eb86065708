"""Two networks in one for flow matching: one looks at the picture, a light one leads noise."""

import keras
import tensorflow as tf
from keras import layers

from colorkeras.models.layers import CropLike, PadToMultiple, output_layer
from colorkeras.models.outputs import CLASSES, NUM_CLASSES
from colorkeras.models.residual_blocks import (
    STEM_STRIDE,
    class_head,
    convolution,
    down,
    residual_block,
    trunk,
    up,
)

_CONDITION_WIDTH = 128
"""Channels in which time and class are known to every block of the guide."""

ENCODER = "encoder"
"""Name of the part that sees the grayscale picture, once."""

GUIDE = "guide"
"""Name of the part that sees noisy chroma, at every step."""


def flow_unet(
    output="velocity",
    num_classes=0,
    widths=(48, 96, 192),
    depths=(1, 1, 2),
    guide_widths=(32, 64, 96),
):
    """The trunk as encoder of the picture, and a small U-Net that guides noise to chroma.

    Only the guide has to run at each step of coloring: get both by `get_layer` with `ENCODER` and
    `GUIDE`. The guide is told what a picture shows. In training that is the label; in coloring it
    is what the encoder believes, so that all parts of a thing get the colors of the same thing.

    Args:
        output: "velocity".
        num_classes: 0, or `NUM_CLASSES` for a second output: the encoder's logits
            `[n, num_classes]` of what the picture shows, to be trained beside the velocity.
        widths: As for `trunk`.
        depths: As for `trunk`.
        guide_widths: Channels of the guide, at the same resolutions.

    Returns:
        `keras.Model` from a list of grayscale, float32 `[n, h, w, 1]` in 0..1, scaled noisy chroma
        `[m, ceil(h / 2), ceil(w / 2), 2]`, time `[m, 1]` in 0..1 and class `[n, NUM_CLASSES]`, one
        of which is 1 or none if it is not known, to the prediction, any h and w. Each picture is
        used for m / n of the noisy ones, which follow each other; m is n unless one look at a
        picture is to teach more.
    """
    grayscale = keras.Input((None, None, 1), name="grayscale")
    noisy = keras.Input((None, None, 2), name="noisy_chroma")
    time = keras.Input((1,), name="time")
    known = keras.Input((NUM_CLASSES,), name="known_class")
    *seen, logits = _encoder(widths, depths, guide_widths, has_labels=num_classes > 0)(grayscale)
    *features, mean, repeated = [RepeatLike()([x, noisy]) for x in (*seen, known)]
    velocity = _guide(guide_widths)([noisy, time, repeated, mean, *features])
    prediction = layers.Concatenate(dtype="float32", name=output)([velocity, mean])
    if num_classes:
        outputs = [prediction, layers.Identity(dtype="float32", name=CLASSES)(logits)]
    else:
        outputs = prediction
    return keras.Model([grayscale, noisy, time, known], outputs, name="flow_unet")


def _encoder(widths, depths, guide_widths, has_labels):
    """Grayscale to features at each resolution, the chroma to expect, and logits of classes.

    Features are fitted to the guide's channels here, once, rather than at every step.
    """
    grayscale = keras.Input((None, None, 1))
    features, summary = trunk(grayscale, widths, depths)
    features = [layers.ReLU()(x) for x in features]
    mean = CropLike(stride=STEM_STRIDE)([features[0], grayscale])
    mean = output_layer(mean, "mean_chroma", 2)
    features = [
        convolution(x, width, kernel_size=1)
        for x, width in zip(features, guide_widths, strict=True)
    ]
    logits = class_head(summary, NUM_CLASSES, CLASSES, trainable=has_labels)
    return keras.Model(grayscale, [*features, mean, logits], name=ENCODER)


def _guide(widths):
    """Noisy chroma, time, class, mean chroma and features to the velocity."""
    noisy, mean = keras.Input((None, None, 2)), keras.Input((None, None, 2))
    time, known = keras.Input((1,)), keras.Input((NUM_CLASSES,))
    features = [keras.Input((None, None, width)) for width in widths]
    # Zeros at first: a class that was never told in training has no say.
    shown = layers.Dense(_CONDITION_WIDTH, use_bias=False, kernel_initializer="zeros")(known)
    condition = layers.Dense(_CONDITION_WIDTH)(time)
    condition = layers.ReLU()(layers.Add()([condition, shown]))
    condition = layers.Dense(_CONDITION_WIDTH, activation="relu")(condition)
    x = PadToMultiple(2 ** (len(widths) - 1))(layers.Concatenate()([noisy, mean]))
    x = convolution(x, widths[0])
    skips = []
    for level, (width, seen) in enumerate(zip(widths, features, strict=True)):
        if level:
            x = down(x, width)
        x = layers.Add()([x, seen])
        x = residual_block(x, condition)
        skips.append(x)
    for skip in reversed(skips[:-1]):
        x = residual_block(up(x, skip), condition)
    x = CropLike()([layers.ReLU()(x), noisy])
    answer = output_layer(x, "answer", 2, kernel_size=3)
    velocity = Velocity(dtype="float32")([answer, noisy, time])
    return keras.Model([noisy, time, known, mean, *features], velocity, name=GUIDE)


@keras.saving.register_keras_serializable("colorkeras")
class Velocity(layers.Layer):
    """Adds to a network's answer what is known of the velocity without looking.

    With `x = (1 - t) x0 + t x1`, noise and chroma of unit variance, and `d = t^2 + (1 - t)^2`, the
    best linear guess of the velocity `x1 - x0` is `(2 t - 1) x / d`, and what is left has variance
    `1 / d`. The answer, of unit variance at any time, thus is the chroma at the start and the
    negative noise at the end: neither has to be told from what it is mixed with.

    Input shape: `[[n, h, w, c], [n, h, w, c], [n, 1]]`: answer, x and time. Output: `[n, h, w, c]`.

    Reference: Karras, Aittala, Aila, Laine, "Elucidating the design space of diffusion-based
    generative models", NeurIPS 2022, section 5, whose preconditioning this is for straight paths.
    """

    def call(self, inputs):
        answer, x, time = inputs
        time = time[:, tf.newaxis, tf.newaxis]
        variance = tf.square(time) + tf.square(1 - time)
        return (2 * time - 1) / variance * x + answer / tf.sqrt(variance)

    def compute_output_shape(self, input_shape):
        return input_shape[0]


@keras.saving.register_keras_serializable("colorkeras")
class RepeatLike(layers.Layer):
    """Repeats each of n entries until there are as many as in the second input.

    Input shape: `[[n, ...], [m, ...]]`, m a multiple of n. Output shape: `[m, ...]`.
    """

    def call(self, inputs):
        x, like = inputs
        return tf.repeat(x, tf.shape(like)[0] // tf.shape(x)[0], axis=0)

    def compute_output_shape(self, input_shape):
        return (None, *input_shape[0][1:])
