"""Keras callbacks that time epochs and report progress."""

import logging
import time

import keras
from tqdm import tqdm

logger = logging.getLogger(__name__)

LINE = {
    "loss": "{:.4f}",
    "val_loss": "{:.4f}",
    "val_psnr_pooled": "{:.2f} dB",
    "val_ciede2000": "{:.2f}",
}
"""Format strings for the values logged after each epoch, by log key."""


class EpochTimer(keras.callbacks.Callback):
    """Add images per second, total minutes and the learning rate to each epoch's logs.

    Args:
        batch_size: Images per step.
        minutes: Training time in minutes before the run was resumed.

    Attributes:
        seconds_per_step: Mean step time in the current epoch; None until its second step has
            finished.
        validation_seconds: Duration of the last validation in seconds.
    """

    def __init__(self, batch_size, minutes=0.0):
        super().__init__()
        self._earlier_minutes = minutes
        self._created = time.perf_counter()
        self.batch_size = batch_size
        self.seconds_per_step = None
        self.validation_seconds = 0.0

    @property
    def minutes(self):
        """Total training time in minutes, including time before the run was resumed."""
        return self._earlier_minutes + (time.perf_counter() - self._created) / 60

    def on_epoch_begin(self, epoch, logs=None):
        self._num_steps = 0
        self._begin = time.perf_counter()
        self.seconds_per_step = None

    def on_train_batch_end(self, batch, logs=None):
        self._last_step = time.perf_counter()
        # Skip the first step, which waits for data and, at the start of a run, for compilation.
        if self._num_steps == 0:
            self._first_step = self._last_step
        else:
            self.seconds_per_step = (self._last_step - self._first_step) / self._num_steps
        self._num_steps += 1

    def on_epoch_end(self, epoch, logs=None):
        self.validation_seconds = time.perf_counter() - self._last_step
        # Every epoch needs these columns, even a resumed epoch with only one step left.
        seconds = self.seconds_per_step or self._first_step - self._begin
        logs["images_per_second"] = self.batch_size / seconds
        logs["minutes"] = self.minutes
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)


class ProgressLogger(keras.callbacks.Callback):
    """Log one line per epoch, and an estimate of the remaining time if the first epoch is long.

    In a terminal, a progress bar is shown during each epoch.
    """

    ESTIMATE_AFTER_STEPS = 50

    def __init__(self, timer, num_epochs, steps_per_epoch):
        super().__init__()
        self._timer = timer
        self._num_epochs = num_epochs
        self._steps_per_epoch = steps_per_epoch
        self._num_steps = 0
        self._is_first_epoch = True
        self._bar = None

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch
        self._bar = tqdm(
            total=self.params["steps"],
            desc=f"epoch {epoch + 1}/{self._num_epochs}",
            leave=False,
            disable=None,  # Disabled unless stderr is a terminal.
        )

    def on_train_batch_end(self, batch, logs=None):
        self._num_steps += 1
        self._bar.update()
        if self._num_steps == self.ESTIMATE_AFTER_STEPS and self._is_first_epoch:
            num_left = self.params["steps"] - batch - 1
            num_left += (self._num_epochs - self._epoch - 1) * self._steps_per_epoch
            seconds = num_left * self._timer.seconds_per_step
            self._bar.clear()
            speed = self._timer.batch_size / self._timer.seconds_per_step
            logger.info("About %s of training left at %.0f images/s.", _duration(seconds), speed)

    def on_epoch_end(self, epoch, logs=None):
        self._is_first_epoch = False
        self.close()
        line = f"epoch {epoch + 1}/{self._num_epochs}"
        for name, style in LINE.items():
            if name in logs:
                line += f"  {name} {style.format(logs[name])}"
        num_left = self._num_epochs - epoch - 1
        if num_left and not self.model.stop_training:
            step = self._timer.seconds_per_step or 0.0
            seconds = step * self._steps_per_epoch + self._timer.validation_seconds
            line += f"  {_duration(num_left * seconds)} left"
        logger.info(line)

    def close(self):
        """Remove the progress bar.

        This must also be called after an exception because `fit` then calls no further callbacks.
        """
        if self._bar is not None:
            self._bar.close()


def _duration(seconds):
    return f"{seconds / 60:.1f} min" if seconds >= 60 else f"{seconds:.0f} s"
