"""`tf.data` pipelines that yield batches of uint8 RGB images.

Scaling, grayscale conversion and augmentation are part of the compiled train step. They run on the
accelerator, so only uint8 data needs to be transferred to it.
"""

import tensorflow as tf

PIXELS_PER_BATCH = 100 * 32 * 32
"""Default evaluation batch size in pixels; color computations use about 500 bytes per pixel."""


def training_batches(source, batch_size, seed, initial_epoch=0, initial_step=0, labels=False):
    """Return an infinite dataset of shuffled batches.

    An epoch consists of `source.num_examples // batch_size` batches. The order of the images
    depends only on the seed and the epoch. Images left over after the last full batch are dropped;
    they differ between epochs.

    Args:
        source: `Source`.
        batch_size: Images per batch, at most `source.num_examples`.
        seed: int.
        initial_epoch, initial_step: First epoch to yield, and number of batches to skip in it.
        labels: Whether to yield `(images, labels)` with int64 `[batch_size]` labels.

    Returns `tf.data.Dataset` of uint8 `[batch_size, image_size, image_size, 3]`.
    """
    num_batches = source.num_examples // batch_size

    @tf.autograph.experimental.do_not_convert
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


def evaluation_batches(source, batch_size=None, labels=False, step=1):
    """Return a dataset with every `step`-th image of a source; the last batch may be smaller.

    Elements are uint8 `[n, image_size, image_size, 3]` or, with `labels`, pairs of images and int64
    `[n]` labels. By default, batches contain up to `PIXELS_PER_BATCH` pixels.
    """
    if batch_size is None:
        batch_size = max(1, PIXELS_PER_BATCH // source.image_size**2)
    indices = tf.data.Dataset.range(0, source.num_examples, step).batch(batch_size)
    batches = indices.map(lambda batch: (batch, tf.constant(0, tf.int64)))
    return _load(batches, source, None, labels)


def _load(batches, source, batch_size, labels):
    size = source.image_size
    if labels and getattr(source, "labels", None) is None:
        raise ValueError(
            "Received labels=True for a source without labels. Expected a source with labels. "
            "Pass labels=False."
        )

    @tf.autograph.experimental.do_not_convert
    def load(indices, epoch):
        images = tf.ensure_shape(source.load(indices, epoch), [batch_size, size, size, 3])
        return (images, tf.gather(source.labels, indices)) if labels else images

    batches = batches.map(load, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    # Each worker processes part of every batch.
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return batches.with_options(options)
