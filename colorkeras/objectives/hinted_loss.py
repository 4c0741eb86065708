"""Training target and loss for the "hinted_bins" prediction.

The prediction has a quarter of the image resolution. It consists of logits over chroma bins, mean
Cb and Cr, and median Cb and Cr. The target and the loss only include a random quarter of the
positions, which is sufficient because neighboring positions are similar.

Reference (classification with rebalancing): Zhang, Isola, Efros, "Colorful image colorization",
ECCV 2016.
"""

import functools

import numpy as np
import tensorflow as tf

from colorkeras.color.bt601 import BLUE_PER_CB, LUMA_WEIGHTS, RED_PER_CR
from colorkeras.color.chroma_bins import NUM_CHROMA_BINS, rebalancing_weights, soft_encode
from colorkeras.color.spaces import from_uint8, rgb_to_chroma, to_uint8
from colorkeras.data.hints import simulate_hints
from colorkeras.models.layers import PadToMultiple
from colorkeras.models.predictions import PREDICTIONS
from colorkeras.objectives.classification import count_bins

NUM_COUNTED_IMAGES = 6000
"""Maximum number of training images used to compute the priors."""

UNIFORM_SHARE, REBALANCING_POWER = 0.5, 0.5
"""The `uniform_share` for `rebalancing_weights`, and an exponent applied to its result."""

MEAN_WEIGHT, MEDIAN_WEIGHT = 1.0, 0.5
"""Weights of the mean error and the median error, relative to the cross entropy."""

GRAY_ERROR = 0.015
"""Typical squared RGB error, summed over channels, of a photograph converted to grayscale."""

STRIDE = PREDICTIONS["hinted_bins"].stride
"""Number of image pixels per predicted value along each axis."""

_GRID = 128
"""Number of cells along Cb and along Cr in the table of soft encodings."""


def class_weights(priors):
    """Compute the loss weights for chroma bins.

    Args:
        priors: Frequency of each bin in the training images, float `[NUM_CHROMA_BINS]`, with a sum
            of 1; None if unknown.

    Returns:
        NumPy float32 `[NUM_CHROMA_BINS]`. The mean of the weights under the priors is 1; if
        `priors` is None, all weights are 1.

    Raises:
        UserError: The priors are invalid; see `check_priors`.

    Example:

    >>> np.unique(class_weights(np.full(NUM_CHROMA_BINS, 1 / NUM_CHROMA_BINS))).round(3).tolist()
    [1.0]
    """
    if priors is None:
        return np.ones(NUM_CHROMA_BINS, np.float32)
    weights = rebalancing_weights(priors, UNIFORM_SHARE) ** REBALANCING_POWER
    return (weights / (np.asarray(priors) * weights).sum()).astype(np.float32)


def count_priors(source):
    """Compute the frequency of each chroma bin in a source's images, at quarter resolution.

    Args:
        source: `Source`; at most `NUM_COUNTED_IMAGES` of its images are used.

    Returns:
        NumPy array of frequencies that sum to 1, float64 `[NUM_CHROMA_BINS]`.

    Raises:
        UserError: All images are gray.
    """
    encodings = tf.constant(_soft_encodings())
    return count_bins(
        source, lambda rgb: tf.gather(encodings, _cells(_downsample(rgb))), NUM_COUNTED_IMAGES
    )


def target(rgb, grayscale, randomness, labels=None):
    """Simulate hints and select positions for the loss; see `Objective.target`.

    Returns:
        `([grayscale, hints], {"chroma": ..., "offset": ...})`. "hints" contains the hint maps from
        `simulate_hints`. "chroma" contains Cb and Cr of the images that it returns, in some of
        which a region was recolored, at every other position along each axis: float32
        `[batch, h / 8, w / 8, 2]`. "offset" is the first of these positions, int32 `[2]`.
    """
    del labels
    seeds = randomness.integers(tf.shape(rgb)[0], [2], 2**31 - 1)
    hints, recolored = tf.numpy_function(
        _simulate_hints, [to_uint8(rgb), seeds], [tf.float32, tf.uint8], stateful=False
    )
    chroma = _downsample(tf.ensure_shape(from_uint8(recolored), rgb.shape))
    # An axis with at most 4 pixels has only one position.
    offset = tf.minimum(randomness.shared_integers([2], 2), tf.shape(chroma)[1:3] - 1)
    return [grayscale, tf.ensure_shape(hints, rgb.shape)], {
        "chroma": _every_second(chroma, offset),
        "offset": offset,
    }


