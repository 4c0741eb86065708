"""Classification: the network predicts a distribution over quantized chroma.

Reference: Zhang, Isola, Efros, "Colorful image colorization", ECCV 2016.
"""

import numpy as np
import tensorflow as tf

from colorkeras.color import chroma_bins
from colorkeras.color.resampling import double, halve
from colorkeras.color.spaces import from_uint8, luma_chroma_to_rgb, rgb_to_chroma
from colorkeras.data import evaluation_batches
from colorkeras.objectives.objective import Objective
from colorkeras.utils.errors import UserError

TEMPERATURE = 0.38
"""Of the annealed mean, as in the paper: between the mean (1) and the mode (0)."""


def classification(output, settings, source=None):
    """The objective of output "bins": cross entropy that rebalances rare colors.

    Chroma is predicted at half the resolution of luma and comes up by bilinear interpolation.

    Args:
        output: "bins".
        settings: With `rebalance`, the share of the uniform distribution in the weights, and
            `temperature` (None takes `TEMPERATURE`).
        source: Training pictures, whose colors are counted; None for coloring alone.

    Returns:
        `Objective`.

    Raises:
        UserError: All pictures are gray.
    """
    del output
    priors = None if source is None else count_priors(source)
    share = settings.rebalance
    temperature = TEMPERATURE if settings.temperature is None else settings.temperature
    weights = np.ones(chroma_bins.NUM_BINS, np.float32)
    if priors is not None:
        weights = chroma_bins.rebalancing(priors, share)

    def target(rgb, grayscale, randomness, labels=None):
        del randomness, labels
        return grayscale, chroma_bins.soft_encode(halve(rgb_to_chroma(rgb)))

    def loss(target, logits):
        entropy = tf.nn.softmax_cross_entropy_with_logits(target, logits)
        # A color weighs as the bin nearest to it.
        weight = tf.gather(weights, tf.argmax(target, axis=-1))
        return tf.reduce_mean(weight * entropy)

    return Objective(
        description=f"cross entropy (rebalance {share:g})",
        target=target,
        loss=loss,
        color=_color,
        spread=_spread,
        temperature=temperature,
        metadata={
            "temperature": temperature,
            **({} if priors is None else {"priors": [float(f"{p:.6g}") for p in priors]}),
        },
    )


def _color(network, grayscale, seeds=None, temperature=TEMPERATURE):
    del seeds  # The annealed mean is one answer.
    temperature = tf.reshape(tf.convert_to_tensor(temperature, tf.float32), [-1, 1, 1, 1])
    chroma = chroma_bins.annealed_mean(network(grayscale, training=False), temperature)
    return luma_chroma_to_rgb(grayscale, double(chroma, grayscale))


def _spread(network, grayscale):
    logits = network(grayscale, training=False)
    return double(chroma_bins.standard_deviation(logits), grayscale)


def count_priors(source):
    """How often each bin occurs in a source's pictures, soft-encoded.

    Args:
        source: `Source`.

    Returns:
        float64 NumPy `[NUM_BINS]`, sum 1.

    Raises:
        UserError: All pictures are gray.
    """

    size = source.image_size

    @tf.function(input_signature=[tf.TensorSpec([None, size, size, 3], tf.uint8)])
    def count(images):
        encoded = chroma_bins.soft_encode(halve(rgb_to_chroma(from_uint8(images))))
        return tf.reduce_sum(encoded, axis=[0, 1, 2])

    total = sum(count(images).numpy().astype("float64") for images in evaluation_batches(source))
    priors = total / total.sum()
    gray = chroma_bins.soft_encode(tf.zeros([2])).numpy()
    if np.abs(priors - gray).max() < 1e-6:
        raise UserError(
            f"{source.num_examples} training pictures that are all gray",
            "pictures in color, of which training makes grayscale itself",
            "Pass another --dataset.",
        )
    return priors
