"""Distribution strategies for one device, several GPUs or several machines."""

import json
import os
import re

import tensorflow as tf

from colorkeras.utils.errors import LostWorkerError, UserError, check_choice, one_line

STRATEGIES = ("auto", "one", "mirrored", "multi_worker")

LOST_WORKER_ERRORS = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError)
"""Exceptions that TensorFlow raises in a worker after another worker has failed."""


def choose_strategy(requested, batch_size):
    """Create a distribution strategy; `requested` is one of `STRATEGIES`.

    "auto" uses the largest number of GPUs that divides the batch evenly, or one device if there are
    no GPUs. "mirrored" uses all GPUs, or all logical CPU devices if there are no GPUs.
    "multi_worker" uses the devices of all processes listed in TF_CONFIG and must be created before
    any TensorFlow operation runs.

    Raises:
        UserError: The name is unknown, the batch cannot be divided evenly between the devices,
            TF_CONFIG is invalid, or the workers cannot connect.

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
    _check_batch_size(batch_size, len(devices))
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def is_multi_worker(strategy):
    """Return whether a strategy trains in several processes."""
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return False
    # With a single worker, the strategy behaves like `MirroredStrategy`.
    cluster = strategy.cluster_resolver.cluster_spec().as_dict()
    return sum(map(len, cluster.values())) > 1


def is_chief(strategy):
    """Return whether this process is the chief: the only worker, or the one that writes files."""
    if not is_multi_worker(strategy):
        return True
    resolver = strategy.cluster_resolver
    first = "chief" if "chief" in resolver.cluster_spec().jobs else "worker"
    return (resolver.task_type, resolver.task_id) == (first, 0)


def lost_worker_error(run_folder):
    """Return a LostWorkerError that explains how to resume; `run_folder` may be None."""
    return LostWorkerError(
        "Stopped because another worker cannot be reached. See that worker's output for the cause. "
        f"To resume, start all workers with --resume {run_folder or 'and the run folder'}"
    )


def _multi_worker(batch_size):
    try:
        config = json.loads(os.environ.get("TF_CONFIG", ""))
        parts = {part: _addresses(config["cluster"], part) for part in ("chief", "worker")}
        own, index = config["task"]["type"], config["task"]["index"]
        if type(index) is not int or not 0 <= index < len(parts[own]):
            raise ValueError(f"it lists no {own} {index!r}")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"--strategy multi_worker with TF_CONFIG {os.environ.get('TF_CONFIG')!r} "
            f"({one_line(error)})",
            'JSON such as {"cluster": {"worker": ["host1:2222", "host2:2222"]}, '
            '"task": {"type": "worker", "index": 0}}, with a different index on each machine',
            "Set TF_CONFIG, or pass --strategy auto to train in one process.",
        ) from error
    try:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    except (tf.errors.OpError, RuntimeError, ValueError) as error:
        raise UserError(
            f"TF_CONFIG {os.environ['TF_CONFIG']!r}, whose workers cannot connect "
            f"({one_line(error)})",
            "one process per machine, unused ports, and machines that can reach each other",
            "Start all workers, each with a different index.",
        ) from error
    _check_batch_size(batch_size, strategy.num_replicas_in_sync)
    return strategy


def _check_batch_size(batch_size, num_devices):
    if batch_size % num_devices:
        raise UserError(
            f"--batch-size {batch_size} for {num_devices} devices",
            "a multiple of the number of devices",
            f"Pass --batch-size {-(-batch_size // num_devices) * num_devices} or --strategy one.",
        )


def _addresses(cluster, part):
    addresses = cluster.get(part, [])
    is_list = isinstance(addresses, list) and all(isinstance(text, str) for text in addresses)
    if not is_list or not all(re.fullmatch(r".+:\d+", text) for text in addresses):
        raise ValueError(f"the value of {part!r} is not a list of addresses")
    return addresses


def largest_divisor(number, limit):
    """Return the largest divisor of `number` that is at most `limit`.

    >>> largest_divisor(128, 6)
    4
    """
    return next(divisor for divisor in range(limit, 0, -1) if number % divisor == 0)


def even_batch_size(num_examples, batch_size, num_replicas):
    """Return a batch size close to `batch_size` for which no replica receives an empty batch.

    TensorFlow splits a batch of unknown size into parts of `ceil(size / num_replicas)` images, so
    the last part may be empty. Convolutions on CPUs fail for empty batches. Raises `UserError` if
    there is no suitable batch size.

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
        f"{num_examples} validation images for {num_replicas} devices",
        "enough images for every device to receive part of every batch",
        "Pass --strategy one or add images.",
    )
