"""Tests of going on with a run: the same bits, the same settings, the same data."""

import json
import signal
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from whole_runs import comparable_history, signalled, stopping, weights_of

from colorkeras import evaluation
from colorkeras.config.training_config import TrainingConfig
from colorkeras.models.build import build_network
from colorkeras.training import callbacks, checkpoints, optimizers, run_directory, trainer
from colorkeras.utils.errors import InterruptedRunError, UserError


@pytest.fixture(autouse=True)
def below_the_current_folder(tmp_path, monkeypatch):
    """Exports of resumed runs may go there without being named again."""
    monkeypatch.chdir(tmp_path)


def resumable(config, monkeypatch, epoch):
    """A run that was interrupted at the start of an epoch: its folder."""
    with monkeypatch.context() as patch:
        stopping(patch, KeyboardInterrupt(), epoch)
        lines = []
        with pytest.raises(InterruptedRunError):
            trainer.train(config, lines.append)
    (line,) = [line for line in lines if "--resume" in line]
    return line.split("--resume ")[1]


@pytest.mark.slow
def test_a_resumed_run_ends_in_the_bits_of_one_that_was_not_stopped(
    config_for, tmp_path, monkeypatch
):
    whole = trainer.train(config_for(tmp_path / "whole", epochs=3), lambda line: None)
    stopped = resumable(config_for(tmp_path / "parts", epochs=3), monkeypatch, epoch=2)
    lines = []
    resumed = trainer.resume(stopped, {}, lines.append)
    assert "Resuming after epoch 2 of 3." in lines
    assert str(resumed.folder) == stopped
    assert comparable_history(resumed.folder) == comparable_history(whole.folder)
    for one, other in zip(weights_of(resumed), weights_of(whole), strict=True):
        np.testing.assert_array_equal(one, other)
    assert resumed.metrics["metrics"] == whole.metrics["metrics"]
    assert resumed.metrics["model"]["epochs"] == 3
    assert resumed.metrics["model"]["resumed_after"] == [2]
    # The export of the interrupted run is whole, the end is a new version.
    assert resumed.export_folder.name == "2"


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"batch_size": 4},
        {"batch_size": 4, "arch": "flow_unet", "checkpoint_every": "1steps", "augment": "scan"},
    ],
    ids=["regression", "flow"],
)
def test_a_run_that_was_stopped_within_an_epoch_ends_in_the_same_bits(
    changes, config_for, tmp_path, monkeypatch
):
    whole = trainer.train(config_for(tmp_path / "whole", epochs=3, **changes), lambda line: None)
    with monkeypatch.context() as patch:
        signalled(patch, signal.SIGTERM, epoch=1, step=2)
        lines = []
        with pytest.raises(InterruptedRunError) as error:
            trainer.train(config_for(tmp_path / "parts", epochs=3, **changes), lines.append)
        assert error.value.signal_number == signal.SIGTERM
    (line,) = [line for line in lines if "--resume" in line]
    folder = Path(line.split("--resume ")[1])
    assert (folder / checkpoints.FOLDER / "epoch-0001-step-000002.npz").exists()
    lines = []
    resumed = trainer.resume(folder, {}, lines.append)
    assert "Resuming after step 2 of epoch 2 of 3." in lines
    assert comparable_history(resumed.folder) == comparable_history(whole.folder)
    for one, other in zip(weights_of(resumed), weights_of(whole), strict=True):
        np.testing.assert_array_equal(one, other)
    assert resumed.metrics["metrics"] == whole.metrics["metrics"]


