"""Tests of whole training runs: what they leave, and how they end early."""

import csv
import json
import os
import re
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from whole_runs import refused, stopping, weights_of

from colorkeras.export import restore, saved_model
from colorkeras.objectives.regression import COLOR_ENCODINGS
from colorkeras.training import checkpoints, resolve, trainer
from colorkeras.training.callbacks import Progress, StopOnNaN
from colorkeras.utils.errors import DivergedError, InterruptedRunError


def files_below(folder):
    return {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_a_run_leaves_everything_that_the_readme_names(finished):
    folder, said, run = finished
    assert run.folder.parent == folder / "runs" / "skip_cnn"
    config = json.loads((run.folder / "config.json").read_text(encoding="utf-8"))
    assert config["settings"]["epochs"] == 2
    assert config["precision"] == "mixed_bfloat16"
    assert set(config["versions"]) >= {"python", "tensorflow", "keras", "colorkeras"}
    with (run.folder / "history.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    for column in ("loss", "val_loss", "learning_rate", "images_per_second", "val_psnr_pooled"):
        assert all(float(row[column]) >= 0 for row in rows), column
    metrics = json.loads((run.folder / "metrics.json").read_text(encoding="utf-8"))
    assert metrics == run.metrics
    assert metrics["model"]["epochs"] == 2
    history = metrics["model"]["history"]
    assert [str(value) for value in history["val_loss"]] == [row["val_loss"] for row in rows]
    assert 0 < history["minutes"][0] < history["minutes"][1] < metrics["model"]["minutes"] + 0.01
    for picture in ("samples.png", "curves.png", "images.png"):
        with Image.open(run.folder / picture) as image:
            assert image.format == "PNG"
    for part in ("train", "validation"):
        assert list((run.folder / "tensorboard" / part).glob("events.out.tfevents.*"))
    assert run.export_folder == folder / "saved_models" / "skip_cnn" / "1"
    assert any(str(run.export_folder) in line for line in said)


def test_a_run_exports_its_average_network(finished):
    _, _, run = finished
    network = keras.saving.load_model(run.folder / "model.keras")
    assert {layer.compute_dtype for layer in network.layers} == {"float32"}
    assert network.trainable_variables, "it could not be trained further"
    grayscale = tf.constant(np.random.default_rng(0).random((2, 9, 7, 1), np.float32))
    prediction = network(grayscale, training=False)
    assert np.abs(prediction).max() > 0
    expected = COLOR_ENCODINGS["chroma"].decode(grayscale, prediction)
    np.testing.assert_allclose(
        saved_model.load(run.export_folder).color(grayscale), expected, atol=1e-5
    )


def test_the_same_seed_ends_in_the_same_bits_and_nothing_is_overwritten(finished, config_for):
    folder, _, first = finished
    before = files_below(folder)
    second = trainer.train(config_for(folder, precision="mixed_bfloat16"), lambda line: None)
    assert second.export_folder.name == "2"
    assert second.folder != first.folder
    after = files_below(folder)
    assert {path: after[path] for path in before} == before
    for one, other in zip(weights_of(first), weights_of(second), strict=True):
        np.testing.assert_array_equal(one, other)
    assert second.metrics["metrics"] == first.metrics["metrics"]


def test_another_seed_ends_elsewhere(finished, config_for, tmp_path, fit_only):
    _, _, first = finished
    config = config_for(tmp_path, precision="mixed_bfloat16", seed=1)
    other = trainer.train(config, lambda line: None)
    assert not np.array_equal(weights_of(first)[0], weights_of(other)[0])


def test_divergence_in_the_first_epoch_is_told_and_exports_nothing(config_for, tmp_path):
    lines = []
    with pytest.raises(DivergedError, match=r"loss is .*--learning-rate"):
        trainer.train(config_for(tmp_path, learning_rate=1e30, warmup_fraction=0), lines.append)
    assert lines[-1].endswith("nothing to export.")
    assert not list(tmp_path.rglob("saved_model.pb"))


@pytest.mark.parametrize(
    ("error", "raised", "number"),
    [
        (KeyboardInterrupt(), InterruptedRunError, 2),
        (DivergedError("Training diverged."), DivergedError, None),
        (tf.errors.NotFoundError(None, None, "a picture vanished"), tf.errors.NotFoundError, None),
    ],
    ids=["sigint", "nan", "data"],
)
def test_what_is_finished_is_exported(error, raised, number, config_for, tmp_path, monkeypatch):
    stopping(monkeypatch, error, epoch=1)
    lines = []
    with pytest.raises(raised) as caught:
        trainer.train(config_for(tmp_path, epochs=3), lines.append)
    assert getattr(caught.value, "signal_number", None) == number
    folder = tmp_path / "saved_models" / "skip_cnn" / "1"
    assert f"Exported the best epoch, 1, to {folder}" in lines
    # Who diverged would diverge again.
    assert any("--resume" in line for line in lines) == (raised is InterruptedRunError)
    model = saved_model.load(folder)
    assert model.metadata["epochs"] == model.metadata["best_epoch"] == 1


def test_an_interruption_before_the_first_epoch_ends_says_so(config_for, tmp_path, monkeypatch):
    stopping(monkeypatch, KeyboardInterrupt(), epoch=0)
    lines = []
    with pytest.raises(InterruptedRunError) as caught:
        trainer.train(config_for(tmp_path), lines.append)
    assert lines[-1].startswith("No epoch was finished")
    assert caught.value.signal_number == signal.SIGINT
    assert not list(tmp_path.rglob("saved_model.pb"))


@pytest.mark.slow
def test_sigterm_ends_the_command_with_143_and_an_export(picture_folder, tmp_path):
    command = [
        sys.executable,
        "-c",
        "import sys; from colorkeras.cli import main; sys.exit(main())",
    ]
    words = f"train --dataset {picture_folder} --arch skip_cnn --image-size 16 --batch-size 8"
    command += [*words.split(), "--epochs", "100000", "--precision", "float32"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout:
            if line.startswith("Epoch 3/"):
                break
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM, errors
    assert "Exported the best epoch" in output
    assert "Interrupted." in errors
    assert "Traceback" not in errors
    saved_model.load(tmp_path / "saved_models" / "skip_cnn" / "1")


def test_an_interruption_before_the_first_checkpoint_does_not_advise_to_resume(
    config_for, tmp_path, monkeypatch
):
    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "save", stop)
    lines = []
    with pytest.raises(InterruptedRunError):
        trainer.train(config_for(tmp_path), lines.append)
    assert lines[-1].startswith("Exported the best epoch, 1,")
    assert not any("--resume" in line for line in lines)


def test_a_run_starts_from_the_weights_of_another(finished, config_for, tmp_path):
    _, _, first = finished
    source = keras.saving.load_model(first.folder / "model.keras")
    config = config_for(tmp_path, init=str(first.folder / "model.keras"), arch=None)
    settled, weights = resolve.settle(config, new=True)
    assert settled.arch == "skip_cnn"
    for one, other in zip(weights, source.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    # At this rate no weight changes, and a decay of zero keeps the average at them.
    settings = {"learning_rate": 1e-30, "warmup_fraction": 0, "epochs": 1, "ema_decay": 0}
    config = config_for(tmp_path, init=str(first.export_folder), arch=None, **settings)
    run = trainer.train(config, lambda line: None)
    network = keras.saving.load_model(run.folder / "model.keras")
    trained = [weight for weight in network.weights if "moving" not in weight.path]
    expected = [weight for weight in source.weights if "moving" not in weight.path]
    for one, other in zip(trained, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
    config = json.loads((run.folder / "config.json").read_text(encoding="utf-8"))
    assert config["settings"]["init"] == config["init"] == str(first.export_folder)
    assert config["settings"]["arch"] == "skip_cnn"


def test_a_run_says_how_its_start_colors_otherwise(
    finished, config_for, tmp_path, fit_only, monkeypatch
):
    _, _, first = finished
    monkeypatch.setattr(restore, "color_settings", lambda model: {"flip_tta": True})
    config = config_for(tmp_path, init=str(first.folder / "model.keras"), arch=None, epochs=1)
    said = []
    trainer.train(config, said.append)
    assert f"*** {config.init} colors with --flip-tta, this run does not" in said


@pytest.mark.parametrize(
    "changes",
    [{"arch": "unet"}, {"arch": None, "prediction": "rgb"}, {"arch": None, "objective": "flow"}],
)
def test_another_architecture_than_that_of_the_start_is_refused(
    changes, finished, config_for, tmp_path
):
    _, _, first = finished
    init = str(first.folder / "model.keras")
    received, expected, _ = refused(config_for(tmp_path, init=init, **changes), tmp_path)
    *_, (name, asked) = changes.items()
    has = {"arch": "skip_cnn", "prediction": "chroma", "objective": "regression"}[name]
    assert f"--{name} {asked}" in received and has in expected


def test_early_stop_ends_a_run_without_progress(config_for, tmp_path, fit_only):
    # At this rate no weight changes, so no epoch is better than the first.
    config = config_for(
        tmp_path, epochs=50, early_stopping_patience=2, learning_rate=1e-30, batch_size=1000
    )
    said = []
    run = trainer.train(config, said.append)
    with (run.folder / "history.csv").open(encoding="utf-8") as stream:
        assert len(list(csv.DictReader(stream))) == 3
    # The same run also had larger batches than there are pictures.
    config = json.loads((run.folder / "config.json").read_text(encoding="utf-8"))
    notes = [line for line in said if re.match(r"\*\*\* Only \d+ training pictures", line)]
    assert len(notes) == 1 and "instead of 1000" in notes[0]
    assert config["batch_size"] < 24 and f"batches of {config['batch_size']} " in notes[0]


@pytest.mark.parametrize(("steps_per_epoch", "after"), [(100, 50), (49, 51), (10, 50), (1, None)])
def test_duration_is_estimated_once_and_early(steps_per_epoch, after):
    said = []
    progress = Progress(batch_size=8, total_steps=200, say=said.append)
    counts = []
    for step in range(200):
        if step % steps_per_epoch == 0:
            progress.on_epoch_begin(step // steps_per_epoch)
        progress.on_train_batch_end(step % steps_per_epoch, {"loss": 1.0})
        counts.append(len(said))
    # Epochs of one step have nothing but first steps, which are not timed.
    assert counts[-1] == (0 if after is None else 1)
    if after is not None:
        assert counts.index(1) + 1 == after
        assert re.match(r"\nAbout \d+\.\d more minutes for training, at \d+ images/s\.$", said[0])


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_stops_training(value):
    callback = StopOnNaN()
    callback.on_train_batch_end(0, {"loss": 1.0})
    with pytest.raises(DivergedError, match="loss is"):
        callback.on_train_batch_end(10, {"loss": value})
    with pytest.raises(DivergedError, match="val_loss is"):
        callback.on_epoch_end(0, {"loss": 1.0, "val_loss": value})


@pytest.mark.parametrize("arch", ["skip_cnn", "residual_unet", "flow_unet"])
def test_training_pictures_that_are_all_gray_are_refused(arch, gray_folder, config_for, tmp_path):
    received, expected, fix = refused(
        config_for(tmp_path, arch=arch, dataset=str(gray_folder)), tmp_path
    )
    assert "all gray" in received and gray_folder.name in received
    assert "in color" in expected and "--dataset" in fix


def test_baseline_on_larger_crops_is_refused_before_a_folder_is_made(config_for, tmp_path):
    received, expected, fix = refused(
        config_for(tmp_path, arch="baseline", image_size=64), tmp_path
    )
    assert "64x64" in received and "32x32" in expected and "--image-size" in fix


def test_an_unusable_data_set_is_refused_before_a_folder_is_made(config_for, tmp_path):
    received, _, _ = refused(config_for(tmp_path, dataset=str(tmp_path / "nowhere")), tmp_path)
    assert "nowhere" in received


def test_an_export_path_below_a_file_is_refused(config_for, tmp_path):
    (tmp_path / "file").touch()
    config = config_for(tmp_path, export_dir=str(tmp_path / "file" / "saved_models"))
    received, _, fix = refused(config, tmp_path)
    assert "--export-dir" in received and "--export-dir" in fix


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="permissions do not bind root")
def test_an_export_folder_without_permission_is_refused(config_for, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    received, _, _ = refused(config_for(tmp_path, export_dir=str(tmp_path / "locked")), tmp_path)
    assert "not writable" in received