def make_loss(priors):
    """Create the loss, a function of (dict from `target`, prediction).

    The loss is the weighted sum of three terms: the class-weighted cross entropy between the logits
    and the soft-encoded chroma, the squared error of the mean, and the absolute error of the
    median. Chroma errors are measured in RGB.

    Args:
        priors: See `class_weights`.
    """
    table = _soft_encodings()
    encodings = tf.constant(table, tf.bfloat16)
    weights = tf.constant(class_weights(priors)[table.argmax(-1)])

    def loss(target, prediction):
        chroma, prediction = target["chroma"], _every_second(prediction, target["offset"])
        logits, points = prediction[..., :NUM_CHROMA_BINS], prediction[..., NUM_CHROMA_BINS:]
        cells = _cells(chroma)
        entropy = tf.nn.softmax_cross_entropy_with_logits(
            tf.cast(tf.gather(encodings, cells), tf.float32), logits
        )
        mean_error = _squared_rgb_error(points[..., :2] - chroma) / GRAY_ERROR
        median_error = _squared_rgb_error(points[..., 2:] - chroma) / GRAY_ERROR
        return (
            tf.reduce_mean(tf.gather(weights, cells) * entropy)
            + MEAN_WEIGHT * tf.reduce_mean(mean_error)
            # The gradient of the square root is infinite at 0.
            + MEDIAN_WEIGHT * tf.reduce_mean(tf.sqrt(median_error + 1e-3))
        )

    return loss


def _simulate_hints(images, seeds):
    hints, images = zip(
        *(
            simulate_hints(image, np.random.default_rng(seed))
            for image, seed in zip(images, seeds, strict=True)
        ),
        strict=True,
    )
    return np.stack(hints), np.stack(images)


def _downsample(rgb):
    """Compute the mean chroma in the block of pixels that each predicted position covers."""
    chroma = PadToMultiple(STRIDE, dtype="float32")(rgb_to_chroma(rgb))
    return tf.nn.avg_pool2d(chroma, STRIDE, STRIDE, "VALID")


def _every_second(values, offset):
    return values[:, offset[0] :: 2, offset[1] :: 2]


@functools.cache
def _soft_encodings():
    """Return the soft encoding of each cell's center, NumPy float32 `[cells, bins]`.

    Looking up encodings is many times faster than computing the distances to all bins.
    """
    centers = (np.arange(_GRID, dtype=np.float32) + 0.5) / _GRID - 0.5
    chroma = np.stack(np.meshgrid(centers, centers, indexing="ij"), axis=-1)
    with tf.init_scope():
        return np.concatenate([soft_encode(tf.constant(row)).numpy() for row in chroma])


def _cells(chroma):
    """Convert chroma `[..., 2]` to cell indices in the table of soft encodings, int32 `[...]`."""
    places = tf.cast(tf.floor((chroma + 0.5) * _GRID), tf.int32)
    places = tf.clip_by_value(places, 0, _GRID - 1)
    return places[..., 0] * _GRID + places[..., 1]


def _squared_rgb_error(difference):
    """Convert a difference in Cb and Cr to a squared RGB error, summed over channels.

    Luma is unaffected, so the luma-weighted sum of the channel errors is 0.
    """
    blue, red = BLUE_PER_CB * difference[..., 0], RED_PER_CR * difference[..., 1]
    green = -(LUMA_WEIGHTS[2] * blue + LUMA_WEIGHTS[0] * red) / LUMA_WEIGHTS[1]
    return tf.square(red) + tf.square(green) + tf.square(blue)
