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

from colorkeras import checkpoints, evaluation, export, optimizers, pretrained, runs, training
from colorkeras.callbacks import Progress, StopOnNaN
from colorkeras.config import TrainingConfig
from colorkeras.data import ArraySource, ImageDataset
from colorkeras.errors import DivergedError, InterruptedRunError, UserError
from colorkeras.representations import REPRESENTATIONS


def files_below(folder):
    return {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def weights_of(run):
    return keras.saving.load_model(run.folder / "model.keras").get_weights()


@pytest.fixture(scope="module")
def finished(config_for, tmp_path_factory):
    """A run of two epochs in mixed precision: its parent folder, what it said, its `Run`."""
    folder = tmp_path_factory.mktemp("finished")
    said = []
    run = training.train(config_for(folder, precision="mixed_bfloat16"), said.append)
    return folder, said, run


@pytest.fixture
def fit_only(monkeypatch):
    """Leaves out what follows the last epoch, for tests of what happens before."""
    monkeypatch.setattr(export, "export", lambda *arguments: None)
    monkeypatch.setattr(export, "load", lambda folder: None)
    monkeypatch.setattr(training, "_save_curves", lambda *arguments: None)

    class NoReport:
        def __init__(self):
            self.metrics = {"figures": {}}

        def save(self, folder):
            pass

        def table(self):
            return ""

    monkeypatch.setattr(evaluation, "report", lambda *arguments, **settings: NoReport())


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
    for picture in ("samples.png", "curves.png", "pictures.png"):
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
    expected = REPRESENTATIONS["chroma"].decode(grayscale, prediction)
    np.testing.assert_allclose(export.load(run.export_folder).color(grayscale), expected, atol=1e-5)


def test_the_same_seed_ends_in_the_same_bits_and_nothing_is_overwritten(finished, config_for):
    folder, _, first = finished
    before = files_below(folder)
    second = training.train(config_for(folder, precision="mixed_bfloat16"), lambda line: None)
    assert second.export_folder.name == "2"
    assert second.folder != first.folder
    after = files_below(folder)
    assert {path: after[path] for path in before} == before
    for one, other in zip(weights_of(first), weights_of(second), strict=True):
        np.testing.assert_array_equal(one, other)
    assert second.metrics["figures"] == first.metrics["figures"]


def test_another_seed_ends_elsewhere(finished, config_for, tmp_path, fit_only):
    _, _, first = finished
    config = config_for(tmp_path, precision="mixed_bfloat16", seed=1)
    other = training.train(config, lambda line: None)
    assert not np.array_equal(weights_of(first)[0], weights_of(other)[0])


def test_divergence_in_the_first_epoch_is_told_and_exports_nothing(config_for, tmp_path):
    lines = []
    with pytest.raises(DivergedError, match=r"loss is .*--learning-rate"):
        training.train(config_for(tmp_path, learning_rate=1e30, warmup=0), lines.append)
    assert lines[-1].endswith("nothing to export.")
    assert not list(tmp_path.rglob("saved_model.pb"))


def stopping(monkeypatch, error, epoch):
    """Lets a run meet an exception at the start of an epoch."""

    class Stopping(Progress):
        def on_epoch_begin(self, number, logs=None):
            super().on_epoch_begin(number, logs)
            if number == epoch:
                raise error

    monkeypatch.setattr(training, "Progress", Stopping)


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
        training.train(config_for(tmp_path, epochs=3), lines.append)
    assert getattr(caught.value, "signal_number", None) == number
    folder = tmp_path / "saved_models" / "skip_cnn" / "1"
    assert f"Exported the best epoch, 1, to {folder}" in lines
    # Who diverged would diverge again.
    assert ("--resume" in lines[-1]) == (raised is InterruptedRunError)
    model = export.load(folder)
    assert model.metadata["epochs"] == model.metadata["best_epoch"] == 1


def test_an_interruption_before_the_first_epoch_ends_says_so(config_for, tmp_path, monkeypatch):
    stopping(monkeypatch, KeyboardInterrupt(), epoch=0)
    lines = []
    with pytest.raises(InterruptedRunError) as caught:
        training.train(config_for(tmp_path), lines.append)
    assert lines[-1].startswith("No epoch was finished")
    assert caught.value.signal_number == signal.SIGINT
    assert not list(tmp_path.rglob("saved_model.pb"))


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
    export.load(tmp_path / "saved_models" / "skip_cnn" / "1")


def resumable(config, monkeypatch, epoch):
    """A run that was interrupted at the start of an epoch: its folder."""
    with monkeypatch.context() as patch:
        stopping(patch, KeyboardInterrupt(), epoch)
        lines = []
        with pytest.raises(InterruptedRunError):
            training.train(config, lines.append)
    assert "--resume" in lines[-1]
    return lines[-1].split("--resume ")[1]


def comparable_history(folder):
    with (folder / "history.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    clocks = {"images_per_second", "minutes"}
    return [{name: row[name] for name in row if name not in clocks} for row in rows]


@pytest.mark.parametrize(
    "changes", [{}, {"arch": "flow_unet", "steps": 2}, {"optimizer": "muon"}], ids=str
)
def test_a_resumed_run_ends_in_the_bits_of_one_that_was_not_stopped(
    changes, config_for, tmp_path, monkeypatch
):
    whole = training.train(config_for(tmp_path / "whole", epochs=3, **changes), lambda line: None)
    config = config_for(tmp_path / "parts", epochs=3, **changes)
    stopped = resumable(config, monkeypatch, epoch=2)
    lines = []
    resumed = training.resume(stopped, {}, lines.append)
    assert "Resuming after epoch 2 of 3." in lines
    assert str(resumed.folder) == stopped
    assert comparable_history(resumed.folder) == comparable_history(whole.folder)
    for one, other in zip(weights_of(resumed), weights_of(whole), strict=True):
        np.testing.assert_array_equal(one, other)
    assert resumed.metrics["figures"] == whole.metrics["figures"]
    assert resumed.metrics["model"]["epochs"] == 3
    assert resumed.metrics["model"]["resumed_after"] == [2]
    # The export of the interrupted run is whole, the end is a new version.
    assert resumed.export_folder.name == "2"


def test_a_finished_run_goes_on_for_more_epochs_under_another_name(config_for, tmp_path, fit_only):
    run = training.train(config_for(tmp_path, epochs=1), lambda line: None)
    runs.write_json(run.folder / "metrics.json", {"model": {"epochs": 1}})
    with pytest.raises(UserError, match="for 1 epochs, of which it has finished 1"):
        training.resume(run.folder, {})
    lines = []
    training.resume(run.folder, {"epochs": 2, "name": "longer"}, lines.append)
    assert any("schedule for 2 epochs" in line for line in lines)
    assert [row["epoch"] for row in comparable_history(run.folder)] == ["1", "2"]
    config = json.loads((run.folder / "config.json").read_text(encoding="utf-8"))
    assert config["settings"]["epochs"] == 2 and config["settings"]["name"] == "longer"


def test_a_resumed_run_keeps_an_earlier_best_epoch(config_for, tmp_path, monkeypatch):
    stopped = resumable(config_for(tmp_path, epochs=3), monkeypatch, epoch=2)
    restore = checkpoints.restore

    def best_before(folder, colorizer):
        weights, position = restore(folder, colorizer)
        # As if no later epoch came near the first.
        position.history["val_loss"][0] = -1.0
        return [weight + 1 for weight in weights], checkpoints.Position(
            **{**vars(position), "best_epoch": 0}
        )

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "restore", best_before)
        resumed = training.resume(stopped, {}, lambda line: None)
    assert resumed.metrics["model"]["best_epoch"] == 1
    kept, _ = restore(stopped, resumed_colorizer(config_for(tmp_path)))
    for one, other in zip(kept, weights_of(resumed), strict=True):
        np.testing.assert_array_equal(one, other)


def resumed_colorizer(config):
    networks = [training.architectures.build(config.arch) for _ in range(2)]
    objective = training.objectives.create("chroma", config)
    augment = training.AUGMENTATIONS["flip"]
    colorizer = training.Colorizer(*networks, objective, {}, 0.9, augment, seed=0)
    colorizer.compile(optimizer=optimizers.create(config, 1))
    return colorizer


def test_a_run_that_lacks_nothing_but_its_results_gets_them(config_for, tmp_path, monkeypatch):
    def stop(*arguments, **settings):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(evaluation, "report", stop)
        with pytest.raises(KeyboardInterrupt):
            training.train(config_for(tmp_path), lambda line: None)
    (folder,) = (tmp_path / "runs" / "skip_cnn").iterdir()
    before = (folder / "history.csv").read_bytes()
    run = training.resume(folder, {}, lambda line: None)
    assert (folder / "history.csv").read_bytes() == before
    assert run.metrics["model"]["epochs"] == 2
    with pytest.raises(UserError, match="has finished 2"):
        training.resume(folder, {}, lambda line: None)


def test_patience_that_had_ended_is_not_begun_anew(config_for, tmp_path, fit_only):
    # At this rate no weight changes, so no epoch is better than the first.
    config = config_for(tmp_path, epochs=50, early_stop=2, learning_rate=1e-30)
    run = training.train(config, lambda line: None)
    before = (run.folder / "history.csv").read_bytes()
    training.resume(run.folder, {}, lambda line: None)
    assert (run.folder / "history.csv").read_bytes() == before


def test_an_interruption_before_the_first_checkpoint_does_not_advise_to_resume(
    config_for, tmp_path, monkeypatch
):
    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "save", stop)
    lines = []
    with pytest.raises(InterruptedRunError):
        training.train(config_for(tmp_path), lines.append)
    assert lines[-1].startswith("Exported the best epoch, 1,")