def test_a_run_without_a_checkpoint_starts_anew_in_its_folder(config_for, tmp_path, fit_only):
    run = trainer.train(config_for(tmp_path, epochs=1), lambda line: None)
    weights = weights_of(run)
    for path in (*(run.folder / checkpoints.FOLDER).iterdir(), run.folder / "history.csv"):
        path.unlink()
    lines = []
    again = trainer.resume(run.folder, {}, lines.append)
    assert any("starting anew" in line for line in lines)
    assert len(comparable_history(run.folder)) == 1
    for one, other in zip(weights_of(again), weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_damaged_checkpoint_gives_way_to_the_one_before(config_for, tmp_path, fit_only):
    run = trainer.train(config_for(tmp_path), lambda line: None)
    weights = weights_of(run)
    newest = max((run.folder / checkpoints.FOLDER).iterdir())
    newest.write_bytes(newest.read_bytes()[:-100])
    lines = []
    again = trainer.resume(run.folder, {}, lines.append)
    assert "Resuming after epoch 1 of 2." in lines
    assert any(newest.name in line and "cannot be used" in line for line in lines)
    config = json.loads((run.folder / "config.json").read_text(encoding="utf-8"))
    assert any(newest.name in note for note in config["notes"])
    for one, other in zip(weights_of(again), weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_run_that_is_being_trained_is_refused(finished):
    _, _, run = finished
    same = {"export_dir": str(run.export_folder.parent.parent)}
    with (
        run_directory.claimed(run.folder),
        pytest.raises(UserError, match="another process is training"),
    ):
        trainer.resume(run.folder, same)


def test_two_minutes_or_steps_between_checkpoints(tmp_path, monkeypatch):
    """Callbacks alone, with a clock of our own."""
    written, now = [], [0.0]
    monkeypatch.setattr(checkpoints, "save", lambda *words: written.append(words[-1]))
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: now[0])
    for every, expected in (((3, "steps"), [3, 6, 2, 5]), ((2, "min"), [4, 4]), (None, [])):
        written.clear()
        best = callbacks.BestEpoch()
        progress = callbacks.Progress(1, 1, print)
        keeping = callbacks.Checkpoints(tmp_path, best, progress, 7, every)
        keeping.set_model(SimpleNamespace(running_loss=[1.0, 2.0]))
        keeping.on_train_begin()
        for epoch in range(2):
            keeping.on_epoch_begin(epoch)
            for step in range(7):
                now[0] += 30
                keeping.on_train_batch_end(step, {"loss": 1.0, "gradient_norm": 1.0})
            keeping.on_epoch_end(epoch)
        within = [position.num_steps for position in written if position.num_steps]
        assert within == expected
        assert [p.num_epochs for p in written if not p.num_steps] == [1, 2]


@pytest.mark.parametrize("name", ["loss", "gradient_norm"])
def test_weights_after_what_is_no_number_are_not_kept(name, tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(checkpoints, "save", lambda *words: written.append(words[-1]))
    progress = callbacks.Progress(1, 1, print)
    keeping = callbacks.Checkpoints(tmp_path, callbacks.BestEpoch(), progress, 7, (1, "steps"))
    keeping.on_train_begin()
    keeping.on_epoch_begin(0)
    keeping.on_train_batch_end(0, {"loss": 1.0, "gradient_norm": 1.0, name: float("nan")})
    assert not written


@pytest.mark.slow
def test_a_finished_run_goes_on_for_more_epochs_under_another_name(config_for, tmp_path, fit_only):
    run = trainer.train(config_for(tmp_path, epochs=1), lambda line: None)
    run_directory.write_json(run.folder / "metrics.json", {"model": {"epochs": 1}})
    with pytest.raises(UserError, match="for 1 epochs, of which it has finished 1"):
        trainer.resume(run.folder, {})
    lines = []
    trainer.resume(run.folder, {"epochs": 2, "name": "longer"}, lines.append)
    assert any("schedule for 2 epochs" in line for line in lines)
    assert [row["epoch"] for row in comparable_history(run.folder)] == ["1", "2"]
    config = json.loads((run.folder / "config.json").read_text(encoding="utf-8"))
    assert config["settings"]["epochs"] == 2 and config["settings"]["name"] == "longer"


@pytest.mark.slow
def test_a_resumed_run_keeps_an_earlier_best_epoch(config_for, tmp_path, monkeypatch):
    stopped = resumable(config_for(tmp_path, epochs=3), monkeypatch, epoch=2)
    restore = checkpoints.restore

    def best_before(*arguments):
        weights, position = restore(*arguments)
        # As if no later epoch came near the first.
        position.history["val_loss"][0] = -1.0
        return [weight + 1 for weight in weights], checkpoints.Position(
            **{**vars(position), "best_epoch": 0}
        )

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "restore", best_before)
        resumed = trainer.resume(stopped, {}, lambda line: None)
    assert resumed.metrics["model"]["best_epoch"] == 1
    kept, _ = restore(stopped, resumed_colorizer(config_for(tmp_path)))
    for one, other in zip(kept, weights_of(resumed), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_a_run_that_keeps_its_last_epoch_exports_that(config_for, tmp_path):
    config = config_for(tmp_path, ema_decay=0, export_epoch="last")
    lines = []
    run = trainer.train(config, lines.append)
    assert f"Exported the last epoch, 2, to {run.export_folder}" in lines
    assert run.metrics["model"]["best_epoch"] == 2
    # Its checkpoint kept weights of another epoch, as those of a run that kept the best do.
    last = resumed_colorizer(config)
    _, position = checkpoints.restore(run.folder, last)
    checkpoints.save(run.folder, last, [w + 1 for w in last.average.get_weights()], position)
    (run.folder / "metrics.json").unlink()
    again = trainer.resume(run.folder, {"export_epoch": "last"}, lambda line: None)
    for one, other in zip(weights_of(again), last.average.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_within_an_epoch_the_last_one_is_still_the_one_before(config_for, tmp_path, monkeypatch):
    config = config_for(tmp_path, epochs=3, batch_size=4, export_epoch="last")
    with monkeypatch.context() as patch:
        signalled(patch, signal.SIGTERM, epoch=1, step=2)
        with pytest.raises(InterruptedRunError):
            trainer.train(config, lambda line: None)
    (folder,) = (tmp_path / "runs" / "skip_cnn").iterdir()
    last = resumed_colorizer(config)
    kept, position = checkpoints.restore(folder, last)
    assert position.num_steps == 2
    lines = []
    shorter = trainer.resume(folder, {"epochs": 1}, lines.append)
    assert any("Exported the last epoch, 1" in line for line in lines)
    for exported, one in zip(weights_of(shorter), kept, strict=True):
        np.testing.assert_array_equal(exported, one)
    averages = last.average.get_weights()
    assert any((one != other).any() for one, other in zip(kept, averages, strict=True))


@pytest.mark.slow
def test_a_signal_behind_the_last_epoch_is_obeyed(config_for, tmp_path, monkeypatch):
    close = trainer.tensorboard.EpochSummaries.close

    def signalled_close(self):
        signal.raise_signal(signal.SIGTERM)
        close(self)

    monkeypatch.setattr(trainer.tensorboard.EpochSummaries, "close", signalled_close)
    with pytest.raises(InterruptedRunError) as error:
        trainer.train(config_for(tmp_path, epochs=1), lambda line: None)
    assert error.value.signal_number == signal.SIGTERM
    (folder,) = (tmp_path / "runs" / "skip_cnn").iterdir()
    assert trainer.resume(folder, {}, lambda line: None).metrics["model"]["epochs"] == 1


def resumed_colorizer(config):
    networks = [build_network(config.arch) for _ in range(2)]
    objective = trainer.objectives.create("chroma", config)
    augment = trainer.AUGMENTATIONS["flip"]
    colorizer = trainer.Colorizer(*networks, objective, {}, 0.9, augment, seed=0)
    colorizer.compile(optimizer=optimizers.create(config, 1))
    return colorizer


@pytest.mark.slow
def test_a_run_that_lacks_nothing_but_its_results_gets_them(config_for, tmp_path, monkeypatch):
    def stop(*arguments, **settings):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(evaluation, "evaluate_model", stop)
        with pytest.raises(KeyboardInterrupt):
            trainer.train(config_for(tmp_path), lambda line: None)
    (folder,) = (tmp_path / "runs" / "skip_cnn").iterdir()
    before = (folder / "history.csv").read_bytes()
    run = trainer.resume(folder, {}, lambda line: None)
    assert (folder / "history.csv").read_bytes() == before
    assert run.metrics["model"]["epochs"] == 2
    with pytest.raises(UserError, match="has finished 2"):
        trainer.resume(folder, {}, lambda line: None)


def test_another_ones_run_does_not_choose_where_exports_go(finished, tmp_path):
    _, _, run = finished
    config = json.loads((run.folder / "config.json").read_text(encoding="utf-8"))
    for export_dir in ("/somewhere", "../up", "below/../../up"):
        config["settings"]["export_dir"] = export_dir
        run_directory.write_json(tmp_path / "config.json", config)
        with pytest.raises(UserError, match="--export-dir"):
            run_directory.read_config(tmp_path, {})
        read, _ = run_directory.read_config(tmp_path, {"export_dir": export_dir})
        assert read.export_dir == export_dir


def test_another_ones_run_does_not_choose_what_model_is_loaded(finished, tmp_path):
    _, _, run = finished
    config = json.loads((run.folder / "config.json").read_text(encoding="utf-8"))
    config["settings"] |= {"init": "missing/1", "export_dir": "below"}
    run_directory.write_json(tmp_path / "config.json", config)
    with pytest.raises(UserError, match="Pass --init missing/1 as well"):
        trainer.resume(tmp_path, {})
    with pytest.raises(UserError, match="there is no such folder"):
        trainer.resume(tmp_path, {"init": "missing/1"})


@pytest.mark.parametrize("key", ["unknown", "labels"])
def test_a_run_with_settings_of_another_version_does_not_go_on(key, finished, tmp_path):
    _, _, run = finished
    config = json.loads((run.folder / "config.json").read_text(encoding="utf-8"))
    config["settings"]["export_dir"] = "below"
    run_directory.write_json(tmp_path / "config.json", {**config, key: 1})
    with pytest.raises(UserError, match=f"whose settings have {key}"):
        trainer.resume(tmp_path, {}, lambda line: None)


def test_patience_that_had_ended_is_not_begun_anew(config_for, tmp_path, fit_only):
    # At this rate no weight changes, so no epoch is better than the first.
    config = config_for(tmp_path, epochs=50, early_stopping_patience=2, learning_rate=1e-30)
    run = trainer.train(config, lambda line: None)
    before = (run.folder / "history.csv").read_bytes()
    trainer.resume(run.folder, {}, lambda line: None)
    assert (run.folder / "history.csv").read_bytes() == before


def test_a_setting_that_an_older_run_does_not_know_has_its_default(finished, tmp_path):
    _, _, run = finished
    config = json.loads((run.folder / "config.json").read_text(encoding="utf-8"))
    del config["settings"]["strategy"]
    run_directory.write_json(tmp_path / "config.json", config)
    with pytest.raises(UserError, match=r"--strategy one \(the run: auto\)"):
        run_directory.read_config(tmp_path, {"strategy": "one"})


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"batch_size": 4}, "--batch-size 4 (the run: 8)"),
        ({"loss": "mae", "epochs": 9}, "--loss mae (the run: mse)"),
        ({"seed": 3}, "--seed 3 (the run: 0)"),
        ({"sampling_steps": 3}, f"--sampling-steps 3 (the run: {TrainingConfig.sampling_steps})"),
        ({"objective": "flow"}, "--objective flow (the run: regression)"),
    ],
)
def test_a_run_goes_on_with_its_own_settings_only(changes, shown, finished):
    _, _, run = finished
    with pytest.raises(UserError) as error:
        trainer.resume(run.folder, changes)
    assert shown in str(error.value) and "--init" in str(error.value)


