"""Tests of what watches training; whole runs are in test_training.py."""

from types import SimpleNamespace

import numpy as np
import pytest

from colorkeras.training.callbacks import BestEpoch, Progress


@pytest.mark.parametrize(("keep_last", "kept"), [(False, 1), (True, 3)])
def test_the_epoch_that_is_kept(keep_last, kept):
    best = BestEpoch(keep_last=keep_last)
    best.set_model(SimpleNamespace(average=SimpleNamespace()))
    for epoch, loss in enumerate((3.0, 1.0, 1.0, 2.0)):
        best.model.average.get_weights = lambda epoch=epoch: [np.full(2, epoch)]
        best.on_epoch_end(epoch, {"val_loss": loss})
    assert best.epoch == kept
    np.testing.assert_array_equal(best.weights[0], [kept, kept])
    assert best.history == {"val_loss": [3.0, 1.0, 1.0, 2.0]}


@pytest.mark.parametrize("keep_last", [False, True])
def test_patience_ends_without_a_lower_loss(keep_last):
    best = BestEpoch(patience=2, keep_last=keep_last)
    model = SimpleNamespace(average=SimpleNamespace(get_weights=list), stop_training=False)
    best.set_model(model)
    stopped = []
    for epoch, loss in enumerate((2.0, 1.0, 1.5, 1.0)):
        best.on_epoch_end(epoch, {"val_loss": loss})
        stopped.append(model.stop_training)
    assert stopped == [False, False, False, True] and best.patience_ended


def test_speed_of_epochs_of_any_number_of_steps(monkeypatch):
    """A run that goes on within an epoch may have one step left; histories have no gaps."""
    now = [0.0]
    monkeypatch.setattr("colorkeras.training.callbacks.time.perf_counter", lambda: now[0])
    progress = Progress(batch_size=8, total_steps=4, say=print)
    progress.set_model(SimpleNamespace(optimizer=SimpleNamespace(learning_rate=0.1)))
    speeds = []
    for num_steps in (1, 3):
        progress.on_epoch_begin(0)
        for step in range(num_steps):
            # The first one waits for data.
            now[0] += 4.0 if step == 0 else 2.0
            progress.on_train_batch_end(step)
        now[0] += 100.0  # Validation.
        logs = {}
        progress.on_epoch_end(0, logs)
        speeds.append(logs["images_per_second"])
    assert speeds == [2.0, 4.0]
