"""`tf.data` pipelines over a source: uint8 RGB batches and nothing else.

No pixel is computed with here. Scaling, grayscale conversion and augmentation belong to the
compiled train step, so that they run on the accelerator and only uint8 crosses the bus.
"""

import tensorflow as tf

PIXELS_PER_BATCH = 100 * 32 * 32
"""Of an evaluation, by default: color maths takes about 500 bytes for each."""


def training_batches(source, batch_size, seed, initial_epoch=0, initial_step=0, labels=False):
    """Endless shuffled batches; one epoch is `source.num_examples // batch_size` of them.

    Every epoch is a fresh permutation of the whole source, a function of (seed, epoch) alone. The
    remainder that fills no batch is another one in each epoch.

    Args:
        source: A `Source`.
        batch_size: Pictures in a batch, at most `source.num_examples`.
        seed: Whole number.
        initial_epoch: The first epoch to yield.
        initial_step: How many batches of that epoch to leave out.
        labels: Whether to yield `(images, labels)`, labels int64 `[batch_size]`.

    Returns:
        `tf.data.Dataset` of uint8 `[batch_size, image_size, image_size, 3]`.
    """
    num_batches = source.num_examples // batch_size

    def epoch_batches(epoch):
        order = tf.random.experimental.stateless_shuffle(
            tf.range(source.num_examples, dtype=tf.int64), seed=tf.stack([seed, epoch])
        )
        order = tf.reshape(order[: num_batches * batch_size], [num_batches, batch_size])
        num_skipped = initial_step * tf.cast(epoch == initial_epoch, tf.int64)
        indices = tf.data.Dataset.from_tensor_slices(order).skip(num_skipped)
        return indices.map(lambda batch: (batch, epoch))

    batches = tf.data.Dataset.counter(initial_epoch).flat_map(epoch_batches)
    return _load(batches, source, batch_size, labels)


def evaluation_batches(source, batch_size=None, labels=False):
    """All pictures of a source once, in order; the last batch may be smaller.

    Args and result are those of `training_batches`, with `[n, ...]` for the batch; without a
    `batch_size` it is of `PIXELS_PER_BATCH`, or of one picture that has more.
    """
    if batch_size is None:
        batch_size = max(1, PIXELS_PER_BATCH // source.image_size**2)
    indices = tf.data.Dataset.range(source.num_examples).batch(batch_size)
    batches = indices.map(lambda batch: (batch, tf.constant(0, tf.int64)))
    return _load(batches, source, None, labels)


def _load(batches, source, batch_size, labels):
    size = source.image_size
    if labels and getattr(source, "labels", None) is None:
        raise ValueError("Received labels=True for a source that has none.")

    def load(indices, epoch):
        images = tf.ensure_shape(source.load(indices, epoch), [batch_size, size, size, 3])
        return (images, tf.gather(source.labels, indices)) if labels else images

    batches = batches.map(load, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    # Of several workers each takes its share of every batch.
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return batches.with_options(options)
