"""What evaluation shows models of true pictures: their luma, or grayscale that is damaged.

Add one by adding a function and one entry to `DEGRADATIONS`. A function takes true RGB, float32
`[n, h, w, 3]` in 0..1, and returns grayscale, float32 `[n, h, w, 1]` in 0..1, that follows from
each picture alone: every model gets the same, in batches of any size and order.
"""

import tensorflow as tf

from colorkeras.color.spaces import luma, to_uint8
from colorkeras.data.augmentation.scan import degrade
from colorkeras.data.stateless_random import Randomness

_SEED = 0


def scan(rgb):
    """A scan of an old photograph, by the definition from which `--augment scan` learns."""

    def degrade_one(picture):
        # A picture's own pixels number it: the sum of their levels, whole and thus exact.
        number = tf.reduce_sum(tf.cast(to_uint8(picture), tf.int32))
        return degrade(picture[tf.newaxis], Randomness(_SEED, number), clean_share=0.0)[0]

    return tf.map_fn(degrade_one, rgb)


DEGRADATIONS = {"none": luma, "scan": scan}
"""Degradations by name."""
