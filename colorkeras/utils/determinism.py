"""The same bits from the same seed."""

import keras
import tensorflow as tf


def make_deterministic(seed):
    """Seeds all global generators and lets TensorFlow use deterministic operations only.

    It holds for the whole process. Runs then end in the same bits on one machine and number of
    devices.

    Args:
        seed: Whole number.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    if not tf.config.list_physical_devices("GPU"):
        # TensorFlow 2.21 takes any CPU for one of 256 MB. Where a step needs more, its graph
        # optimizer turns sums of gradients into sums in order of arrival, whose rounding differs
        # from run to run. That pass has no switch of its own; without all of them training on CPUs
        # is as fast (`benchmarks/architectures.py`).
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
