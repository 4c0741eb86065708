"""Tests that resumed runs give bit-identical results and require the same settings and data."""

import json
import signal

import numpy as np
import pytest
from PIL import Image
from whole_runs import (
    SignalAt,
    comparable_history,
    fitted,
    log_lines,
    raise_at,
    resumed,
    weights_of,
)

from colorkeras import evaluation, objectives
from colorkeras.config.training_config import TrainingConfig
from colorkeras.models.build import build_network
from colorkeras.training import checkpoints, optimizers, run_directory, trainer
from colorkeras.training.train_step import TrainingModel
from colorkeras.utils.errors import InterruptedRunError, UserError


@pytest.fixture(autouse=True)
def below_the_current_folder(tmp_path, monkeypatch):
    """Change to the export folder, so that resumed runs may export without --export-dir."""
    monkeypatch.chdir(tmp_path)


def interrupted(config, callback, number=signal.SIGINT):
    """Return the folder of a run that a callback interrupts, after the export."""
    with log_lines() as lines, pytest.raises(InterruptedRunError) as error:
        trainer.train(config, [callback])
    assert error.value.signal_number == number
    (line,) = [line for line in lines if "--resume" in line]
    return line.split("--resume ")[1]


def stopped(config, callback):
    """Return the folder of a run that a callback interrupts, before the export."""
    with trainer.Trainer(config, callbacks=[callback]) as one:
        one.prepare()
        one.restore()
        one.fit()
    assert isinstance(one.failure, InterruptedRunError)
    assert one.failure.signal_number == signal.SIGTERM
    return one.folder


def restored_model(config):
    networks = [build_network(config.arch) for _ in range(2)]
    model = TrainingModel(*networks, objectives.create("chroma", config), config)
    model.compile(optimizer=optimizers.create(config, 1))
    return model


def read_config(folder):
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))


def assert_equal(weights, expected):
    for one, other in zip(weights, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_resumed_run_is_bit_identical_to_an_uninterrupted_run(config_for, tmp_path):
    whole = trainer.train(config_for(tmp_path / "whole", epochs=3))
    config = config_for(tmp_path / "parts", epochs=3)
    folder = interrupted(config, raise_at(KeyboardInterrupt(), epoch=2))
    with log_lines() as lines:
        run = trainer.resume(folder, {})
    assert "Resuming after epoch 2 of 3." in lines
    assert str(run.folder) == folder
    assert comparable_history(run.folder) == comparable_history(whole.folder)
    assert_equal(weights_of(run), weights_of(whole))
    assert run.metrics["metrics"] == whole.metrics["metrics"]
    assert run.metrics["model"]["epochs"] == 3
    assert run.metrics["model"]["resumed_after"] == [2]
    # The interrupted run exported its best epoch; the resumed run exports a new version.
    assert run.export_folder.name == "2"


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"batch_size": 4},
        {"batch_size": 4, "arch": "flow_unet", "checkpoint_every": "1steps", "augment": "scan"},
        {
            "batch_size": 4,
            "arch": "hint_unet",
            "augment": "photograph",
            "backbone_frozen_steps": 2,
            "clip_norm": 1.0,
        },
    ],
    ids=["regression", "flow", "hinted"],
)
def test_run_that_was_stopped_within_an_epoch_is_bit_identical(changes, config_for, tmp_path):
    whole = fitted(config_for(tmp_path / "whole", epochs=3, **changes))
    config = config_for(tmp_path / "parts", epochs=3, **changes)
    folder = stopped(config, SignalAt(signal.SIGTERM, epoch=1, num_steps=2))
    assert (folder / checkpoints.FOLDER / "epoch-0001-step-000002.npz").exists()
    with log_lines() as lines:
        again = resumed(folder, {})
    assert "Resuming after step 2 of epoch 2 of 3." in lines
    assert comparable_history(again.folder) == comparable_history(whole.folder)
    assert_equal(again.best.weights, whole.best.weights)
    assert_equal(again.context.model.get_weights(), whole.context.model.get_weights())


