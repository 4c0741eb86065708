"""Helpers for tests of whole training runs."""

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
    """Yield a list that collects the messages that colorkeras logs."""
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
    """Return a `Trainer` after all steps but `finish`."""
    with trainer.Trainer(config, folder, earlier) as one:
        one.prepare()
        one.restore()
        one.fit()
    assert one.failure is None
    return one


def resumed(folder, changes):
    """Return the `Trainer` of a resumed run after all steps but `finish`."""
    config, earlier = run_directory.read_config(folder, changes)
    return fitted(config, Path(folder), earlier)


def comparable_history(folder):
    """Return the rows of a run's `history.csv` without the columns that measure time."""
    with (folder / "history.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    timed = {"images_per_second", "minutes"}
    return [{name: row[name] for name in row if name not in timed} for row in rows]


def weights_of(run):
    """Return the weights that a run exported."""
    return keras.saving.load_model(run.folder / "model.keras").get_weights()


def raise_at(error, epoch):
    """Return a callback that raises an exception at the beginning of an epoch."""

    def on_epoch_begin(number, logs=None):
        if number == epoch:
            raise error

    return keras.callbacks.LambdaCallback(on_epoch_begin=on_epoch_begin)


class SignalAt(keras.callbacks.Callback):
    """Raise a signal during a step, after which `num_steps` steps of an epoch are done."""

    def __init__(self, number, epoch, num_steps):
        super().__init__()
        self._number, self._place = number, (epoch, num_steps - 1)

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self._epoch, batch) == self._place:
            signal.raise_signal(self._number)


def refused(config, tmp_path):
    """Return the three lines of the error that refuses a run, which must leave no folder."""
    with pytest.raises(UserError) as error:
        trainer.train(config)
    assert not (tmp_path / "runs").exists() and not (tmp_path / "saved_models").exists()
    return str(error.value).splitlines()
