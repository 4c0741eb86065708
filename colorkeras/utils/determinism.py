"""Bitwise reproducibility."""

import keras
import tensorflow as tf


def make_deterministic(seed):
    """Seed all global random number generators and make TensorFlow deterministic.

    This affects the whole process. Runs with the same seed give bit-identical results on the same
    machine with the same number of devices.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    if not tf.config.list_physical_devices("GPU"):
        # TensorFlow 2.21 assumes that a CPU has 256 MB of memory. For steps that need more, one of
        # its graph optimizer passes sums gradients in order of arrival, so rounding differs between
        # runs. That pass cannot be disabled on its own. Disabling all passes does not slow down
        # training on CPUs (`benchmarks/architectures.py`).
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