def test_a_setting_that_an_older_run_does_not_know_has_its_default(finished, tmp_path):
    _, _, run = finished
    config = json.loads((run.folder / "config.json").read_text(encoding="utf-8"))
    del config["settings"]["strategy"]
    runs.write_json(tmp_path / "config.json", config)
    with pytest.raises(UserError, match=r"--strategy one \(the run: auto\)"):
        runs.read_config(tmp_path, {"strategy": "one"})


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"batch_size": 4}, "--batch-size 4 (the run: 8)"),
        ({"loss": "mae", "epochs": 9}, "--loss mae (the run: mse)"),
        ({"seed": 3}, "--seed 3 (the run: 0)"),
        ({"steps": 3}, f"--steps 3 (the run: {TrainingConfig.steps})"),
        ({"objective": "flow"}, "--objective flow (the run: regression)"),
    ],
)
def test_a_run_goes_on_with_its_own_settings_only(changes, shown, finished):
    _, _, run = finished
    with pytest.raises(UserError) as error:
        training.resume(run.folder, changes)
    assert shown in str(error.value) and "--init" in str(error.value)


def test_a_run_goes_on_with_its_own_data_only(config_for, tmp_path, fit_only):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    generator = np.random.default_rng(0)
    for number in range(8):
        pixels = generator.integers(0, 256, (16, 16, 3), np.uint8)
        Image.fromarray(pixels).save(pictures / f"{number}.png")
    config = config_for(tmp_path, dataset=str(pictures), epochs=1)
    run = training.train(config, lambda line: None)
    # Another picture of that name, of which neither the title nor the number of pictures tells.
    Image.new("RGB", (16, 16)).save(pictures / "0.png")
    with pytest.raises(UserError, match="with dataset fingerprint"):
        training.resume(run.folder, {"epochs": 2}, lambda line: None)
    (pictures / "0.png").unlink()
    with pytest.raises(UserError, match="with dataset 'folder pictures"):
        training.resume(run.folder, {"epochs": 2}, lambda line: None)


