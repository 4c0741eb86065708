"""Classification: the network predicts a distribution over quantized chroma.

Reference: Zhang, Isola, Efros, "Colorful image colorization", ECCV 2016.
"""

import numpy as np
import tensorflow as tf

from colorkeras.color import chroma_bins
from colorkeras.color.resampling import downsample_2x, upsample_2x
from colorkeras.color.spaces import from_uint8, luma_chroma_to_rgb, rgb_to_chroma
from colorkeras.data import evaluation_batches
from colorkeras.objectives.objective import Objective
from colorkeras.utils.errors import UserError

TEMPERATURE = 0.38
"""Default temperature of the annealed mean, as in the paper; 1 is the mean, 0 the mode."""


def classification(prediction, settings, source=None):
    """Create the objective of the prediction "bins": cross entropy with class rebalancing.

    Chroma is predicted at half the resolution of luma and upsampled bilinearly.

    Args:
        prediction: "bins".
        settings: Object with `rebalance`, the share of the uniform distribution in the weights, and
            `temperature` (None selects `TEMPERATURE`).
        source: `Source` of the training images, whose colors are counted; None for inference.

    Returns:
        `Objective`.

    Raises:
        UserError: All training images are gray.
    """
    del prediction
    priors = None if source is None else count_priors(source)
    temperature = TEMPERATURE if settings.temperature is None else settings.temperature
    weights = np.ones(chroma_bins.NUM_CHROMA_BINS, np.float32)
    if priors is not None:
        weights = chroma_bins.rebalancing_weights(priors, settings.rebalance)

    def target(rgb, grayscale, randomness, labels=None):
        del randomness, labels
        return grayscale, _encode(rgb)

    def loss(target, logits):
        cross_entropy = tf.nn.softmax_cross_entropy_with_logits(target, logits)
        weight = tf.gather(weights, tf.argmax(target, axis=-1))  # That of the nearest bin.
        return tf.reduce_mean(weight * cross_entropy)

    return Objective(
        description=f"cross entropy (rebalance {settings.rebalance:g})",
        target=target,
        loss=loss,
        colorize=_colorize,
        standard_deviation=_standard_deviation,
        temperature=temperature,
        metadata={
            "temperature": temperature,
            **({} if priors is None else {"priors": [float(f"{p:.6g}") for p in priors]}),
        },
    )


def count_priors(source):
    """Return the frequency of each chroma bin in the images of a source, soft-encoded.

    Args:
        source: `Source`.

    Returns:
        float64 NumPy `[NUM_CHROMA_BINS]`, sum 1.

    Raises:
        UserError: All images are gray.
    """
    size = source.image_size

    @tf.function(input_signature=[tf.TensorSpec([None, size, size, 3], tf.uint8)])
    def count(images):
        return tf.reduce_sum(_encode(from_uint8(images)), axis=[0, 1, 2])

    total = sum(count(images).numpy().astype("float64") for images in evaluation_batches(source))
    priors = total / total.sum()
    gray = chroma_bins.soft_encode(tf.zeros([2])).numpy()
    if np.abs(priors - gray).max() < 1e-6:
        raise UserError(
            f"{source.num_examples} training images that are all gray",
            "color images, from which training computes the grayscale input",
            "Pass another --dataset.",
        )
    return priors


def _encode(rgb):
    return chroma_bins.soft_encode(downsample_2x(rgb_to_chroma(rgb)))


def _colorize(network, grayscale, seeds=None, temperature=TEMPERATURE):
    del seeds  # The annealed mean is deterministic.
    temperature = tf.reshape(tf.convert_to_tensor(temperature, tf.float32), [-1, 1, 1, 1])
    chroma = chroma_bins.annealed_mean(network(grayscale, training=False), temperature)
    return luma_chroma_to_rgb(grayscale, upsample_2x(chroma, grayscale))


def _standard_deviation(network, grayscale):
    logits = network(grayscale, training=False)
    return upsample_2x(chroma_bins.standard_deviation(logits), grayscale)