def test_a_run_goes_on_with_its_own_data_only(config_for, tmp_path, fit_only):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    generator = np.random.default_rng(0)
    for number in range(8):
        pixels = generator.integers(0, 256, (16, 16, 3), np.uint8)
        Image.fromarray(pixels).save(pictures / f"{number}.png")
    config = config_for(tmp_path, dataset=str(pictures), epochs=1)
    run = trainer.train(config, lambda line: None)
    # Another picture of that name, of which neither the title nor the number of pictures tells.
    Image.new("RGB", (16, 16)).save(pictures / "0.png")
    with pytest.raises(UserError, match="with dataset fingerprint"):
        trainer.resume(run.folder, {"epochs": 2}, lambda line: None)
    (pictures / "0.png").unlink()
    with pytest.raises(UserError, match="with dataset 'folder pictures"):
        trainer.resume(run.folder, {"epochs": 2}, lambda line: None)


@pytest.mark.parametrize(
    "content",
    [
        None,
        "{",
        "[]",
        "{}",
        '{"settings": []}',
        '{"settings": {"epoch": 1}}',
        '{"settings": {"epochs": "1"}}',
        '{"settings": {"epochs": true}}',
        '{"settings": {"name": "../up"}}',
        '{"settings": {"init": 3}}',
        '{"settings": {"export_dir": null}}',
        '{"settings": {}, "resumed_after": 3}',
        '{"settings": {}, "resumed_after": ["1"]}',
        '{"settings": {"export_dir": "\\u0000"}}',
    ],
)
def test_a_folder_that_is_no_run_is_refused(content, tmp_path):
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(UserError, match="no run of this version"):
        run_directory.read_config(tmp_path, {})