@pytest.mark.slow
def test_run_without_a_checkpoint_restarts_in_its_folder(config_for, tmp_path):
    first = fitted(config_for(tmp_path, epochs=1))
    for path in (*(first.folder / checkpoints.FOLDER).iterdir(), first.folder / "history.csv"):
        path.unlink()
    with log_lines() as lines:
        again = resumed(first.folder, {})
    assert any("starts over" in line for line in lines)
    assert len(comparable_history(first.folder)) == 1
    assert_equal(again.best.weights, first.best.weights)


def test_checkpoint_before_a_damaged_one_is_used(config_for, tmp_path):
    first = fitted(config_for(tmp_path))
    newest = max((first.folder / checkpoints.FOLDER).iterdir())
    newest.write_bytes(newest.read_bytes()[:-100])
    with log_lines() as lines:
        again = resumed(first.folder, {})
    assert "Resuming after epoch 1 of 2." in lines
    assert any(newest.name in line and "cannot be used" in line for line in lines)
    assert any(newest.name in notice for notice in read_config(first.folder)["notes"])
    assert_equal(again.best.weights, first.best.weights)


def test_run_that_is_being_trained_is_refused(finished):
    _, _, run = finished
    changes = {"export_dir": str(run.export_folder.parent.parent)}
    with (
        run_directory.locked(run.folder),
        pytest.raises(UserError, match="another process is training"),
    ):
        trainer.resume(run.folder, changes)


@pytest.mark.slow
def test_finished_run_continues_for_more_epochs_under_another_name(config_for, tmp_path):
    first = fitted(config_for(tmp_path, epochs=1))
    run_directory.write_json(first.folder / "metrics.json", {"model": {"epochs": 1}})
    with pytest.raises(UserError, match="--epochs 1, but training stopped after epoch 1"):
        trainer.resume(first.folder, {})
    with log_lines() as lines:
        resumed(first.folder, {"epochs": 2, "name": "longer"})
    assert any("schedule for 2 epochs" in line for line in lines)
    assert [row["epoch"] for row in comparable_history(first.folder)] == ["1", "2"]
    settings = read_config(first.folder)["settings"]
    assert settings["epochs"] == 2 and settings["name"] == "longer"


@pytest.mark.slow
def test_resumed_run_keeps_an_earlier_best_epoch(config_for, tmp_path, monkeypatch):
    config = config_for(tmp_path, epochs=3)
    folder = interrupted(config, raise_at(KeyboardInterrupt(), epoch=2))
    restore = checkpoints.restore

    def best_before(*arguments):
        weights, position, notices = restore(*arguments)
        # Pretend that the first epoch remains the best.
        position.history["val_loss"][0] = -1.0
        position = checkpoints.Position(**{**vars(position), "best_epoch": 0})
        return [weight + 1 for weight in weights], position, notices

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "restore", best_before)
        run = trainer.resume(folder, {})
    assert run.metrics["model"]["best_epoch"] == 1
    kept, *_ = restore(folder, restored_model(config))
    assert_equal(kept, weights_of(run))


@pytest.mark.slow
def test_run_exports_its_last_epoch_on_request(config_for, tmp_path):
    config = config_for(tmp_path, ema_decay=0, export_epoch="last")
    with log_lines() as lines:
        run = trainer.train(config)
    assert f"Exported the model from the last epoch (2) to {run.export_folder}" in lines
    assert run.metrics["model"]["best_epoch"] == 2
    # Store other weights as the best ones in the checkpoint, as a run with "best" might do.
    last = restored_model(config)
    _, position, _ = checkpoints.restore(run.folder, last)
    ema_weights = last.ema_network.get_weights()
    checkpoints.save(run.folder, last, [weight + 1 for weight in ema_weights], position)
    (run.folder / "metrics.json").unlink()
    again = trainer.resume(run.folder, {"export_epoch": "last"})
    assert_equal(weights_of(again), ema_weights)


@pytest.mark.parametrize(("losses", "works"), [([2.0, 1.0], True), ([1.0, 2.0], False)])
def test_best_epoch_must_have_been_kept(losses, works, config_for, tmp_path, monkeypatch):
    first = fitted(config_for(tmp_path, export_epoch="last"))
    restore = checkpoints.restore

    def with_losses(*arguments):
        weights, position, notices = restore(*arguments)
        position.history["val_loss"][:] = losses
        return weights, position, notices

    monkeypatch.setattr(checkpoints, "restore", with_losses)
    if works:
        resumed(first.folder, {"export_epoch": "best"})
        return
    with pytest.raises(UserError, match=r"its last epoch \(2\) but not of its best epoch \(1\)"):
        resumed(first.folder, {"export_epoch": "best"})


