"""Grayscale inputs for evaluation: luma or degraded grayscale.

To add a degradation, write a function and add it to `DEGRADATIONS`. The function maps ground-truth
RGB, float32 `[batch, height, width, 3]` in `[0, 1]`, to grayscale, float32
`[batch, height, width, 1]` in `[0, 1]`. The result for an image must depend only on that image so
that all models receive the same inputs.
"""

import tensorflow as tf

from colorkeras.color.spaces import luma, to_uint8
from colorkeras.data.augmentation.scan import degrade
from colorkeras.data.stateless_random import Randomness

_SEED = 0


def scan(rgb):
    """Apply the degradations of the "scan" augmentation to every image."""

    def degrade_one(image):
        # Identify the image by the sum of its pixel values, which is exact for integers.
        number = tf.reduce_sum(tf.cast(to_uint8(image), tf.int32))
        return degrade(image[tf.newaxis], Randomness(_SEED, number), clean_share=0.0)[0]

    return tf.map_fn(degrade_one, rgb)


DEGRADATIONS = {"none": luma, "scan": scan}
"""Degradations by name."""
