"""Compute hints from a reference: a color image with similar content.

Cells of the two images are matched by the similarity of their backbone features. The most confident
matches become inexact hints.

Reference: He, Chen, Liao, Sander, Yuan, "Deep exemplar-based colorization", ACM Transactions on
Graphics 37 (SIGGRAPH), 2018.
"""

import tensorflow as tf

from colorkeras.color.guided_upsampling import scaled_size
from colorkeras.color.spaces import luma, rgb_to_chroma
from colorkeras.config.colorize_options import MAX_REFERENCE_SIZE
from colorkeras.data.hints import INEXACT
from colorkeras.models.architectures.hint_unet import LARGEST_STRIDE, backbone_features
from colorkeras.models.layers import PadToMultiple

_CELL = 8
"""Side length of a matched cell in pixels."""

_FINE_WEIGHT = 0.5
"""Weight of the stride-8 features relative to the stride-16 features."""

_SHARPNESS = 30.0
"""Factor applied to similarities before the softmax over the reference's cells."""


def downscale_references(reference):
    """Downscale references to at most `MAX_REFERENCE_SIZE` pixels on the longer side.

    Args:
        reference: RGB images, float32 `[batch, h, w, 3]` in `[0, 1]`.

    Returns:
        RGB images with the same dtype and range.
    """
    size = scaled_size(tf.shape(reference)[1:3], MAX_REFERENCE_SIZE)
    return tf.clip_by_value(tf.image.resize(reference, size, antialias=True), 0.0, 1.0)


def reference_hints(network, grayscale, reference):
    """Compute hints for grayscale images from reference images.

    Args:
        network: Network from `hint_unet`.
        grayscale: float32 `[batch, h, w, 1]` in `[0, 1]`.
        reference: References from `downscale_references`, one per image.

    Returns:
        Hints, float32 `[batch, h, w, 3]`. The mask is `INEXACT` in the more confidently matched
        half of the cells and 0 elsewhere.
    """
    reference = PadToMultiple(LARGEST_STRIDE, dtype="float32")(reference)
    chroma = tf.nn.avg_pool2d(rgb_to_chroma(reference), _CELL, _CELL, "VALID")
    own = _descriptors(network, grayscale)
    rows, columns = tf.unstack(tf.shape(own)[1:3])
    own, other = _flat(own), _flat(_descriptors(network, luma(reference)))
    similarity = tf.matmul(own, other, transpose_b=True)
    # Averaging the best matches is more robust than using only the best match.
    matched = tf.matmul(tf.nn.softmax(_SHARPNESS * similarity), _flat(chroma))
    mask = INEXACT * _is_confident(tf.reduce_max(similarity, axis=-1, keepdims=True))
    hints = tf.concat([matched * tf.sign(mask), mask], axis=-1)
    hints = tf.reshape(hints, [-1, rows, columns, 3])
    hints = tf.repeat(tf.repeat(hints, _CELL, axis=1), _CELL, axis=2)
    return hints[:, : tf.shape(grayscale)[1], : tf.shape(grayscale)[2]]


def _descriptors(network, grayscale):
    """Return unit vectors for cells of `_CELL` x `_CELL` pixels, `[batch, h', w', channels]`."""
    features = backbone_features(network, grayscale)
    fine = features[str(_CELL)]
    coarse = tf.image.resize(features[str(2 * _CELL)], tf.shape(fine)[1:3])
    parts = [_FINE_WEIGHT * _standardized(fine), _standardized(coarse)]
    return tf.math.l2_normalize(tf.concat(parts, axis=-1), axis=-1)


def _standardized(features):
    """Standardize each channel per image, then normalize feature vectors to unit length."""
    mean, variance = tf.nn.moments(features, axes=[1, 2], keepdims=True)
    return tf.math.l2_normalize((features - mean) / (tf.sqrt(variance) + 1e-3), axis=-1)


def _flat(places):
    """Reshape `[batch, h, w, channels]` to `[batch, h * w, channels]`."""
    shape = tf.shape(places)
    return tf.reshape(places, [shape[0], shape[1] * shape[2], places.shape[-1]])


def _is_confident(score):
    """Return 1 for the higher half of each image's scores `[batch, cells, 1]`, 0 for the rest."""
    ordered = tf.sort(score, axis=1)
    median = ordered[:, tf.shape(ordered)[1] // 2][:, tf.newaxis]
    return tf.cast(score >= median, tf.float32)
