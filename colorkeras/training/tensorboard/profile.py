"""Profile a few training steps."""

from pathlib import Path

import keras
import tensorflow as tf

NUM_STEPS = 10
"""Number of warmup steps and number of subsequent profiled steps; lower in short epochs."""


class Profile(keras.callbacks.Callback):
    """Profile a few steps of the first epoch for TensorBoard's Profile tab.

    The profile is written to `tensorboard/train/plugins/profile/` in the run folder. Profiled steps
    synchronize with the device, which lowers the reported images/s for the epoch.
    """

    def __init__(self, folder):
        super().__init__()
        self._folder = Path(folder, "tensorboard", "train")
        self._step = None
        self._runs = self._is_done = False

    def on_train_begin(self, logs=None):
        # In short epochs, start halfway through rather than at the first step, which includes
        # compilation.
        first = min(NUM_STEPS, self.params["steps"] // 2)
        last = first if self._is_done else min(first + NUM_STEPS, self.params["steps"])
        self._steps = range(first, last)

    def on_train_batch_begin(self, batch, logs=None):
        if batch not in self._steps:
            return
        if not self._runs:
            tf.profiler.experimental.start(str(self._folder))
            self._runs = True
        # The viewer recognizes steps by this name and by `_r`, which marks root events.
        self._step = tf.profiler.experimental.Trace("train", step_num=batch, _r=1)
        self._step.__enter__()

    def on_train_batch_end(self, batch, logs):
        if batch not in self._steps:
            return
        # Reading a result synchronizes with the device.
        float(logs["loss"])
        self._step.__exit__(None, None, None)
        if batch == self._steps[-1]:
            self.close()

    def close(self):
        """Stop profiling and write the profile; later calls have no effect."""
        self._steps, self._is_done = range(0), True
        if self._runs:
            self._runs = False
            tf.profiler.experimental.stop()
