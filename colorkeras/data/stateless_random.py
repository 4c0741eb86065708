"""Stateless random numbers for the pictures of a training step."""

import tensorflow as tf


class Randomness:
    """Draws random numbers that follow from (seed, step, position in the batch) alone.

    Steps never repeat within a run, so (seed, step) stands for (seed, epoch, position). Where
    several replicas share a batch, each gets the numbers of its own share: the pictures come out
    the same on any number of replicas. Draws differ from each other by their order.

    Args:
        seed: Whole number, the run's.
        step: int scalar, the number of steps before this one.

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
        """float32 `[num_images, *shape]` in low..high, evenly spread."""
        return self._draw(num_images, shape, tf.random.stateless_uniform, minval=low, maxval=high)

    def normal(self, num_images, shape):
        """float32 `[num_images, *shape]` of mean 0 and standard deviation 1."""
        return self._draw(num_images, shape, tf.random.stateless_normal)

    def integers(self, num_images, shape, high):
        """int32 `[num_images, *shape]` in 0..high-1, evenly spread."""
        return self._draw(
            num_images,
            shape,
            tf.random.stateless_uniform,
            minval=0,
            maxval=high,
            dtype=tf.int32,
        )

    def _draw(self, num_images, shape, distribution, **settings):
        context = tf.distribute.get_replica_context()
        seed = tf.random.experimental.stateless_fold_in(self._seed, self._num_draws)
        self._num_draws += 1
        # Numbers for the whole batch, of which each replica keeps its share.
        total = num_images * context.num_replicas_in_sync
        numbers = distribution([total, *shape], seed, **settings)
        first = context.replica_id_in_sync_group * num_images
        return numbers[first : first + num_images]
