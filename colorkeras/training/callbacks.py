"""Keras callbacks of a training run."""

import csv
import math
import time

import keras

from colorkeras.training import checkpoints
from colorkeras.utils.errors import DivergedError
from colorkeras.utils.files import atomic_write


class Progress(keras.callbacks.Callback):
    """Adds speed, time and learning rate to the logs; says early how long the run will take.

    Put it before the callbacks that write logs.

    Args:
        batch_size: Pictures per step.
        total_steps: Steps that are left.
        say: Function of one line of text.
        minutes: Time that earlier parts of a resumed run took.
    """

    ESTIMATE_AFTER_STEPS = 50

    def __init__(self, batch_size, total_steps, say, minutes=0.0):
        super().__init__()
        self._minutes = minutes
        self._created = time.perf_counter()
        self._batch_size = batch_size
        self._total_steps = total_steps
        self._say = say
        self._steps = 0
        self._estimated = False

    @property
    def minutes(self):
        """Time spent on the run, all its parts together."""
        return self._minutes + (time.perf_counter() - self._created) / 60

    def on_epoch_begin(self, epoch, logs=None):
        self._num_timed = 0
        self._begun, self._started = time.perf_counter(), None

    def on_train_batch_end(self, batch, logs=None):
        self._steps += 1
        # The first step of an epoch waits for data, and that of the run for the compiler.
        if self._started is None:
            self._started = time.perf_counter()
            return
        self._num_timed += 1
        self._seconds = time.perf_counter() - self._started
        # Not "==": that step may be the first of an epoch, which is not timed.
        if self._steps >= self.ESTIMATE_AFTER_STEPS and not self._estimated:
            self._estimated = True
            self._estimate()

    def on_epoch_end(self, epoch, logs):
        if self._num_timed:
            speed = self._num_timed * self._batch_size / self._seconds
        else:
            # What is left of an epoch may be a single step; every epoch has the same columns.
            speed = self._batch_size / (self._started - self._begun)
        logs["images_per_second"] = speed
        logs["minutes"] = self.minutes
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)

    def _estimate(self):
        seconds_per_step = self._seconds / self._num_timed
        minutes = (self._total_steps - self._steps) * seconds_per_step / 60
        rate = self._batch_size / seconds_per_step
        self._say(f"\nAbout {minutes:.1f} more minutes for training, at {rate:.0f} images/s.")


class StopOnNaN(keras.callbacks.Callback):
    """Raises DivergedError when the loss is no finite number."""

    # Reading the loss waits for the device; a mean stays NaN, so every step need not be read.
    EVERY_STEPS = 10

    def on_train_batch_end(self, batch, logs):
        if batch % self.EVERY_STEPS == 0:
            self._check(logs)

    def on_epoch_end(self, epoch, logs):
        self._check(logs)

    def _check(self, logs):
        for name in ("loss", "val_loss"):
            if name in logs and not math.isfinite(float(logs[name])):
                raise DivergedError(
                    f"Training diverged: {name} is {float(logs[name])}. "
                    "Try a lower --learning-rate, or --precision float32."
                )


class BestEpoch(keras.callbacks.Callback):
    """Keeps the average weights of the epoch that is to be exported.

    Args:
        patience: Epochs without a lower validation loss after which to stop; 0 never stops.
        keep_last: Whether that is the last epoch rather than that of the lowest validation loss.

    Attributes:
        epoch: Index of that epoch, None before the first has ended.
        weights: NumPy arrays as from `get_weights` of the average network.
        history: Dict of lists, the logs of the finished epochs.
    """

    def __init__(self, patience=0, keep_last=False):
        super().__init__()
        self._patience = patience
        self._keep_last = keep_last
        self.put(None, None, {})

    def put(self, epoch, weights, history):
        """Sets all attributes at once: an interrupt may come between any two lines."""
        self._state = (epoch, weights, history)

    @property
    def epoch(self):
        return self._state[0]

    @property
    def weights(self):
        return self._state[1]

    @property
    def history(self):
        return self._state[2]

    @property
    def patience_ended(self):
        """Whether as many epochs as `patience` have brought nothing better."""
        losses = self.history.get("val_loss")
        return bool(losses) and 0 < self._patience < len(losses) - losses.index(min(losses))

    def on_epoch_end(self, epoch, logs):
        best, weights, history = self._state
        keep = best is None or self._keep_last
        if keep or logs["val_loss"] < history["val_loss"][best]:
            best, weights = epoch, self.model.average.get_weights()
        history = {name: [*history.get(name, []), float(value)] for name, value in logs.items()}
        self.put(best, weights, history)
        if self.patience_ended:
            self.model.stop_training = True


