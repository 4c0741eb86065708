"""What tests of whole training runs share."""

import keras
import pytest

from colorkeras import training
from colorkeras.callbacks import Progress
from colorkeras.errors import UserError


class NoReport:
    """Stands in for an `evaluation.Report` where figures do not matter."""

    def __init__(self):
        self.metrics = {"figures": {}}

    def save(self, folder):
        """Writes nothing."""

    def table(self):
        """No text."""
        return ""


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

    monkeypatch.setattr(training, "Progress", Stopping)


def refused(config, tmp_path):
    """The three lines of the error with which a run is refused, which leaves no folder."""
    with pytest.raises(UserError) as error:
        training.train(config, lambda line: None)
    assert not (tmp_path / "runs").exists() and not (tmp_path / "saved_models").exists()
    return str(error.value).splitlines()
