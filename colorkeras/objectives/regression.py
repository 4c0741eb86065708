"""Regression: the network predicts the colors themselves, one for each pixel."""

from colorkeras import losses
from colorkeras.objectives.objective import Objective
from colorkeras.representations import REPRESENTATIONS


def regression(output, settings, source=None):
    """The objective of outputs "chroma" and "rgb".

    It aims at the mean (loss "mse") or the median ("mae") of the plausible colors, which is right
    on average and pale.

    Args:
        output: "chroma" or "rgb".
        settings: With `loss` and the weights that it takes.
        source: Not used.

    Returns:
        `Objective`.
    """
    del source
    representation = REPRESENTATIONS[output]
    loss = losses.with_weights(settings.loss, settings)

    def target(rgb, grayscale, randomness, labels=None):
        del randomness, labels
        return grayscale, rgb

    def color(network, grayscale, seeds=None, temperature=None):
        del seeds, temperature  # There is one answer.
        return representation.decode(grayscale, network(grayscale, training=False))

    return Objective(
        description=losses.describe(settings.loss, settings),
        target=target,
        loss=lambda rgb, prediction: loss(representation, rgb, prediction),
        color=color,
    )
