"""Tests for individual callbacks. Complete runs are tested in test_trainer.py."""

from types import SimpleNamespace

import numpy as np
import pytest

from colorkeras.training import callbacks, checkpoints
from colorkeras.training.callbacks import BestWeights, CheckpointCallback, StopOnNaN
from colorkeras.training.progress import EpochTimer
from colorkeras.utils.errors import DivergedError


@pytest.mark.parametrize(("export_epoch", "kept"), [("best", 1), ("last", 3)])
def test_kept_epoch(export_epoch, kept):
    best = BestWeights(export_epoch=export_epoch)
    best.set_model(SimpleNamespace(ema_network=SimpleNamespace()))
    for epoch, loss in enumerate((3.0, 1.0, 1.0, 2.0)):
        best.model.ema_network.get_weights = lambda epoch=epoch: [np.full(2, epoch)]
        best.on_epoch_end(epoch, {"val_loss": loss})
    assert best.epoch == kept
    np.testing.assert_array_equal(best.weights[0], [kept, kept])
    assert best.history == {"val_loss": [3.0, 1.0, 1.0, 2.0]}


def test_kind_of_the_kept_epoch():
    best = BestWeights(export_epoch="last")
    best.set_state(1, [], {"val_loss": [3.0, 1.0, 2.0]})
    assert best.kind == "best"
    best.set_state(2, [], {"val_loss": [3.0, 1.0, 2.0]})
    assert best.kind == "last"


@pytest.mark.parametrize("export_epoch", ["best", "last"])
def test_patience_is_exhausted_without_a_lower_loss(export_epoch):
    best = BestWeights(patience=2, export_epoch=export_epoch)
    model = SimpleNamespace(ema_network=SimpleNamespace(get_weights=list), stop_training=False)
    best.set_model(model)
    stopped = []
    for epoch, loss in enumerate((2.0, 1.0, 1.5, 1.0)):
        best.on_epoch_end(epoch, {"val_loss": loss})
        stopped.append(model.stop_training)
    assert stopped == [False, False, False, True] and best.is_patience_exhausted


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_loss_that_is_not_finite_stops_training(value):
    callback = StopOnNaN()
    callback.on_train_batch_end(0, {"loss": 1.0})
    with pytest.raises(DivergedError, match="loss is"):
        callback.on_train_batch_end(10, {"loss": value})
    with pytest.raises(DivergedError, match="val_loss is"):
        callback.on_epoch_end(0, {"loss": 1.0, "val_loss": value})


@pytest.fixture
def written(monkeypatch):
    """List of positions at which the callback has written checkpoints."""
    written = []
    monkeypatch.setattr(checkpoints, "save", lambda *arguments: written.append(arguments[-1]))
    return written


@pytest.mark.parametrize(
    ("interval", "steps"), [((3, "steps"), [3, 6, 2, 5]), ((2, "min"), [4, 4]), (None, [])]
)
def test_interval_of_checkpoints(interval, steps, written, tmp_path, monkeypatch):
    """Simulate two epochs of seven steps that take 30 s each."""
    now = [0.0]
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: now[0])
    callback = CheckpointCallback(tmp_path, BestWeights(), EpochTimer(1), 7, interval)
    callback.set_model(SimpleNamespace(running_loss=[1.0, 2.0]))
    callback.on_train_begin()
    for epoch in range(2):
        callback.on_epoch_begin(epoch)
        for step in range(7):
            now[0] += 30
            callback.on_train_batch_end(step, {"loss": 1.0, "gradient_norm": 1.0})
        callback.on_epoch_end(epoch)
    assert [position.num_steps for position in written if position.num_steps] == steps
    assert [position.num_epochs for position in written if not position.num_steps] == [1, 2]


@pytest.mark.parametrize("name", ["loss", "gradient_norm"])
def test_no_checkpoint_of_weights_after_a_nan(name, written, tmp_path):
    callback = CheckpointCallback(tmp_path, BestWeights(), EpochTimer(1), 7, (1, "steps"))
    callback.set_model(SimpleNamespace(running_loss=[1.0, 2.0]))
    callback.on_train_begin()
    callback.on_epoch_begin(0)
    logs = {"loss": 1.0, "gradient_norm": 1.0}
    callback.on_train_batch_end(0, {**logs, name: float("nan")})
    assert not written
    callback.on_train_batch_end(1, logs)
    assert written
