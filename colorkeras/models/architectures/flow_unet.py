"""Encoder and velocity network for flow matching, combined in one model."""

import keras
import tensorflow as tf
from keras import layers

from colorkeras.models.class_head import CLASSES, NUM_CLASSES, class_head
from colorkeras.models.layers import CropLike, PadToMultiple, prediction_layer
from colorkeras.models.residual_blocks import (
    STEM_STRIDE,
    convolution,
    downsample,
    residual_block,
    unet_backbone,
    upsample,
)

_CONDITION_WIDTH = 128  # Number of channels in the time and class embedding.

ENCODER = "encoder"
"""Name of the submodel that encodes the grayscale image; evaluated once per image."""

VELOCITY_NETWORK = "velocity_network"
"""Name of the submodel that predicts the velocity; evaluated once per ODE solver step."""


def flow_unet(
    prediction="velocity",
    num_classes=0,
    widths=(48, 96, 192),
    depths=(1, 1, 2),
    velocity_widths=(32, 64, 96),
):
    """Build a U-Net that encodes the image and a small U-Net that predicts the chroma velocity.

    Sampling evaluates the encoder once and the velocity network at every step. Both are available,
    as `get_layer(ENCODER)` and `get_layer(VELOCITY_NETWORK)`. The velocity network is conditioned
    on the class (the label in training, the encoder's prediction at inference), which keeps colors
    consistent within an object.

    Args:
        prediction: "velocity".
        num_classes: 0, or `NUM_CLASSES` to add a second output, the encoder's class logits
            `[batch, NUM_CLASSES]`.
        widths, depths: See `unet_backbone`.
        velocity_widths: Number of channels in the velocity network at each resolution.

    Returns:
        `keras.Model` for images of any size. It maps a list of four inputs to the prediction:

        - grayscale: float32 `[batch, height, width, 1]` in `[0, 1]`;
        - normalized noisy chroma: `[samples, ceil(height / 2), ceil(width / 2), 2]`, where
          `samples` is a multiple of `batch` and the samples for an image are consecutive;
        - time: `[samples, 1]` in `[0, 1]`;
        - class: one-hot `[batch, NUM_CLASSES]`, all zeros if unknown.

    >>> [tuple(x.shape[1:]) for x in flow_unet().inputs]
    [(None, None, 1), (None, None, 2), (1,), (10,)]
    """
    grayscale = keras.Input((None, None, 1), name="grayscale")
    noisy = keras.Input((None, None, 2), name="noisy_chroma")
    time = keras.Input((1,), name="time")
    label = keras.Input((NUM_CLASSES,), name="known_class")
    encoder = _encoder(widths, depths, velocity_widths, trains_classes=num_classes > 0)
    *encoded, logits = encoder(grayscale)
    # Several noise samples share one encoded image.
    *features, mean, labels = [RepeatLike()([x, noisy]) for x in (*encoded, label)]
    velocity = _velocity_network(velocity_widths)([noisy, time, labels, mean, *features])
    outputs = layers.Concatenate(dtype="float32", name=prediction)([velocity, mean])
    if num_classes:
        outputs = [outputs, layers.Identity(dtype="float32", name=CLASSES)(logits)]
    return keras.Model([grayscale, noisy, time, label], outputs, name="flow_unet")


def _encoder(widths, depths, velocity_widths, trains_classes):
    """Build a model that maps grayscale to multi-resolution features, mean chroma and class logits.

    The encoder also projects the features to the velocity network's number of channels, so that
    this is computed once per image rather than at every step.
    """
    grayscale = keras.Input((None, None, 1))
    features, summary = unet_backbone(grayscale, widths, depths)
    features = [layers.ReLU()(x) for x in features]
    mean = CropLike(stride=STEM_STRIDE)([features[0], grayscale])
    mean = prediction_layer(mean, "mean_chroma", 2)  # [batch, h / 2, w / 2, 2]
    features = [
        convolution(x, width, kernel_size=1)
        for x, width in zip(features, velocity_widths, strict=True)
    ]
    logits = class_head(summary, NUM_CLASSES, trainable=trains_classes)
    return keras.Model(grayscale, [*features, mean, logits], name=ENCODER)


def _velocity_network(widths):
    """Build a model that predicts velocity from noisy chroma, time, class and encoder outputs."""
    noisy, mean = keras.Input((None, None, 2)), keras.Input((None, None, 2))
    time, label = keras.Input((1,)), keras.Input((NUM_CLASSES,))
    features = [keras.Input((None, None, width)) for width in widths]
    # With zero initial weights, classes that do not occur in training have no effect.
    class_embedding = layers.Dense(_CONDITION_WIDTH, use_bias=False, kernel_initializer="zeros")(
        label
    )
    condition = layers.Dense(_CONDITION_WIDTH)(time)
    condition = layers.ReLU()(layers.Add()([condition, class_embedding]))
    condition = layers.Dense(_CONDITION_WIDTH, activation="relu")(condition)
    x = PadToMultiple(2 ** (len(widths) - 1))(layers.Concatenate()([noisy, mean]))
    x = convolution(x, widths[0])
    skips = []
    for level, (width, encoded) in enumerate(zip(widths, features, strict=True)):
        if level:
            x = downsample(x, width)
        x = layers.Add()([x, encoded])
        x = residual_block(x, condition)
        skips.append(x)
    for skip in reversed(skips[:-1]):
        x = residual_block(upsample(x, skip), condition)
    x = CropLike()([layers.ReLU()(x), noisy])
    residual = prediction_layer(x, "residual", 2, kernel_size=3)
    velocity = Velocity(dtype="float32")([residual, noisy, time])
    return keras.Model([noisy, time, label, mean, *features], velocity, name=VELOCITY_NETWORK)


@keras.saving.register_keras_serializable("colorkeras")
class Velocity(layers.Layer):
    """Add the best linear estimate of the velocity to the scaled network output.

    Let `x = (1 - t) x0 + t x1`, where noise x0 and chroma x1 have unit variance, and let
    `d = t^2 + (1 - t)^2`. The best linear estimate of the velocity `x1 - x0` is `(2 t - 1) x / d`,
    and the variance of the residual is `1 / d`. The target for the network output therefore has
    unit variance at all times: it is the chroma at t = 0 and the negative noise at t = 1.

    Input shape: `[[batch, h, w, c], [batch, h, w, c], [batch, 1]]`: network output, x and time.
    Output shape: `[batch, h, w, c]`.

    Reference: Karras, Aittala, Aila, Laine, "Elucidating the design space of diffusion-based
    generative models", NeurIPS 2022, section 5, adapted to straight paths.
    """

    def call(self, inputs):
        residual, x, time = inputs
        time = time[:, tf.newaxis, tf.newaxis]
        variance = tf.square(time) + tf.square(1 - time)
        return (2 * time - 1) / variance * x + residual / tf.sqrt(variance)

    def compute_output_shape(self, input_shape):
        return input_shape[0]


@keras.saving.register_keras_serializable("colorkeras")
class RepeatLike(layers.Layer):
    """Repeat each batch entry of the first input to match the batch size of the second.

    Input shape: `[[n, ...], [m, ...]]`, where m is a multiple of n. Output shape: `[m, ...]`.

    >>> RepeatLike()([tf.constant([[1], [2]]), tf.zeros([4, 1])]).numpy().ravel().tolist()
    [1, 1, 2, 2]
    """

    def call(self, inputs):
        x, like = inputs
        return tf.repeat(x, tf.shape(like)[0] // tf.shape(x)[0], axis=0)

    def compute_output_shape(self, input_shape):
        return (None, *input_shape[0][1:])
