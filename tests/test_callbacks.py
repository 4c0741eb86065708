"""Tests of what watches training; whole runs are in test_training.py."""

from types import SimpleNamespace

import numpy as np
import pytest

from colorkeras.callbacks import BestEpoch


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
