"""Tests for complete training runs: output files, interruption and errors."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from whole_runs import fitted, log_lines, raise_at, refused, weights_of

from colorkeras.export import restore, saved_model
from colorkeras.objectives.regression import COLOR_ENCODINGS
from colorkeras.training import checkpoints, resolve_config, run_results, trainer
from colorkeras.utils.errors import DivergedError, InterruptedRunError, LostDataError


def files_below(folder):
    return {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_run_leaves_all_documented_files(finished):
    folder, _, run = finished
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
    for file in ("samples.png", "curves.png", "images.png"):
        with Image.open(run.folder / file) as image:
            assert image.format == "PNG"
    for part in ("train", "validation"):
        assert list((run.folder / "tensorboard" / part).glob("events.out.tfevents.*"))
    assert run.export_folder == folder / "saved_models" / "skip_cnn" / "1"


def test_log_has_a_line_per_epoch_then_the_results_and_next_steps(finished):
    _, lines, run = finished
    epochs = [line for line in lines if line.startswith("epoch ")]
    history = run.metrics["model"]["history"]
    for number, line in enumerate(epochs):
        loss, val_loss = history["loss"][number], history["val_loss"][number]
        psnr, error = history["val_psnr_pooled"][number], history["val_ciede2000"][number]
        assert line.startswith(
            f"epoch {number + 1}/2  loss {loss:.4f}  val_loss {val_loss:.4f}  "
            f"val_psnr_pooled {psnr:.2f} dB  val_ciede2000 {error:.2f}"
        )
    assert [line.endswith(" left") for line in epochs] == [True, False]
    assert lines[-1].startswith("\nResults on ")
    assert f"  tensorboard --logdir {run.folder}\n" in lines[-1]
    assert f"  colorkeras colorize photo.jpg --model {run.export_folder}" in lines[-1]


def test_run_exports_its_ema_network(finished):
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


def test_same_seed_gives_the_same_bits_and_overwrites_nothing(finished, config_for):
    folder, _, first = finished
    before = files_below(folder)
    second = trainer.train(config_for(folder, precision="mixed_bfloat16"))
    assert second.export_folder.name == "2"
    assert second.folder != first.folder
    after = files_below(folder)
    assert {path: after[path] for path in before} == before
    for one, other in zip(weights_of(first), weights_of(second), strict=True):
        np.testing.assert_array_equal(one, other)
    assert second.metrics["metrics"] == first.metrics["metrics"]


def test_another_seed_gives_other_weights(finished, config_for, tmp_path):
    _, _, first = finished
    other = fitted(config_for(tmp_path, precision="mixed_bfloat16", seed=1))
    assert not np.array_equal(weights_of(first)[0], other.best.weights[0])


def test_divergence_in_the_first_epoch_exports_nothing(config_for, tmp_path):
    config = config_for(tmp_path, learning_rate=1e30, warmup_fraction=0)
    with log_lines() as lines, pytest.raises(DivergedError, match=r"loss is .*--learning-rate"):
        trainer.train(config)
    assert lines[-1].endswith("nothing to export.")
    assert not list(tmp_path.rglob("saved_model.pb"))


@pytest.mark.parametrize(
    ("error", "raised", "number"),
    [
        (KeyboardInterrupt(), InterruptedRunError, 2),
        (DivergedError("Training diverged."), DivergedError, None),
        (tf.errors.NotFoundError(None, None, "an image vanished"), tf.errors.NotFoundError, None),
    ],
    ids=["sigint", "nan", "data"],
)
def test_finished_epochs_are_exported_after_an_error(error, raised, number, config_for, tmp_path):
    with log_lines() as lines, pytest.raises(raised) as caught:
        trainer.train(config_for(tmp_path, epochs=3), [raise_at(error, epoch=1)])
    assert getattr(caught.value, "signal_number", None) == number
    folder = tmp_path / "saved_models" / "skip_cnn" / "1"
    assert f"Exported the model from the best epoch (1) to {folder}" in lines
    # Resuming a diverged run would make it diverge again.
    assert any("--resume" in line for line in lines) == (raised is InterruptedRunError)
    model = saved_model.load(folder)
    assert model.metadata["epochs"] == model.metadata["best_epoch"] == 1


def test_images_that_vanish_before_training(image_folder, config_for, tmp_path):
    images = shutil.copytree(image_folder, tmp_path / "images")
    with trainer.Trainer(config_for(tmp_path, dataset=str(images))) as one:
        one.prepare()
        one.restore()
        images.rename(tmp_path / "elsewhere")
        one.fit()
    assert isinstance(one.failure, LostDataError) and "images/" in str(one.failure)


def test_images_that_vanish_after_training(image_folder, config_for, tmp_path):
    images = shutil.copytree(image_folder, tmp_path / "images")
    vanish = keras.callbacks.LambdaCallback(
        on_train_end=lambda logs: images.rename(tmp_path / "elsewhere")
    )
    with pytest.raises(LostDataError, match="can no longer be read"):
        trainer.train(config_for(tmp_path, dataset=str(images)), [vanish])
    saved_model.load(tmp_path / "saved_models" / "skip_cnn" / "1")


def test_errors_in_plots_do_not_replace_the_first_error(config_for, tmp_path, monkeypatch):
    def fail(*arguments):
        raise ValueError("no plot")

    monkeypatch.setattr(trainer.run_results, "save_curves", fail)
    error = DivergedError("Training diverged.")
    with log_lines() as lines, pytest.raises(DivergedError):
        trainer.train(config_for(tmp_path, epochs=3), [raise_at(error, epoch=1)])
    assert "The training curves could not be plotted: no plot" in lines


def test_interruption_in_the_first_epoch_exports_nothing(config_for, tmp_path):
    with log_lines() as lines, pytest.raises(InterruptedRunError) as caught:
        trainer.train(config_for(tmp_path), [raise_at(KeyboardInterrupt(), epoch=0)])
    assert lines[-1].startswith("No epoch was finished")
    assert caught.value.signal_number == signal.SIGINT
    assert not list(tmp_path.rglob("saved_model.pb"))


@pytest.mark.slow
def test_sigterm_ends_the_command_with_status_143_and_an_export(image_folder, tmp_path):
    command = [
        sys.executable,
        "-c",
        "import sys; from colorkeras.cli import main; sys.exit(main())",
    ]
    words = f"train --dataset {image_folder} --arch skip_cnn --image-size 16 --batch-size 8"
    command += [*words.split(), "--epochs", "100000", "--precision", "float32"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout:
            if line.startswith("epoch 2/"):
                break
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM, errors
    assert "Exported the model from the best epoch" in output
    assert "Interrupted." in errors
    assert "Traceback" not in errors
    saved_model.load(tmp_path / "saved_models" / "skip_cnn" / "1")


def test_resuming_is_not_suggested_without_a_checkpoint(config_for, tmp_path, monkeypatch):
    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "save", stop)
    with log_lines() as lines, pytest.raises(InterruptedRunError):
        trainer.train(config_for(tmp_path))
    assert lines[-1].startswith("Exported the model from the best epoch (1)")
    assert not any("--resume" in line for line in lines)


def test_run_starts_from_the_weights_of_another(finished, config_for, tmp_path):
    _, _, first = finished
    source = keras.saving.load_model(first.folder / "model.keras")
    config = config_for(tmp_path, init=str(first.folder / "model.keras"), arch=None)
    resolved, weights = resolve_config.resolve_model(config, is_new=True)
    assert resolved.arch == "skip_cnn"
    for one, other in zip(weights, source.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    # At this learning rate, no weight changes; without decay, neither do the EMA weights.
    settings = {"learning_rate": 1e-30, "warmup_fraction": 0, "epochs": 1, "ema_decay": 0}
    config = config_for(tmp_path, init=str(first.export_folder), arch=None, **settings)
    run = fitted(config)
    run_results.export(run.context, run.folder, run.best)
    network = keras.saving.load_model(run.folder / "model.keras")
    trained = [weight for weight in network.weights if "moving" not in weight.path]
    expected = [weight for weight in source.weights if "moving" not in weight.path]
    for one, other in zip(trained, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
    config = json.loads((run.folder / "config.json").read_text(encoding="utf-8"))
    assert config["settings"]["init"] == config["init"] == str(first.export_folder)
    assert config["settings"]["arch"] == "skip_cnn"


def test_log_tells_other_color_settings_of_the_initial_model(
    finished, config_for, tmp_path, monkeypatch
):
    _, _, first = finished
    monkeypatch.setattr(restore, "color_settings", lambda model: {"flip_tta": True})
    config = config_for(tmp_path, init=str(first.folder / "model.keras"), arch=None)
    with log_lines() as lines, trainer.Trainer(config) as one:
        one.prepare()
    assert f"{config.init} uses --flip-tta, but this run does not." in lines


@pytest.mark.parametrize(
    "changes",
    [{"arch": "unet"}, {"arch": None, "prediction": "rgb"}, {"arch": None, "objective": "flow"}],
)
def test_settings_that_contradict_the_initial_model_are_refused(
    changes, finished, config_for, tmp_path
):
    _, _, first = finished
    init = str(first.folder / "model.keras")
    received, expected, _ = refused(config_for(tmp_path, init=init, **changes), tmp_path)
    *_, (name, requested) = changes.items()
    has = {"arch": "skip_cnn", "prediction": "chroma", "objective": "regression"}[name]
    assert f"--{name} {requested}" in received and f"--{name} {has}" in expected


def test_early_stopping_ends_a_run_without_progress(config_for, tmp_path):
    # At this learning rate, no weight changes, so no epoch is better than the first.
    config = config_for(
        tmp_path, epochs=50, early_stopping_patience=2, learning_rate=1e-30, batch_size=1000
    )
    with log_lines() as lines:
        one = fitted(config)
    with (one.folder / "history.csv").open(encoding="utf-8") as stream:
        assert len(list(csv.DictReader(stream))) == 3
    # The batch size of this run also exceeds the number of images.
    config = json.loads((one.folder / "config.json").read_text(encoding="utf-8"))
    (notice,) = [line for line in lines if "training images, so the batch size is" in line]
    assert notice in config["notes"] and "instead of 1000" in notice
    assert config["batch_size"] < 24 and f"is {config['batch_size']} instead" in notice


@pytest.mark.parametrize("arch", ["skip_cnn", "residual_unet", "flow_unet"])
def test_gray_training_images_are_refused(arch, gray_folder, config_for, tmp_path):
    received, expected, fix = refused(
        config_for(tmp_path, arch=arch, dataset=str(gray_folder)), tmp_path
    )
    assert "gray" in received and gray_folder.name in received
    assert "color" in expected and "--dataset" in fix


def test_baseline_on_larger_crops_is_refused(config_for, tmp_path):
    received, expected, fix = refused(
        config_for(tmp_path, arch="baseline", image_size=64), tmp_path
    )
    assert "64x64" in received and "32x32" in expected and "--image-size" in fix


def test_missing_dataset_is_refused(config_for, tmp_path):
    received, _, _ = refused(config_for(tmp_path, dataset=str(tmp_path / "nowhere")), tmp_path)
    assert "nowhere" in received


def test_export_path_below_a_file_is_refused(config_for, tmp_path):
    (tmp_path / "file").touch()
    config = config_for(tmp_path, export_dir=str(tmp_path / "file" / "saved_models"))
    received, _, fix = refused(config, tmp_path)
    assert "--export-dir" in received and "--export-dir" in fix


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="permissions do not bind root")
def test_export_folder_without_permission_is_refused(config_for, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    received, _, _ = refused(config_for(tmp_path, export_dir=str(tmp_path / "locked")), tmp_path)
    assert "not writable" in received