@pytest.mark.parametrize(
    "content",
    [None, "{", "[]", "{}", '{"settings": {"epoch": 1}}', '{"settings": {"epochs": "1"}}'],
)
def test_a_folder_that_is_no_run_is_refused(content, tmp_path):
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(UserError, match="no run of this version"):
        runs.read_config(tmp_path, {})


def test_a_run_starts_from_the_weights_of_another(finished, config_for, tmp_path):
    _, _, first = finished
    # At this rate no weight changes, and a decay of zero keeps the average at them.
    settings = {"learning_rate": 1e-30, "warmup": 0, "epochs": 1, "average_decay": 0}
    for start in (first.folder / "model.keras", first.export_folder):
        config = config_for(tmp_path, init=str(start), arch=None, **settings)
        run = training.train(config, lambda line: None)
        network = keras.saving.load_model(run.folder / "model.keras")
        trained = [weight for weight in network.weights if "moving" not in weight.path]
        source = keras.saving.load_model(first.folder / "model.keras")
        expected = [weight for weight in source.weights if "moving" not in weight.path]
        for one, other in zip(trained, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-6)
        config = json.loads((run.folder / "config.json").read_text(encoding="utf-8"))
        assert config["settings"]["init"] == config["init"] == str(start)
        assert config["settings"]["arch"] == "skip_cnn"


@pytest.mark.parametrize(
    "changes",
    [{"arch": "unet"}, {"arch": None, "output": "rgb"}, {"arch": None, "objective": "flow"}],
)
def test_another_architecture_than_that_of_the_start_is_refused(
    changes, finished, config_for, tmp_path
):
    _, _, first = finished
    init = str(first.folder / "model.keras")
    received, expected, _ = refused(config_for(tmp_path, init=init, **changes), tmp_path)
    *_, (name, asked) = changes.items()
    has = {"arch": "skip_cnn", "output": "chroma", "objective": "regression"}[name]
    assert f"--{name} {asked}" in received and has in expected


