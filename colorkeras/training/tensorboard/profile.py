"""Where the time of a few training steps goes."""

from pathlib import Path

import keras
import tensorflow as tf

NUM_STEPS = 10
"""Profiled steps, and steps before them, while caches fill; fewer where an epoch is short."""


class Profile(keras.callbacks.Callback):
    """Profiles a few steps of the first epoch that it sees, for TensorBoard's Profile tab.

    It waits for the device after each of them, so that epoch's images/s is too low.

    Args:
        folder: The run's, which gets `tensorboard/train/plugins/profile/`.
    """

    def __init__(self, folder):
        super().__init__()
        self._folder = Path(folder, "tensorboard", "train")
        self._step = None
        self._runs = self._is_done = False

    def on_train_begin(self, logs=None):
        # Half of an epoch of few steps: its first one compiles.
        first = min(NUM_STEPS, self.params["steps"] // 2)
        last = first if self._is_done else min(first + NUM_STEPS, self.params["steps"])
        self._steps = range(first, last)

    def on_train_batch_begin(self, batch, logs=None):
        if batch not in self._steps:
            return
        if not self._runs:
            tf.profiler.experimental.start(str(self._folder))
            self._runs = True
        # Named and rooted as the viewer looks for steps.
        self._step = tf.profiler.experimental.Trace("train", step_num=batch, _r=1)
        self._step.__enter__()

    def on_train_batch_end(self, batch, logs):
        if batch not in self._steps:
            return
        # An accelerator may still be working; reading a result waits for it.
        float(logs["loss"])
        self._step.__exit__(None, None, None)
        if batch == self._steps[-1]:
            self.close()

    def close(self):
        """Writes what was profiled, however training ended; does nothing a second time."""
        self._steps, self._is_done = range(0), True
        if self._runs:
            self._runs = False
            tf.profiler.experimental.stop()
