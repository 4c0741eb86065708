"""Tests for restoring networks from files."""

import json
import shutil
from dataclasses import replace

import keras
import numpy as np
import pytest

from colorkeras.color.chroma_bins import NUM_CHROMA_BINS
from colorkeras.export import bundled, restore, saved_model
from colorkeras.export.metadata import METADATA_FILE
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.models.architectures.flow_unet import VELOCITY_NETWORK, flow_unet
from colorkeras.models.architectures.hint_unet import hint_unet
from colorkeras.models.architectures.residual_unet import residual_unet
from colorkeras.models.build import build_network
from colorkeras.models.predictions import prediction_name
from colorkeras.utils.errors import UserError


def test_exports_are_restored_with_every_weight(exported):
    network = restore.load(str(exported.folder))
    assert network.name == exported.network.name
    assert network.output_names == exported.network.output_names
    for one, two in zip(network.weights, exported.network.weights, strict=True):
        np.testing.assert_array_equal(one, two, err_msg=two.path)
    assert network.trainable_variables


def test_keras_files_are_restored_with_every_weight(exported, tmp_path):
    exported.network.save(tmp_path / "model.keras")
    network = restore.load(str(tmp_path / "model.keras"))
    for one, two in zip(network.weights, exported.network.weights, strict=True):
        np.testing.assert_array_equal(one, two, err_msg=two.path)


def test_keras_files_with_former_layer_names_are_restored(exports, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setitem(flow_unet.__globals__, "VELOCITY_NETWORK", "guide")
        former = build_network("flow_unet")
    former.set_weights(exports("flow_unet").network.get_weights())
    former.save(tmp_path / "model.keras")
    assert "guide" in {layer.name for layer in former.layers}
    network = restore.load(str(tmp_path / "model.keras"))
    assert network.get_layer(VELOCITY_NETWORK).trainable_variables
    for one, two in zip(network.weights, former.weights, strict=True):
        np.testing.assert_array_equal(one, two, err_msg=two.path)


@pytest.mark.parametrize("name", bundled.BUNDLED_MODELS)
def test_bundled_models_are_restored(name, monkeypatch):
    # Undo the replacement of architectures with small networks.
    for builder in (residual_unet, flow_unet, hint_unet):
        backbone = "efficientnet_lite0" if builder is hint_unet else None
        kind = ARCHITECTURES[builder.__name__]
        kind = replace(kind, constructor=builder, backbone=backbone)
        monkeypatch.setitem(ARCHITECTURES, builder.__name__, kind)
    metadata = saved_model.load(bundled.resolve(name)).metadata
    assert restore.load(name).count_params() == metadata["num_parameters"]


def refused(model):
    with pytest.raises(UserError) as error:
        restore.load(str(model))
    return str(error.value)


def test_files_without_a_model_are_refused(tmp_path):
    assert "nothing.keras" in refused(tmp_path / "nothing.keras")
    (tmp_path / "text.keras").write_text("no model")
    assert "text.keras" in refused(tmp_path / "text.keras")
    assert "nowhere" in refused(tmp_path / "nowhere")


def test_a_foreign_keras_model_is_refused(tmp_path):
    inputs = keras.Input([4])
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs), name="foreign")
    model.save(tmp_path / "foreign.keras")
    assert "'foreign'" in refused(tmp_path / "foreign.keras")


def test_metadata_of_another_architecture_is_refused(exports, tmp_path):
    made = exports("skip_cnn")
    assert "cannot be rebuilt" in refused(changed(made, tmp_path, architecture="encoder_decoder"))


def changed(made, tmp_path, **metadata):
    """Return the folder of an export copy with changed metadata."""
    folder = shutil.copytree(made.folder, tmp_path / "changed")
    metadata = {**made.model.metadata, **metadata}
    (folder / METADATA_FILE).write_text(json.dumps(metadata))
    return folder


def test_metadata_of_other_sampling_steps_is_refused(exports, tmp_path):
    folder = changed(exports("flow_unet"), tmp_path, sampling_steps=1)
    assert "colors of the rebuilt network differ" in refused(folder)


def test_priors_of_another_grid_are_refused(exports, tmp_path):
    made = exports("residual_unet", "bins")
    received, expected, fix = refused(changed(made, tmp_path, priors=[1 / 313] * 313)).splitlines()
    assert received.startswith("Received: priors for 313 bins")
    assert expected.startswith("Expected: ") and "179 bins" in expected
    assert fix.startswith("Fix: Train")


def test_priors_of_this_grid_are_accepted(exports, tmp_path):
    folder = changed(
        exports("residual_unet", "bins"), tmp_path, priors=[1 / NUM_CHROMA_BINS] * NUM_CHROMA_BINS
    )
    assert prediction_name(restore.load(folder)) == "bins"


def test_weights_in_another_order_are_detected(exports, monkeypatch):
    # Kernels of the same shape could be swapped without an error.
    order = restore._in_order_of_use

    def swapped(network, objective):
        variables = list(order(network, objective))
        pairs = [
            (i, j)
            for i in range(len(variables))
            for j in range(i)
            if variables[i].shape == variables[j].shape and len(variables[i].shape) > 1
        ]
        i, j = pairs[0]
        variables[i], variables[j] = variables[j], variables[i]
        return variables

    monkeypatch.setattr(restore, "_in_order_of_use", swapped)
    assert "colors of the rebuilt network differ" in refused(exports("unet").folder)


def test_color_settings_are_those_of_the_metadata(exports, tmp_path):
    assert restore.color_settings(exports("flow_unet").folder) == {
        "flip_tta": False,
        "sampling_steps": 3,
        "guidance_scale": 1,
        "temperature": 1,
    }
    assert restore.color_settings(exports("skip_cnn").folder) == {"flip_tta": False}
    assert restore.color_settings(tmp_path / "model.keras") == {}