@pytest.mark.parametrize(
    ("objective", "arch", "output"),
    [("classification", "residual_unet", "bins"), ("flow", "flow_unet", "velocity")],
)
def test_every_objective_ends_in_an_export_that_loads(
    objective, arch, output, config_for, tmp_path
):
    settings = {"arch": None, "objective": objective, "precision": "mixed_bfloat16"}
    if objective == "flow":
        settings["steps"] = 2
    run = training.train(config_for(tmp_path, **settings), lambda line: None)
    assert run.export_folder == tmp_path / "saved_models" / arch / "1"
    with (run.folder / "history.csv").open(encoding="utf-8") as stream:
        assert len(list(csv.DictReader(stream))) == 2
    model = export.load(run.export_folder)
    assert (model.metadata["objective"], model.metadata["output"]) == (objective, output)
    assert model.samples == (objective == "flow")
    if objective == "flow":
        assert model.metadata["steps"] == 2 and model.metadata["temperature"] == 1
    else:
        assert sum(model.metadata["priors"]) == pytest.approx(1, abs=1e-4)
        assert np.count_nonzero(model.metadata["priors"]) > 10
    settings = json.loads((run.folder / "config.json").read_text(encoding="utf-8"))["settings"]
    assert (settings["arch"], settings["output"]) == (arch, output)
    assert settings["objective"] == objective
    # Export and Keras file hold the same network, ready to be trained further.
    for path in (run.export_folder, run.folder / "model.keras"):
        network = pretrained.load(path)
        assert network.name == arch and network.trainable_variables
        for one, other in zip(network.get_weights(), weights_of(run), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("objective", ["regression", "flow"])
def test_a_class_head_is_trained_and_left_out_of_what_a_run_leaves(
    objective, crops, config_for, tmp_path, monkeypatch
):
    labeled = ArraySource(crops, np.arange(16, dtype=np.int64) % 10)
    dataset = ImageDataset("labeled", "16 labeled pictures", lambda split: labeled)
    monkeypatch.setattr(training, "load_dataset", lambda *arguments: dataset)
    steps = []
    train_step = training.Colorizer.train_step

    def watched(colorizer, data):
        _, labels = data
        steps.append((labels.dtype, colorizer.class_weight, colorizer.network.output_names))
        return train_step(colorizer, data)

    monkeypatch.setattr(training.Colorizer, "train_step", watched)
    arch, output = training.architectures.choose(
        {"regression": "residual_unet"}.get(objective), None, objective
    )
    config = config_for(tmp_path, arch=arch, image_size=32, class_weight=0.1)
    run = training.train(config, lambda line: None)
    assert steps == [(tf.int64, 0.1, [output, "classes"])] * len(steps) and steps
    bare = training.architectures.build(arch, output)
    metadata = export.load(run.export_folder).metadata
    assert metadata["class_weight"] == 0.1
    assert metadata["num_parameters"] == bare.count_params()
    saved = keras.saving.load_model(run.folder / "model.keras")
    assert saved.output_names == [output]
    for path in (run.export_folder, run.folder / "model.keras"):
        network = pretrained.load(path)
        assert network.output_names == [output]
        for one, other in zip(network.get_weights(), saved.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
    # With a head again it starts from what it has learned.
    config = config_for(tmp_path, arch=None, init=str(run.export_folder), class_weight=0.1)
    settled, weights = training._start(config, new=True)
    assert (settled.arch, settled.output, settled.objective) == (arch, output, objective)
    network = training.architectures.build(arch, output, num_classes=10)
    training.architectures.without_class_head(network).set_weights(weights)


def test_early_stop_ends_a_run_without_progress(config_for, tmp_path, fit_only):
    # At this rate no weight changes, so no epoch is better than the first.
    config = config_for(tmp_path, epochs=50, early_stop=2, learning_rate=1e-30, batch_size=1000)
    said = []
    run = training.train(config, said.append)
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


def refused(config, tmp_path):
    """The three lines of the error with which a run is refused, which leaves no folder."""
    with pytest.raises(UserError) as error:
        training.train(config, lambda line: None)
    assert not (tmp_path / "runs").exists() and not (tmp_path / "saved_models").exists()
    return str(error.value).splitlines()


@pytest.mark.parametrize("arch", ["residual_unet", "flow_unet"])
def test_a_class_weight_for_pictures_without_labels_is_refused(arch, config_for, tmp_path):
    received, expected, fix = refused(config_for(tmp_path, arch=arch, class_weight=0.5), tmp_path)
    assert "--class-weight 0.5" in received and "no labels" in received
    assert "cifar10" in expected and "--class-weight 0" in fix


def test_a_recipes_class_head_is_left_out_without_labels_and_that_is_said(config_for, tmp_path):
    config = config_for(
        tmp_path, arch="residual_unet", class_weight=0.1, recipe="faithful", epochs=1
    )
    said = []
    run = training.train(config, said.append)
    assert any("trained without the class head" in line for line in said)
    settings = json.loads((run.folder / "config.json").read_text(encoding="utf-8"))
    assert settings["settings"]["class_weight"] == 0 and settings["class_weight"] == 0


def test_a_class_weight_for_an_architecture_without_a_head_is_refused(config_for, tmp_path):
    received, expected, _ = refused(config_for(tmp_path, class_weight=0.5), tmp_path)
    assert "--class-weight" in received and "'skip_cnn'" in received
    assert "residual_unet" in expected


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
    assert "cannot be written to" in received
