"""Tests for complete training runs with each objective, with and without class labels."""

import csv
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from whole_runs import log_lines, refused, weights_of

from colorkeras.config.presets import PRESETS
from colorkeras.data import ArraySource, ImageDataset
from colorkeras.export import restore, saved_model
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.models.build import build_network, choose_architecture
from colorkeras.models.class_head import remove_class_head
from colorkeras.training import resolve_config, run_context, trainer
from colorkeras.training.train_step import TrainingModel


@pytest.mark.slow
@pytest.mark.parametrize(
    ("objective", "arch", "output"),
    [
        ("classification", "residual_unet", "bins"),
        ("flow", "flow_unet", "velocity"),
        ("hinted", "hint_unet", "hinted_bins"),
    ],
)
def test_every_objective_leaves_an_export_that_loads(objective, arch, output, config_for, tmp_path):
    settings = {"arch": None, "objective": objective, "precision": "mixed_bfloat16"}
    if objective == "flow":
        settings["sampling_steps"] = 2
    run = trainer.train(config_for(tmp_path, **settings))
    assert run.export_folder == tmp_path / "saved_models" / arch / "1"
    with (run.folder / "history.csv").open(encoding="utf-8") as stream:
        assert len(list(csv.DictReader(stream))) == 2
    model = saved_model.load(run.export_folder)
    assert (model.metadata["objective"], model.metadata["prediction"]) == (objective, output)
    assert model.samples == (objective != "classification")
    if objective == "flow":
        assert model.metadata["sampling_steps"] == 2 and model.metadata["temperature"] == 1
    else:
        assert sum(model.metadata["priors"]) == pytest.approx(1, abs=1e-4)
        assert np.count_nonzero(model.metadata["priors"]) > 10
    settings = json.loads((run.folder / "config.json").read_text(encoding="utf-8"))["settings"]
    assert (settings["arch"], settings["prediction"]) == (arch, output)
    assert settings["objective"] == objective
    # The export and the Keras file contain the same trainable network; some exports use float16.
    tolerance = 1e-3 if ARCHITECTURES[arch].has_half_precision_export else 0
    for path in (run.export_folder, run.folder / "model.keras"):
        network = restore.load(path)
        assert network.name == arch and network.trainable_variables
        for one, other in zip(network.get_weights(), weights_of(run), strict=True):
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=1e-4 * tolerance)


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["regression", "flow"])
def test_class_head_is_trained_but_not_exported(
    objective, crops, config_for, tmp_path, monkeypatch
):
    labeled = ArraySource(crops, np.arange(16, dtype=np.int64) % 10)
    dataset = ImageDataset("labeled", "16 labeled images", lambda split: labeled)
    monkeypatch.setattr(run_context, "load_dataset", lambda *arguments: dataset)
    steps = []
    train_step = TrainingModel.train_step

    def recorded(model, data):
        _, labels = data
        steps.append((labels.dtype, model.aux_class_loss_weight, model.network.output_names))
        return train_step(model, data)

    monkeypatch.setattr(TrainingModel, "train_step", recorded)
    arch, output = choose_architecture(
        {"regression": "residual_unet"}.get(objective), None, objective
    )
    config = config_for(tmp_path, arch=arch, image_size=32, aux_class_loss_weight=0.1)
    run = trainer.train(config)
    assert steps == [(tf.int64, 0.1, [output, "classes"])] * len(steps) and steps
    bare = build_network(arch, output)
    metadata = saved_model.load(run.export_folder).metadata
    assert metadata["aux_class_loss_weight"] == 0.1
    assert metadata["num_parameters"] == bare.count_params()
    saved = keras.saving.load_model(run.folder / "model.keras")
    assert saved.output_names == [output]
    for path in (run.export_folder, run.folder / "model.keras"):
        network = restore.load(path)
        assert network.output_names == [output]
        for one, other in zip(network.get_weights(), saved.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
    # Training with a new class head starts from the trained weights.
    config = config_for(tmp_path, arch=None, init=str(run.export_folder), aux_class_loss_weight=0.1)
    resolved, weights = resolve_config.resolve_model(config, is_new=True)
    assert (resolved.arch, resolved.prediction, resolved.objective) == (arch, output, objective)
    network = build_network(arch, output, num_classes=10)
    remove_class_head(network).set_weights(weights)


@pytest.mark.parametrize("arch", ["residual_unet", "flow_unet"])
def test_class_head_without_labels_is_refused(arch, config_for, tmp_path):
    received, expected, fix = refused(
        config_for(tmp_path, arch=arch, aux_class_loss_weight=0.5), tmp_path
    )
    assert "--aux-class-loss-weight 0.5" in received and "no labels" in received
    assert "cifar10" in expected and "--aux-class-loss-weight 0" in fix


@pytest.mark.slow
def test_class_head_of_a_preset_is_dropped_without_labels(config_for, tmp_path):
    own = PRESETS["accurate"].settings["aux_class_loss_weight"]
    config = config_for(
        tmp_path, arch="residual_unet", aux_class_loss_weight=own, preset="accurate", epochs=1
    )
    with log_lines() as lines, trainer.Trainer(config) as one:
        one.prepare()
        one.restore()
    (notice,) = [line for line in lines if "the class head is not trained" in line]
    written = json.loads((one.folder / "config.json").read_text(encoding="utf-8"))
    assert written["settings"]["aux_class_loss_weight"] == 0
    assert written["aux_class_loss_weight"] == 0
    assert notice in written["notes"]


def test_class_weight_other_than_that_of_the_preset_is_refused_without_labels(config_for, tmp_path):
    config = config_for(
        tmp_path, arch="residual_unet", aux_class_loss_weight=0.1, preset="accurate"
    )
    received, _, _ = refused(config, tmp_path)
    assert "--aux-class-loss-weight 0.1" in received and "no labels" in received


def test_class_weight_for_an_architecture_without_a_class_head_is_refused(config_for, tmp_path):
    received, expected, _ = refused(config_for(tmp_path, aux_class_loss_weight=0.5), tmp_path)
    assert "--aux-class-loss-weight" in received and "'skip_cnn'" in received
    assert "residual_unet" in expected
