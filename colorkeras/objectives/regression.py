"""Regression: the network predicts one color per pixel."""

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

from colorkeras.color.spaces import luma, luma_chroma_to_rgb, rgb_to_chroma
from colorkeras.objectives import losses
from colorkeras.objectives.objective import Objective


@dataclass(frozen=True)
class ColorEncoding:
    """Conversion between RGB and a network's prediction.

    Attributes:
        encode: Function that maps RGB, float32 `[batch, height, width, 3]` in `[0, 1]`, to the loss
            target, `[batch, height, width, num_channels]`.
        decode: Function that maps grayscale, float32 `[batch, height, width, 1]` in `[0, 1]`, and
            the prediction to RGB in `[0, 1]`. It is not used by losses.
        luma_and_chroma: Function that maps grayscale and the prediction to luma
            `[batch, height, width, 1]` and chroma `[batch, height, width, 2]`, without clipping.
    """

    encode: Callable
    decode: Callable
    luma_and_chroma: Callable


COLOR_ENCODINGS = {
    "rgb": ColorEncoding(
        encode=tf.identity,
        decode=lambda grayscale, prediction: tf.clip_by_value(prediction, 0.0, 1.0),
        luma_and_chroma=lambda grayscale, prediction: (luma(prediction), rgb_to_chroma(prediction)),
    ),
    "chroma": ColorEncoding(
        encode=rgb_to_chroma,
        decode=luma_chroma_to_rgb,
        luma_and_chroma=lambda grayscale, prediction: (grayscale, prediction),
    ),
}
"""Color encodings by prediction: RGB in `[0, 1]`, or BT.601 Cb and Cr, which keep the input luma.
"""


def regression(prediction, settings, source=None, priors=None):
    """Create the objective for the "chroma" and "rgb" predictions; see `objectives.create`.

    The loss is minimized by the mean ("mse") or median ("mae") of the plausible colors, both of
    which are accurate on average but desaturated. With `flip_tta`, the predictions for an image and
    its mirror image are averaged.

    Reference (test-time augmentation): Timofte, Rothe, Van Gool, "Seven ways to improve
    example-based single image super resolution", CVPR 2016.
    """
    del source, priors
    encoding = COLOR_ENCODINGS[prediction]
    loss = losses.with_weights(settings.loss, settings)

    def target(rgb, grayscale, randomness, labels=None):
        del randomness, labels
        return grayscale, rgb

    def colorize(network, grayscale, seeds=None, temperature=None):
        del seeds, temperature
        predicted = network(grayscale, training=False)
        if settings.flip_tta:
            flipped = network(_flip(grayscale), training=False)
            predicted = (predicted + _flip(flipped)) / 2
        return encoding.decode(grayscale, predicted)

    return Objective(
        description=losses.describe(settings.loss, settings),
        target=target,
        loss=lambda rgb, predicted: loss(encoding, rgb, predicted),
        colorize=colorize,
        metadata={"flip_tta": settings.flip_tta},
    )


def _flip(images):
    return tf.reverse(images, axis=[2])
