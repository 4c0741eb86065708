"""Tests for the epoch timer and the progress messages of a run."""

from types import SimpleNamespace

import pytest
from whole_runs import log_lines

from colorkeras.training.progress import EpochTimer, ProgressLogger


@pytest.fixture
def clock(monkeypatch):
    """Fake clock; tests set `clock.now` in seconds."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("colorkeras.training.progress.time.perf_counter", lambda: clock.now)
    return clock


def run_epochs(clock, steps, logs, num_epochs):
    """Simulate a run with 2 s per step and 10 s of validation; yield after each step and epoch."""
    timer = EpochTimer(batch_size=8)
    progress = ProgressLogger(timer, num_epochs, steps_per_epoch=steps)
    model = SimpleNamespace(optimizer=SimpleNamespace(learning_rate=0.1), stop_training=False)
    for callback in (timer, progress):
        callback.set_model(model)
        callback.set_params({"steps": steps})
    for epoch in range(num_epochs):
        for callback in (timer, progress):
            callback.on_epoch_begin(epoch)
        for step in range(steps):
            clock.now += 2.0
            for callback in (timer, progress):
                callback.on_train_batch_end(step)
            yield
        clock.now += 10.0
        for callback in (timer, progress):
            callback.on_epoch_end(epoch, {**logs})
    progress.close()


def test_speed_of_epochs_with_any_number_of_steps(clock):
    """All columns are logged, even if a resumed epoch has only one step left."""
    timer = EpochTimer(batch_size=8)
    timer.set_model(SimpleNamespace(optimizer=SimpleNamespace(learning_rate=0.1)))
    speeds = []
    for num_steps in (1, 3):
        timer.on_epoch_begin(0)
        for step in range(num_steps):
            # The first step has to wait for data.
            clock.now += 4.0 if step == 0 else 2.0
            timer.on_train_batch_end(step)
        clock.now += 100.0
        logs = {}
        timer.on_epoch_end(0, logs)
        speeds.append(logs["images_per_second"])
        assert timer.validation_seconds == 100
    assert speeds == [2.0, 4.0]


@pytest.mark.parametrize(("steps", "after"), [(100, 50), (50, 50), (49, None), (1, None)])
def test_duration_is_estimated_in_a_long_first_epoch(steps, after, clock):
    counts = []
    with log_lines() as lines:
        for _ in run_epochs(clock, steps, {"loss": 1.0, "val_loss": 1.0}, 200 // steps):
            counts.append(sum(line.startswith("About") for line in lines))
    # Shorter epochs need no estimate, because the line at their end contains one.
    assert counts[-1] == (0 if after is None else 1)
    if after is not None:
        assert counts.index(1) + 1 == after
        (line,) = [line for line in lines if line.startswith("About")]
        seconds = 2 * (steps * (200 // steps) - after)
        assert line == f"About {seconds / 60:.1f} min of training left at 4 images/s."


def test_line_of_an_epoch(clock):
    logs = {
        "loss": 0.00412,
        "val_loss": 0.00391,
        "val_psnr_pooled": 23.104,
        "val_ciede2000": 10.123,
        "val_colorfulness": 1.0,
    }
    with log_lines() as lines:
        for _ in run_epochs(clock, 10, logs, 3):
            pass
    metrics = "loss 0.0041  val_loss 0.0039  val_psnr_pooled 23.10 dB  val_ciede2000 10.12"
    # An epoch takes 30 s.
    assert lines == [
        f"epoch 1/3  {metrics}  1.0 min left",
        f"epoch 2/3  {metrics}  30 s left",
        f"epoch 3/3  {metrics}",
    ]
