"""Tests of the way back from files to networks that can be trained further."""

import json

import keras
import numpy as np
import pytest

from colorkeras import export, pretrained
from colorkeras.errors import UserError


def test_an_export_comes_back_with_every_weight(exported):
    network = pretrained.load(str(exported.folder))
    assert network.name == exported.network.name
    for one, two in zip(network.weights, exported.network.weights, strict=True):
        np.testing.assert_array_equal(one, two, err_msg=two.path)
    assert network.trainable_variables


def test_a_keras_file_comes_back_with_every_weight(exported, tmp_path):
    exported.network.save(tmp_path / "model.keras")
    network = pretrained.load(str(tmp_path / "model.keras"))
    for one, two in zip(network.weights, exported.network.weights, strict=True):
        np.testing.assert_array_equal(one, two, err_msg=two.path)


def test_a_shipped_model_comes_back():
    assert pretrained.load("unet").count_params() > 1_000_000


def refused(model):
    with pytest.raises(UserError) as error:
        pretrained.load(str(model))
    return str(error.value)


def test_files_that_are_no_model_are_refused(tmp_path):
    assert "nothing.keras" in refused(tmp_path / "nothing.keras")
    (tmp_path / "text.keras").write_text("no model")
    assert "text.keras" in refused(tmp_path / "text.keras")
    assert "nowhere" in refused(tmp_path / "nowhere")


def test_a_foreign_keras_model_is_refused(tmp_path):
    inputs = keras.Input([4])
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs), name="foreign")
    model.save(tmp_path / "foreign.keras")
    assert "'foreign'" in refused(tmp_path / "foreign.keras")


def test_an_export_that_says_to_be_another_architecture_is_refused(exports, tmp_path):
    made = exports("skip_cnn")
    folder = export.export(made.network, tmp_path / "odd", made.model.metadata)
    metadata = {**made.model.metadata, "architecture": "encoder_decoder"}
    (folder / export.METADATA_FILE).write_text(json.dumps(metadata))
    assert "cannot start" in refused(folder)


def test_weights_in_another_order_are_noticed(exports, monkeypatch):
    # Two kernels of one shape would fit in each other's place.
    order = pretrained._order_of_use

    def swapped(network):
        variables = list(order(network))
        pairs = [
            (i, j)
            for i in range(len(variables))
            for j in range(i)
            if variables[i].shape == variables[j].shape and len(variables[i].shape) > 1
        ]
        i, j = pairs[0]
        variables[i], variables[j] = variables[j], variables[i]
        return variables

    monkeypatch.setattr(pretrained, "_order_of_use", swapped)
    assert "colors differently" in refused(exports("unet").folder)
