"""Stateless random numbers for training steps."""

import tensorflow as tf


class Randomness:
    """Random numbers determined by the seed, the step, the draw and the position in the batch.

    Each replica gets the numbers for its slice of the batch, so results do not depend on the number
    of replicas.

    Args:
        seed: Seed for the run, int.
        step: Number of completed steps, int scalar.

    >>> draw = Randomness(seed=1, step=5)
    >>> first, second = draw.uniform(2, []), draw.uniform(2, [])
    >>> bool(tf.reduce_all(first == Randomness(seed=1, step=5).uniform(2, [])))
    True
    >>> bool(tf.reduce_all(first == second))
    False
    """

    def __init__(self, seed, step):
        self._seed = tf.stack([tf.constant(seed, tf.int32), tf.cast(step, tf.int32)])
        self._num_draws = 0

    def uniform(self, num_images, shape, low=0.0, high=1.0):
        """Draw float32 `[num_images, *shape]` uniformly from `[low, high)`."""
        return self._draw(num_images, shape, tf.random.stateless_uniform, minval=low, maxval=high)

    def normal(self, num_images, shape):
        """Draw float32 `[num_images, *shape]` from the standard normal distribution."""
        return self._draw(num_images, shape, tf.random.stateless_normal)

    def integers(self, num_images, shape, high):
        """Draw int32 `[num_images, *shape]` uniformly from `[0, high)`."""
        return self._draw(
            num_images,
            shape,
            tf.random.stateless_uniform,
            minval=0,
            maxval=high,
            dtype=tf.int32,
        )

    def shared_integers(self, shape, high):
        """Draw int32 values uniformly from `[0, high)`, shared by all images in the batch."""
        return tf.random.stateless_uniform(shape, self._next_seed(), 0, high, tf.int32)

    def _next_seed(self):
        self._num_draws += 1
        return tf.random.experimental.stateless_fold_in(self._seed, self._num_draws - 1)

    def _draw(self, num_images, shape, distribution, **options):
        context = tf.distribute.get_replica_context()
        seed = self._next_seed()
        # Draw for the whole batch and keep this replica's slice.
        total = num_images * context.num_replicas_in_sync
        numbers = distribution([total, *shape], seed, **options)
        first = context.replica_id_in_sync_group * num_images
        return numbers[first : first + num_images]
