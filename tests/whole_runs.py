"""Helpers for tests of complete training runs."""

import contextlib
import csv
import logging
import signal
from pathlib import Path

import keras
import pytest

from colorkeras.training import run_directory, trainer
from colorkeras.utils.errors import UserError


@contextlib.contextmanager
def log_lines():
    """Yield a list that collects the messages logged by colorkeras."""
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    logger = logging.getLogger("colorkeras")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)


def fitted(config, folder=None, earlier=None):
    """Run all stages except `finish`; return the `Trainer`."""
    with trainer.Trainer(config, folder, earlier) as one:
        one.prepare()
        one.restore()
        one.fit()
    assert one.failure is None
    return one


def resumed(folder, changes):
    """Resume a run and run all stages except `finish`; return the `Trainer`."""
    config, earlier = run_directory.read_config(folder, changes)
    return fitted(config, Path(folder), earlier)


def comparable_history(folder):
    """Return the rows of a run's `history.csv`, without the timing columns."""
    with (folder / "history.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    timed = {"images_per_second", "minutes"}
    return [{name: row[name] for name in row if name not in timed} for row in rows]


def weights_of(run):
    """Return the weights exported by a run."""
    return keras.saving.load_model(run.folder / "model.keras").get_weights()


def raise_at(error, epoch):
    """Return a callback that raises an exception at the start of an epoch."""

    def on_epoch_begin(number, logs=None):
        if number == epoch:
            raise error

    return keras.callbacks.LambdaCallback(on_epoch_begin=on_epoch_begin)


class SignalAt(keras.callbacks.Callback):
    """Callback that raises a signal in step `num_steps` of an epoch."""

    def __init__(self, number, epoch, num_steps):
        super().__init__()
        self._number, self._place = number, (epoch, num_steps - 1)

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self._epoch, batch) == self._place:
            signal.raise_signal(self._number)


def refused(config, tmp_path):
    """Assert that a run is rejected and leaves no folder; return the lines of the error."""
    with pytest.raises(UserError) as error:
        trainer.train(config)
    assert not (tmp_path / "runs").exists() and not (tmp_path / "saved_models").exists()
    return str(error.value).splitlines()
