"""Keras callbacks that stop a run, keep the best weights, and write the history and checkpoints."""

import csv
import math
import time

import keras

from colorkeras.training import checkpoints
from colorkeras.training.stop_signals import StopRequest
from colorkeras.utils.errors import DivergedError
from colorkeras.utils.files import atomic_write


class StopOnNaN(keras.callbacks.Callback):
    """Raise DivergedError if the loss is not finite.

    `keras.callbacks.TerminateOnNaN` synchronizes with the device after every step, ignores the
    validation loss, and ends the epoch normally, so a checkpoint with NaN weights would be written.
    """

    EVERY_STEPS = 10
    """Number of steps between checks. No NaN is missed because the mean loss remains NaN."""

    def on_train_batch_end(self, batch, logs=None):
        if batch % self.EVERY_STEPS == 0:
            self._check(logs)

    def on_epoch_end(self, epoch, logs=None):
        self._check(logs)

    def _check(self, logs):
        for name in ("loss", "val_loss"):
            if name in logs and not math.isfinite(float(logs[name])):
                raise DivergedError(
                    f"Training diverged: {name} is {float(logs[name])}. "
                    "Try a lower --learning-rate or --precision float32."
                )


class BestWeights(keras.callbacks.Callback):
    """Keep the EMA weights to export, and stop early after `patience` epochs without improvement.

    Args:
        patience: Number of epochs without an improvement in validation loss after which training
            stops; 0 disables early stopping.
        export_epoch: Epoch whose weights are kept: "best" for the epoch with the lowest validation
            loss, "last" for the most recent one.

    Attributes:
        epoch: Zero-based index of the epoch to export; None until the first epoch has finished.
        weights: Weights of the EMA network after that epoch, as returned by `get_weights`.
        history: Dict from log key to a list with one value per finished epoch.
    """

    def __init__(self, patience=0, export_epoch="best"):
        super().__init__()
        self._patience = patience
        self._export_epoch = export_epoch
        self.set_state(None, None, {})

    def set_state(self, epoch, weights, history):
        """Set all attributes in a single operation so that interrupts leave them consistent."""
        vars(self).update(epoch=epoch, weights=weights, history=history)

    @property
    def kind(self):
        """Epoch whose weights are currently kept: "best" or "last"."""
        # If a resumed run changes from "best" to "last", the best weights are kept until the next
        # epoch has finished.
        is_last = self.epoch == len(self.history["val_loss"]) - 1
        return self._export_epoch if is_last else "best"

    @property
    def is_patience_exhausted(self):
        """Whether the validation loss has not improved in the last `patience` epochs."""
        losses = self.history.get("val_loss")
        return bool(losses) and 0 < self._patience < len(losses) - losses.index(min(losses))

    def on_epoch_end(self, epoch, logs=None):
        best, weights, history = self.epoch, self.weights, self.history
        keep = best is None or self._export_epoch == "last"
        if keep or logs["val_loss"] < history["val_loss"][best]:
            best, weights = epoch, self.model.ema_network.get_weights()
        history = {name: [*history.get(name, []), float(value)] for name, value in logs.items()}
        self.set_state(best, weights, history)
        if self.is_patience_exhausted:
            self.model.stop_training = True


class HistoryLogger(keras.callbacks.Callback):
    """Write the history from `BestWeights` to `history.csv` in the run folder after each epoch.

    `keras.callbacks.CSVLogger` is unsuitable because it appends rows: if a run is killed after
    writing the row for an epoch but before writing the checkpoint, the resumed run would write the
    same row again.
    """

    def __init__(self, folder, best):
        super().__init__()
        self._folder = folder
        self._best = best

    def on_epoch_end(self, epoch, logs=None):
        self.write()

    def write(self):
        """Overwrite `history.csv` with the history of all finished epochs."""
        history, path = self._best.history, self._folder / "history.csv"
        columns = {"epoch": range(1, len(history["loss"]) + 1), **history}
        with atomic_write(path) as temporary, temporary.open("w", newline="") as stream:
            rows = csv.writer(stream)
            rows.writerow(columns)
            rows.writerows(zip(*columns.values(), strict=True))


class CheckpointCallback(keras.callbacks.Callback):
    """Write a checkpoint after each epoch, at regular intervals, and when a signal stops the run.

    This must be the last callback so that checkpoints include the effects of all other callbacks.

    Args:
        folder: Run folder; None in workers that do not write checkpoints.
        best: The run's `BestWeights`.
        timer: The run's `EpochTimer`.
        steps_per_epoch: Number of training steps per epoch.
        interval: `RunContext.checkpoint_interval`.
        stop: `StopRequest`, or None.
    """

    def __init__(self, folder, best, timer, steps_per_epoch, interval=None, stop=None):
        super().__init__()
        self._folder = folder
        self._best = best
        self._timer = timer
        self._steps_per_epoch = steps_per_epoch
        self._number, self._unit = interval or (math.inf, "steps")
        self._stop = stop or StopRequest()
        self._resumed = None

    def resume(self, position):
        """Start the next epoch partway through, at a `checkpoints.Position`."""
        self._resumed = position

    def on_train_begin(self, logs=None):
        self._written = time.monotonic()

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch, self._num_done = epoch, 0
        if self._resumed is not None:
            self._num_done = self._resumed.num_steps
            self.model.running_loss = self._resumed.running_loss
            self._resumed = None

    def on_train_batch_end(self, batch, logs=None):
        self._num_done += 1
        # `on_epoch_end` writes the checkpoint at the end of the epoch.
        if self._num_done == self._steps_per_epoch:
            return
        if self._stop.number is not None or self._is_due():
            # Do not save NaN weights because a resumed run could not recover from them.
            if all(math.isfinite(float(logs[name])) for name in ("loss", "gradient_norm")):
                self._save(self._epoch, self._num_done, self.model.running_loss)
            self._stop.obey()

    def on_epoch_end(self, epoch, logs=None):
        self._save(epoch + 1)
        self._stop.obey()

    def _is_due(self):
        if self._unit == "steps":
            total = self._epoch * self._steps_per_epoch + self._num_done
            return total % self._number == 0
        return time.monotonic() - self._written >= 60 * self._number

    def _save(self, num_epochs, num_steps=0, running_loss=()):
        best, minutes, running_loss = self._best, self._timer.minutes, list(running_loss)
        position = checkpoints.Position(
            num_epochs, minutes, best.history, best.epoch, num_steps, running_loss
        )
        checkpoints.save(self._folder, self.model, best.weights or [], position)
        self._written = time.monotonic()
