"""Endpoints of networks that accept color hints."""

import tensorflow as tf

from colorkeras.export.request_checks import (
    checked_hints,
    checked_images,
    checked_numbers,
    checked_points,
    checked_reference,
    in_range,
    not_empty,
)


def create(network, functions):
    """Create the endpoints for a network that accepts hints.

    Args:
        network: Network that accepts images of any size; see `signatures.create`.
        functions: `HintFunctions`.

    Returns:
        Dict from endpoint name to `(function, input signature)`; see `signatures.create`.
    """

    def colorize_with_hints(grayscale, hints, vividness):
        grayscale = checked_images(grayscale, "grayscale")
        hints = checked_hints(hints, grayscale)
        return {"rgb": color(functions.colorize, grayscale, hints, vividness)}

    def sample(grayscale, seed, vividness):
        grayscale = checked_images(grayscale, "grayscale")
        seeds = checked_numbers("seed", seed, tf.shape(grayscale)[0])
        return {"rgb": color(functions.sample, grayscale, seeds, vividness)}

    def color_distribution(grayscale, points):
        grayscale = checked_images(grayscale, "grayscale")
        points = checked_points(points, grayscale)
        colors, probabilities = functions.color_distribution(
            network, not_empty(grayscale), not_empty(points)
        )
        count = tf.shape(grayscale)[0]
        return {"colors": colors[:count], "probabilities": probabilities[:count]}

    def colorize_with_reference(grayscale, reference, vividness):
        grayscale = checked_images(grayscale, "grayscale")
        reference = checked_reference(reference, grayscale)
        return {"rgb": color(functions.colorize_with_reference, grayscale, reference, vividness)}

    def color(function, grayscale, others, vividness):
        count = tf.shape(grayscale)[0]
        vividness = in_range("vividness", checked_numbers("vividness", vividness, count), 1.0)
        return function(network, *map(not_empty, (grayscale, others, vividness)))[:count]

    grayscale = tf.TensorSpec([None, None, None, 1], tf.float32, name="grayscale")
    hints = tf.TensorSpec([None, None, None, 3], tf.float32, name="hints")
    reference = tf.TensorSpec([None, None, None, 3], tf.float32, name="reference")
    points = tf.TensorSpec([None, None, 2], tf.int32, name="points")
    seed = tf.TensorSpec(None, tf.int32, name="seed")
    vividness = tf.TensorSpec(None, tf.float32, name="vividness")
    return {
        "colorize_with_hints": (colorize_with_hints, [grayscale, hints, vividness]),
        "sample": (sample, [grayscale, seed, vividness]),
        "color_distribution": (color_distribution, [grayscale, points]),
        "colorize_with_reference": (colorize_with_reference, [grayscale, reference, vividness]),
    }
