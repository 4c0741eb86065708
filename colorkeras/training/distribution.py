"""On how many devices, of this machine or of several, to train."""

import json
import os
import re

import tensorflow as tf

from colorkeras.utils.errors import UserError, check_choice, one_line

STRATEGIES = ("auto", "one", "mirrored", "multi_worker")


def choose_strategy(requested, batch_size):
    """Resolves the name of a strategy.

    Args:
        requested: One of `STRATEGIES`. "auto" takes as many GPUs as share the batch evenly, all of
            them if possible; without several, one device. "mirrored" takes all GPUs, or all
            logical CPU devices where there is no GPU. "multi_worker" takes the devices of all
            processes that TF_CONFIG names; it must be chosen before TensorFlow has done anything.
        batch_size: Pictures per step on all devices together.

    Returns:
        `tf.distribute.Strategy`; that of one device is TensorFlow's default.

    Raises:
        UserError: The name is unknown, or "mirrored" cannot share the batch evenly.

    >>> choose_strategy("one", batch_size=128).num_replicas_in_sync
    1
    """
    check_choice("strategy", requested, STRATEGIES)
    if requested == "multi_worker":
        return _multi_worker(batch_size)
    devices = tf.config.list_logical_devices("GPU")
    if requested == "one" or (requested == "auto" and len(devices) < 2):
        return tf.distribute.get_strategy()
    if requested == "auto":
        devices = devices[: largest_divisor(batch_size, len(devices))]
    devices = devices or tf.config.list_logical_devices("CPU")
    if batch_size % len(devices):
        raise UserError(
            f"--batch-size {batch_size} for {len(devices)} devices",
            "a multiple of the number of devices",
            f"Pass --batch-size {-(-batch_size // len(devices)) * len(devices)}, "
            "or --strategy one.",
        )
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def is_multi_worker(strategy):
    """Whether a strategy trains in several processes."""
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return False
    # In a cluster of a single worker it is like `MirroredStrategy`.
    cluster = strategy.cluster_resolver.cluster_spec().as_dict()
    return sum(map(len, cluster.values())) > 1


def is_chief(strategy):
    """Whether this process is the one, perhaps the only one, that writes files."""
    if not is_multi_worker(strategy):
        return True
    resolver = strategy.cluster_resolver
    first = "chief" if "chief" in resolver.cluster_spec().jobs else "worker"
    return (resolver.task_type, resolver.task_id) == (first, 0)


def _multi_worker(batch_size):
    try:
        config = json.loads(os.environ.get("TF_CONFIG", ""))
        parts = {part: _addresses(config["cluster"], part) for part in ("chief", "worker")}
        own, index = config["task"]["type"], config["task"]["index"]
        if type(index) is not int or not 0 <= index < len(parts[own]):
            raise ValueError(f"it names no {own} {index!r}")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"--strategy multi_worker with TF_CONFIG {os.environ.get('TF_CONFIG')!r} "
            f"({one_line(error)})",
            'JSON such as {"cluster": {"worker": ["host1:2222", "host2:2222"]}, '
            '"task": {"type": "worker", "index": 0}}, another index on each machine',
            "Set it, or try two workers on this machine with pipelines/launch_local.py.",
        ) from error
    try:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    except (tf.errors.OpError, RuntimeError, ValueError) as error:
        raise UserError(
            f"TF_CONFIG {os.environ['TF_CONFIG']!r}, whose workers do not find each other "
            f"({one_line(error)})",
            "free ports of machines that reach each other, and a process on each",
            "Start all workers, each with its own index.",
        ) from error
    if batch_size % strategy.num_replicas_in_sync:
        count = strategy.num_replicas_in_sync
        raise UserError(
            f"--batch-size {batch_size} for {count} devices of all workers",
            "a multiple of the number of devices",
            f"Pass --batch-size {-(-batch_size // count) * count}.",
        )
    return strategy


def _addresses(cluster, part):
    addresses = cluster.get(part, [])
    if not isinstance(addresses, list) or not all(map(_is_address, addresses)):
        raise ValueError(f"its {part} is no list of addresses")
    return addresses


def _is_address(text):
    return isinstance(text, str) and re.fullmatch(r".+:\d+", text) is not None


def largest_divisor(number, limit):
    """The largest divisor of a number that is at most `limit`.

    >>> largest_divisor(128, 6)
    4
    """
    return next(divisor for divisor in range(limit, 0, -1) if number % divisor == 0)


def even_batch_size(num_examples, batch_size, num_replicas):
    """A batch size near `batch_size` with which every batch has a picture for each replica.

    TensorFlow cuts a batch of unknown size into shares of its ceiling; convolutions on CPUs fail
    on a share that is left empty.

    Raises:
        UserError: There is none.

    >>> even_batch_size(33, batch_size=16, num_replicas=1)
    16
    >>> even_batch_size(33, batch_size=16, num_replicas=2)
    17
    """

    def is_shared(count):
        return count == 0 or (num_replicas - 1) * -(-count // num_replicas) < count

    larger = range(batch_size, num_examples + batch_size)
    for size in (*larger, *range(batch_size - 1, 0, -1)):
        if is_shared(size) and is_shared(num_examples % size):
            return size
    raise UserError(
        f"{num_examples} validation pictures for {num_replicas} devices",
        "enough that each device gets some of every batch",
        "Pass --strategy one, or more pictures.",
    )
