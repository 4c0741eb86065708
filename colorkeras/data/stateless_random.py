"""Stateless random numbers for the images of a training step."""

import tensorflow as tf


class Randomness:
    """Random numbers that depend on (seed, step, position in the batch) only.

    Steps never repeat within a run. Replicas that share a batch each get the numbers of their
    share, so that results do not depend on the number of replicas. Successive draws differ.

    Args:
        seed: int, the run's seed.
        step: int scalar, number of preceding steps.

    Example:

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
        """Draw uniform float32 `[num_images, *shape]` in `[low, high)`."""
        return self._draw(num_images, shape, tf.random.stateless_uniform, minval=low, maxval=high)

    def normal(self, num_images, shape):
        """Draw standard normal float32 `[num_images, *shape]`."""
        return self._draw(num_images, shape, tf.random.stateless_normal)

    def integers(self, num_images, shape, high):
        """Draw uniform int32 `[num_images, *shape]` in `[0, high)`."""
        return self._draw(
            num_images,
            shape,
            tf.random.stateless_uniform,
            minval=0,
            maxval=high,
            dtype=tf.int32,
        )

    def _draw(self, num_images, shape, distribution, **options):
        context = tf.distribute.get_replica_context()
        seed = tf.random.experimental.stateless_fold_in(self._seed, self._num_draws)
        self._num_draws += 1
        # Draw for the whole batch and keep this replica's share.
        total = num_images * context.num_replicas_in_sync
        numbers = distribution([total, *shape], seed, **options)
        first = context.replica_id_in_sync_group * num_images
        return numbers[first : first + num_images]
