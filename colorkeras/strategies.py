"""On how many devices of this machine to train."""

import itertools

import tensorflow as tf

from colorkeras.errors import UserError

STRATEGIES = ("auto", "one", "mirrored")


def choose_strategy(requested, batch_size):
    """Resolves the name of a strategy.

    Args:
        requested: One of `STRATEGIES`. "auto" takes all GPUs where there are several, else one
            device. "mirrored" takes all GPUs, or all logical CPU devices where there is no GPU.
        batch_size: Pictures per step on all devices together.

    Returns:
        `tf.distribute.Strategy`; that of one device is TensorFlow's default.

    Raises:
        UserError: The batch cannot be shared out evenly.

    >>> choose_strategy("one", batch_size=128).num_replicas_in_sync
    1
    """
    gpus = tf.config.list_logical_devices("GPU")
    if requested == "one" or (requested == "auto" and len(gpus) < 2):
        return tf.distribute.get_strategy()
    devices = gpus or tf.config.list_logical_devices("CPU")
    if batch_size % len(devices):
        raise UserError(
            f"--batch-size {batch_size} for {len(devices)} devices",
            "a multiple of the number of devices",
            f"Pass --batch-size {-(-batch_size // len(devices)) * len(devices)}, "
            "or --strategy one.",
        )
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def even_batch_size(num_examples, batch_size, num_replicas):
    """The least batch size from `batch_size` on whose last batch has a picture for each replica.

    Convolutions on CPUs fail on the empty share of a batch that has too few.

    >>> even_batch_size(33, batch_size=16, num_replicas=1)
    16
    >>> even_batch_size(33, batch_size=16, num_replicas=2)
    17
    """
    sizes = itertools.count(batch_size)
    return next(size for size in sizes if not 0 < num_examples % size < num_replicas)
