"""What tests of whole training runs share."""

import csv
import signal

import keras
import pytest

from colorkeras.training import trainer
from colorkeras.training.callbacks import Progress
from colorkeras.utils.errors import UserError


class NoReport:
    """Stands in for an `evaluation.EvaluationReport` where figures do not matter."""

    def __init__(self):
        self.metrics = {"metrics": {}}

    def save(self, folder):
        """Writes nothing."""

    def table(self):
        """No text."""
        return ""


def comparable_history(folder):
    """The rows of a run's `history.csv`, without what a clock decides."""
    with (folder / "history.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    clocks = {"images_per_second", "minutes"}
    return [{name: row[name] for name in row if name not in clocks} for row in rows]


def weights_of(run):
    """The weights of the network that a run kept."""
    return keras.saving.load_model(run.folder / "model.keras").get_weights()


def stopping(monkeypatch, error, epoch):
    """Lets a run meet an exception at the start of an epoch."""

    class Stopping(Progress):
        def on_epoch_begin(self, number, logs=None):
            super().on_epoch_begin(number, logs)
            if number == epoch:
                raise error

    monkeypatch.setattr(trainer, "Progress", Stopping)


def signalled(monkeypatch, number, epoch, step):
    """Lets a run get a signal in the middle of a step: `step` steps of `epoch` are done then."""

    class Signalled(Progress):
        def on_train_batch_begin(self, batch, logs=None):
            if (self.epoch, batch) == (epoch, step - 1):
                signal.raise_signal(number)

        def on_epoch_begin(self, number, logs=None):
            super().on_epoch_begin(number, logs)
            self.epoch = number

    monkeypatch.setattr(trainer, "Progress", Signalled)


def refused(config, tmp_path):
    """The three lines of the error with which a run is refused, which leaves no folder."""
    with pytest.raises(UserError) as error:
        trainer.train(config, lambda line: None)
    assert not (tmp_path / "runs").exists() and not (tmp_path / "saved_models").exists()
    return str(error.value).splitlines()