@pytest.mark.slow
def test_last_epoch_is_the_last_finished_one_within_an_epoch(config_for, tmp_path):
    config = config_for(tmp_path, epochs=3, batch_size=4, export_epoch="last")
    callback = SignalAt(signal.SIGTERM, epoch=1, num_steps=2)
    folder = interrupted(config, callback, signal.SIGTERM)
    last = restored_model(config)
    kept, position, _ = checkpoints.restore(folder, last)
    assert position.num_steps == 2
    with log_lines() as lines:
        shorter = trainer.resume(folder, {"epochs": 1})
    assert any("Exported the model from the last epoch (1)" in line for line in lines)
    assert_equal(weights_of(shorter), kept)
    ema_weights = last.ema_network.get_weights()
    assert any((one != other).any() for one, other in zip(kept, ema_weights, strict=True))


@pytest.mark.slow
def test_signal_after_the_last_epoch_stops_the_run(config_for, tmp_path, monkeypatch):
    close = trainer.tensorboard.EpochSummaries.close

    def close_with_signal(self):
        signal.raise_signal(signal.SIGTERM)
        close(self)

    monkeypatch.setattr(trainer.tensorboard.EpochSummaries, "close", close_with_signal)
    with pytest.raises(InterruptedRunError) as error:
        trainer.train(config_for(tmp_path, epochs=1))
    assert error.value.signal_number == signal.SIGTERM
    (folder,) = (tmp_path / "runs" / "skip_cnn").iterdir()
    assert trainer.resume(folder, {}).metrics["model"]["epochs"] == 1


@pytest.mark.slow
def test_run_without_results_is_only_evaluated(config_for, tmp_path, monkeypatch):
    def stop(*arguments, **settings):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(evaluation, "evaluate_model", stop)
        with pytest.raises(KeyboardInterrupt):
            trainer.train(config_for(tmp_path))
    (folder,) = (tmp_path / "runs" / "skip_cnn").iterdir()
    before = (folder / "history.csv").read_bytes()
    run = trainer.resume(folder, {})
    assert (folder / "history.csv").read_bytes() == before
    assert run.metrics["model"]["epochs"] == 2
    with pytest.raises(UserError, match="stopped after epoch 2"):
        trainer.resume(folder, {})


def write_config(folder, config, **settings):
    """Rewrite a `config.json` with changed settings."""
    content = {**config, "settings": {**config["settings"], **settings}}
    run_directory.write_json(folder / "config.json", content)


def test_run_of_others_cannot_choose_the_export_folder(finished, tmp_path):
    _, _, run = finished
    for export_dir in ("/somewhere", "../up", "below/../../up"):
        write_config(tmp_path, read_config(run.folder), export_dir=export_dir)
        with pytest.raises(UserError, match="--export-dir"):
            run_directory.read_config(tmp_path, {})
        config, _ = run_directory.read_config(tmp_path, {"export_dir": export_dir})
        assert config.export_dir == export_dir


def test_run_of_others_cannot_choose_the_initial_model(finished, tmp_path):
    _, _, run = finished
    write_config(tmp_path, read_config(run.folder), init="missing/1", export_dir="below")
    with pytest.raises(UserError, match="Also pass --init missing/1"):
        trainer.resume(tmp_path, {})
    with pytest.raises(UserError, match="missing/1"):
        trainer.resume(tmp_path, {"init": "missing/1"})


def test_changes_are_compared_after_conversion(finished, tmp_path, monkeypatch):
    _, _, run = finished
    monkeypatch.setenv("HOME", str(tmp_path))
    write_config(tmp_path, read_config(run.folder), init=str(tmp_path / "m"), export_dir="below")
    config, _ = run_directory.read_config(tmp_path, {"init": "~/m"})
    assert config.init == str(tmp_path / "m")
    with pytest.raises(UserError, match=f"--init {tmp_path}/other .was {tmp_path}/m"):
        run_directory.read_config(tmp_path, {"init": "~/other"})


