"""Bit-identical results from the same seed."""

import keras
import tensorflow as tf


def make_deterministic(seed):
    """Seed all global generators and restrict TensorFlow to deterministic operations.

    This affects the whole process. Runs with the same seed then end in identical bits on the same
    machine with the same number of devices.

    Args:
        seed: Whole number.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    if not tf.config.list_physical_devices("GPU"):
        # TensorFlow 2.21 assumes that a CPU has 256 MB of memory. For steps that need more, its
        # graph optimizer adds gradients in order of arrival, so rounding differs between runs. That
        # pass has no switch of its own. Training on CPUs is as fast without all of them
        # (`benchmarks/architectures.py`).
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
