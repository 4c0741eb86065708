"""Regression: the network predicts the colors themselves, one for each pixel."""

import tensorflow as tf

from colorkeras.objectives import losses
from colorkeras.objectives.objective import Objective
from colorkeras.objectives.representations import REPRESENTATIONS


def regression(output, settings, source=None):
    """The objective of outputs "chroma" and "rgb".

    It aims at the mean (loss "mse") or the median ("mae") of the plausible colors, which is right
    on average and pale. With `mirror` a prediction is the mean of those for a picture and for its
    mirror image, whose errors differ in part.

    Args:
        output: "chroma" or "rgb".
        settings: With `loss` and the weights that it takes, and with `mirror`.
        source: Not used.

    Returns:
        `Objective`.

    Reference (mirror images): Timofte, Rothe, Van Gool, "Seven ways to improve example-based single
    image super resolution", CVPR 2016.
    """
    del source
    representation = REPRESENTATIONS[output]
    loss = losses.with_weights(settings.loss, settings)

    def target(rgb, grayscale, randomness, labels=None):
        del randomness, labels
        return grayscale, rgb

    def color(network, grayscale, seeds=None, temperature=None):
        del seeds, temperature  # There is one answer.
        prediction = network(grayscale, training=False)
        if settings.flip_tta:
            other = network(_mirrored(grayscale), training=False)
            prediction = (prediction + _mirrored(other)) / 2
        return representation.decode(grayscale, prediction)

    return Objective(
        description=losses.describe(settings.loss, settings),
        target=target,
        loss=lambda rgb, prediction: loss(representation, rgb, prediction),
        color=color,
        metadata={"flip_tta": settings.flip_tta},
    )


def _mirrored(images):
    return tf.reverse(images, axis=[2])
