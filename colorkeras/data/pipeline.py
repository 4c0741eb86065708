"""`tf.data` pipelines that yield batches of uint8 RGB images.

They compute nothing with pixels. Scaling, grayscale conversion and augmentation belong to the
compiled train step: they run on the accelerator, and only uint8 is transferred to it.
"""

import tensorflow as tf

PIXELS_PER_BATCH = 100 * 32 * 32
"""Default size of evaluation batches; color computations need about 500 bytes per pixel."""


def training_batches(source, batch_size, seed, initial_epoch=0, initial_step=0, labels=False):
    """Yield shuffled batches without end; an epoch has `source.num_examples // batch_size`.

    Each epoch is a permutation of the source that depends on (seed, epoch) only. The remainder that
    does not fill a batch differs between epochs.

    Args:
        source: `Source`.
        batch_size: Images per batch, at most `source.num_examples`.
        seed: int.
        initial_epoch: First epoch to yield.
        initial_step: Number of batches of that epoch to skip.
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
    """Yield all images of a source once, in order; the last batch may be smaller.

    Args:
        source: `Source`.
        batch_size: Images per batch; None selects batches of `PIXELS_PER_BATCH`.
        labels: Whether to yield `(images, labels)`, labels int64 `[n]`.

    Returns:
        `tf.data.Dataset` of uint8 `[n, image_size, image_size, 3]`.
    """
    if batch_size is None:
        batch_size = max(1, PIXELS_PER_BATCH // source.image_size**2)
    indices = tf.data.Dataset.range(source.num_examples).batch(batch_size)
    batches = indices.map(lambda batch: (batch, tf.constant(0, tf.int64)))
    return _load(batches, source, None, labels)


def _load(batches, source, batch_size, labels):
    size = source.image_size
    if labels and getattr(source, "labels", None) is None:
        raise ValueError(
            "Received labels=True for a source without labels. Expected a labeled source. "
            "Pass labels=False."
        )

    def load(indices, epoch):
        images = tf.ensure_shape(source.load(indices, epoch), [batch_size, size, size, 3])
        return (images, tf.gather(source.labels, indices)) if labels else images

    batches = batches.map(load, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    # With several workers, each takes its share of every batch.
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return batches.with_options(options)