class Record(keras.callbacks.Callback):
    """Writes `history.csv` after each epoch.

    Put it behind `Progress` and `BestEpoch`.

    Args:
        folder: The run's folder.
        best: The run's `BestEpoch`.
    """

    def __init__(self, folder, best):
        super().__init__()
        self._folder = folder
        self._best = best

    def on_epoch_end(self, epoch, logs=None):
        self.write()

    def write(self):
        """Writes what there is of the history."""
        history = self._best.history
        numbered = {"epoch": range(1, len(history["loss"]) + 1), **history}
        with (
            atomic_write(self._folder / "history.csv") as temporary,
            temporary.open("w", newline="", encoding="utf-8") as stream,
        ):
            rows = csv.writer(stream)
            rows.writerow(numbered)
            rows.writerows(zip(*numbered.values(), strict=True))


class Checkpoints(keras.callbacks.Callback):
    """Writes a checkpoint after each epoch, within epochs, and before it stops the run.

    Put it behind all other callbacks: what they leave of an epoch belongs to its checkpoint.

    Args:
        folder: The run's folder; None in workers that do not write, see `checkpoints.save`.
        best: The run's `BestEpoch`.
        progress: The run's `Progress`.
        steps_per_epoch: Steps of a whole epoch.
        every: How often to write one within epochs, as from `config.interval_of`, or None.
        stop: `StopRequest`, or None.
    """

    def __init__(self, folder, best, progress, steps_per_epoch, every=None, stop=None):
        super().__init__()
        self._folder = folder
        self._best = best
        self._progress = progress
        self._steps_per_epoch = steps_per_epoch
        self._number, self._unit = every or (math.inf, "steps")
        self._stop = stop
        self._resumed = None

    def resume(self, position):
        """Lets the next epoch be one of which the steps of a `Position` are done."""
        self._resumed = position

    def on_train_begin(self, logs=None):
        self._written = time.monotonic()

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch, self._num_done = epoch, 0
        if self._resumed is not None:
            self._num_done = self._resumed.num_steps
            self.model.running_loss = self._resumed.running_loss
            self._resumed = None

    def on_train_batch_end(self, batch, logs):
        self._num_done += 1
        # That of the epoch follows.
        if self._num_done == self._steps_per_epoch:
            return
        is_stopped = self._stop is not None and self._stop.number is not None
        if is_stopped or self._is_due():
            # Nothing good follows a loss, or an update, that is no number.
            if all(math.isfinite(float(logs[name])) for name in ("loss", "gradient_norm")):
                self._save(self._epoch, self._num_done, self.model.running_loss)
            if is_stopped:
                self._stop.obey()

    def on_epoch_end(self, epoch, logs=None):
        self._save(epoch + 1)
        if self._stop is not None and self._stop.number is not None:
            self._stop.obey()

    def _is_due(self):
        if self._unit == "steps":
            total = self._epoch * self._steps_per_epoch + self._num_done
            return total % self._number == 0
        return time.monotonic() - self._written >= 60 * self._number

    def _save(self, num_epochs, num_steps=0, running_loss=()):
        position = checkpoints.Position(
            num_epochs=num_epochs,
            minutes=self._progress.minutes,
            history=self._best.history,
            best_epoch=self._best.epoch,
            num_steps=num_steps,
            running_loss=list(running_loss),
        )
        checkpoints.save(self._folder, self.model, self._best.weights or [], position)
        self._written = time.monotonic()
