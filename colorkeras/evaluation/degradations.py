"""Grayscale inputs for evaluation: luma, or degraded grayscale.

To add one, add a function and an entry to `DEGRADATIONS`. A function maps ground-truth RGB, float32
`[batch, height, width, 3]` in `[0, 1]`, to grayscale, float32 `[batch, height, width, 1]` in
`[0, 1]`. Its result depends on each image alone, so that all models get the same inputs.
"""

import tensorflow as tf

from colorkeras.color.spaces import luma, to_uint8
from colorkeras.data.augmentation.scan import degrade
from colorkeras.data.stateless_random import Randomness

_SEED = 0


def scan(rgb):
    """Degrade like the augmentation "scan", without clean images."""

    def degrade_one(image):
        # The sum of all levels is an integer, hence exact, and identifies the image.
        number = tf.reduce_sum(tf.cast(to_uint8(image), tf.int32))
        return degrade(image[tf.newaxis], Randomness(_SEED, number), clean_share=0.0)[0]

    return tf.map_fn(degrade_one, rgb)


DEGRADATIONS = {"none": luma, "scan": scan}
"""Degradations by name."""
