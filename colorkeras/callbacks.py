"""Keras callbacks of a training run."""

import csv
import math
import time

import keras

from colorkeras import checkpoints
from colorkeras.errors import DivergedError
from colorkeras.files import writing


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
        self._started = None

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
            logs["images_per_second"] = self._num_timed * self._batch_size / self._seconds
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
    """Writes `history.csv` and a checkpoint after each epoch.

    Put it behind `Progress` and `BestEpoch`.

    Args:
        folder: The run's folder.
        best: The run's `BestEpoch`.
    """

    def __init__(self, folder, best):
        super().__init__()
        self._folder = folder
        self._best = best

    def on_epoch_end(self, epoch, logs):
        position = checkpoints.Position(
            num_epochs=epoch + 1,
            minutes=logs["minutes"],
            history=self._best.history,
            best_epoch=self._best.epoch,
        )
        checkpoints.save(self._folder, self.model, self._best.weights, position)
        history = {"epoch": range(1, epoch + 2), **self._best.history}
        with (
            writing(self._folder / "history.csv") as temporary,
            temporary.open("w", newline="", encoding="utf-8") as stream,
        ):
            rows = csv.writer(stream)
            rows.writerow(history)
            rows.writerows(zip(*history.values(), strict=True))