def test_home_is_expanded_in_the_folder_to_resume(finished, monkeypatch):
    _, _, run = finished
    monkeypatch.setenv("HOME", str(run.folder.parent))
    with pytest.raises(UserError, match=f"(?s)--batch-size 4 .*--init {run.folder}"):
        trainer.resume(f"~/{run.folder.name}", {"batch_size": 4})


@pytest.mark.parametrize("key", ["unknown", "labels"])
def test_run_with_unknown_metadata_is_refused(key, finished, tmp_path):
    _, _, run = finished
    write_config(tmp_path, {**read_config(run.folder), key: 1}, export_dir="below")
    with pytest.raises(UserError, match=f"config.json contains unknown keys: {key}"):
        trainer.resume(tmp_path, {})


def test_exhausted_patience_is_still_exhausted_after_a_resume(config_for, tmp_path):
    # At this learning rate, no weight changes, so no epoch is better than the first.
    config = config_for(tmp_path, epochs=50, early_stopping_patience=2, learning_rate=1e-30)
    first = fitted(config)
    before = (first.folder / "history.csv").read_bytes()
    assert before.count(b"\n") == 4
    resumed(first.folder, {})
    assert (first.folder / "history.csv").read_bytes() == before


def test_run_of_another_version_is_refused_by_name(finished, tmp_path):
    _, _, run = finished
    config = read_config(run.folder)
    config["versions"] = {"colorkeras": "9.8.7"}
    for version in (None, 1, config["format_version"] + 1):
        write_config(tmp_path, {**config, "format_version": version}, unknown_setting=1)
        with pytest.raises(UserError) as error:
            run_directory.read_config(tmp_path, {})
        assert "a run from colorkeras 9.8.7" in error.value.received
        assert f"--init {tmp_path / 'model.keras'}" in error.value.fix


def test_missing_setting_is_an_error(finished, tmp_path):
    _, _, run = finished
    config = read_config(run.folder)
    del config["settings"]["strategy"]
    write_config(tmp_path, config)
    with pytest.raises(UserError, match="strategy"):
        run_directory.read_config(tmp_path, {})


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"batch_size": 4}, "--batch-size 4 (was 8)"),
        ({"loss": "mae", "epochs": 9}, "--loss mae (was mse)"),
        ({"seed": 3}, "--seed 3 (was 0)"),
        ({"sampling_steps": 3}, f"--sampling-steps 3 (was {TrainingConfig.sampling_steps})"),
        ({"objective": "flow"}, "--objective flow (was regression)"),
    ],
)
def test_other_settings_cannot_change(changes, shown, finished):
    _, _, run = finished
    with pytest.raises(UserError) as error:
        trainer.resume(run.folder, changes)
    assert shown in str(error.value) and "--init" in str(error.value)


def test_data_cannot_change(config_for, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    generator = np.random.default_rng(0)
    for number in range(8):
        pixels = generator.integers(0, 256, (16, 16, 3), np.uint8)
        Image.fromarray(pixels).save(images / f"{number}.png")
    first = fitted(config_for(tmp_path, dataset=str(images), epochs=1))
    # Replacing an image changes neither the description nor the image count.
    Image.new("RGB", (16, 16), (255, 0, 0)).save(images / "0.png")
    with pytest.raises(UserError, match="with dataset fingerprint"):
        trainer.resume(first.folder, {"epochs": 2})
    (images / "0.png").unlink()
    with pytest.raises(UserError, match="with dataset 'folder images"):
        trainer.resume(first.folder, {"epochs": 2})


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
        '{"settings": {"export_dir": "\\u0000"}}',
        '{"settings": {}, "resumed_after": 3}',
        '{"settings": {}, "resumed_after": ["1"]}',
    ],
)
def test_damaged_config_is_refused(content, finished, tmp_path):
    _, _, run = finished
    if content is not None and content.startswith('{"settings": {'):
        # All other settings are unchanged.
        whole, damaged = read_config(run.folder), json.loads(content)
        settings = {**whole["settings"], "export_dir": "below", **damaged["settings"]}
        content = json.dumps({**whole, **damaged, "settings": settings})
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(UserError, match="not a run"):
        run_directory.read_config(tmp_path, {})
