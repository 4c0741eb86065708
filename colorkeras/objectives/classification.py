"""Classification: the network predicts a distribution over quantized chroma.

Reference: Zhang, Isola, Efros, "Colorful image colorization", ECCV 2016.
"""

import numpy as np
import tensorflow as tf

from colorkeras.color import chroma_bins
from colorkeras.color.resampling import ceil_divide, downsample_2x, upsample_2x
from colorkeras.color.spaces import from_uint8, luma_chroma_to_rgb, rgb_to_chroma
from colorkeras.data import evaluation_batches
from colorkeras.objectives.objective import Objective
from colorkeras.utils.errors import UserError

TEMPERATURE = 0.38
"""Default temperature of the annealed mean, from the paper; 1 gives the mean and 0 the mode."""


def classification(prediction, settings, source=None, priors=None):
    """Create the objective for the "bins" prediction: cross entropy with class rebalancing.

    Chroma is predicted at half the resolution of luma and upsampled bilinearly. The `rebalance`
    setting is passed to `rebalancing_weights` as `uniform_share`. If the `temperature` setting is
    None, `TEMPERATURE` is used. The arguments are described in `objectives.create`.
    """
    del prediction
    if priors is None and source is not None:
        priors = count_bins(source, _encode)
    temperature = TEMPERATURE if settings.temperature is None else settings.temperature
    weights = np.ones(chroma_bins.NUM_CHROMA_BINS, np.float32)
    if priors is not None:
        weights = chroma_bins.rebalancing_weights(priors, settings.rebalance)

    def target(rgb, grayscale, randomness, labels=None):
        del randomness, labels
        return grayscale, _encode(rgb)

    def loss(target, logits):
        cross_entropy = tf.nn.softmax_cross_entropy_with_logits(target, logits)
        weight = tf.gather(weights, tf.argmax(target, axis=-1))  # Weight of the nearest bin.
        return tf.reduce_mean(weight * cross_entropy)

    return Objective(
        description=f"cross entropy (rebalance {settings.rebalance:g})",
        target=target,
        loss=loss,
        colorize=_colorize,
        standard_deviation=_standard_deviation,
        temperature=temperature,
        metadata={"temperature": temperature, **priors_metadata(priors)},
    )


def priors_metadata(priors):
    """Return the metadata that stores an objective's priors; empty if `priors` is None."""
    return {} if priors is None else {"priors": [float(f"{share:.6g}") for share in priors]}


def count_bins(source, encode, max_images=None):
    """Compute the frequencies of the chroma bins in a source's images, using soft encoding.

    Args:
        source: `Source`.
        encode: Function that maps RGB, float32 `[batch, h, w, 3]`, to soft-encoded chroma
            `[batch, h', w', NUM_CHROMA_BINS]`.
        max_images: Maximum number of images to use, evenly spaced; None uses all images.

    Returns:
        NumPy array of frequencies that sum to 1, float64 `[NUM_CHROMA_BINS]`.

    Raises:
        UserError: All images are gray.
    """
    size = source.image_size

    @tf.function(input_signature=[tf.TensorSpec([None, size, size, 3], tf.uint8)], autograph=False)
    def count(images):
        return tf.reduce_sum(encode(from_uint8(images)), axis=[0, 1, 2])

    step = 1 if max_images is None else ceil_divide(source.num_examples, max_images)
    batches = evaluation_batches(source, step=step)
    total = sum(count(images).numpy().astype("float64") for images in batches)
    priors = total / total.sum()
    gray = chroma_bins.soft_encode(tf.zeros([2])).numpy()
    if np.abs(priors - gray).max() < 1e-6:
        raise UserError(
            f"{source.num_examples} training images, all of which are gray",
            "color images, from which training computes the grayscale inputs",
            "Pass a different --dataset.",
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
