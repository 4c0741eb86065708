"""Tests for initializing networks with a pretrained backbone and for the related settings."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color.spaces import from_uint8, luma
from colorkeras.config import presets
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data import ArraySource
from colorkeras.models.architectures.hint_unet import BACKBONE, DECODER, backbone_features
from colorkeras.models.build import build_network
from colorkeras.training import backbone, resolve_config
from colorkeras.utils.errors import UserError


def weights_of(network, part):
    return network.get_layer(part).get_weights()


@pytest.fixture(scope="module")
def saved_network(tmp_path_factory):
    """Network with random weights, and the path of a `.keras` file that contains it."""
    network = build_network("hint_unet")
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    network.save(path)
    return network, str(path)


def test_backbone_of_a_trained_model_is_loaded_and_nothing_else(saved_network):
    trained, path = saved_network
    network = build_network("hint_unet")
    before = weights_of(network, DECODER)
    backbone.load_weights(network, path)
    for one, other in zip(*(weights_of(n, BACKBONE) for n in (network, trained)), strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(weights_of(network, DECODER), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_weights_of_a_file_are_loaded_by_the_backbone(monkeypatch):
    calls = []
    name = backbone.ARCHITECTURES["hint_unet"].backbone
    monkeypatch.setitem(
        backbone.BACKBONES,
        name,
        backbone.BACKBONES[name].__class__(
            **{**vars(backbone.BACKBONES[name]), "load_weights": lambda *args: calls.append(args)}
        ),
    )
    network = build_network("hint_unet")
    backbone.load_weights(network, "weights.npz")
    assert calls == [(network.get_layer(BACKBONE), "weights.npz")]


def test_model_with_another_backbone_is_refused(tmp_path):
    build_network("skip_cnn").save(tmp_path / "model.keras")
    with pytest.raises(UserError, match="skip_cnn"):
        backbone.load_weights(build_network("hint_unet"), str(tmp_path / "model.keras"))


def test_standardized_features_have_mean_0_and_deviation_1():
    images = np.random.default_rng(0).integers(0, 256, [64, 32, 32, 3], np.uint8)
    network = build_network("hint_unet")
    backbone.standardize(network, ArraySource(images))
    for stride, features in backbone_features(network, luma(from_uint8(images))).items():
        layer = network.get_layer(DECODER).get_layer(f"standardize{stride}")
        values = layer(tf.cast(features, tf.float32)).numpy()
        varies = np.std(features, (0, 1, 2)) > 0.02
        np.testing.assert_allclose(values.mean((0, 1, 2)), 0, atol=0.1)
        np.testing.assert_allclose(values.std((0, 1, 2))[varies], 1, atol=0.1)


def test_only_the_last_blocks_of_the_backbone_are_trained():
    network = build_network("hint_unet")
    trained = backbone.trainable_variables(network)
    assert 0 < len(trained) < len(network.get_layer(BACKBONE).weights)
    assert {id(v) for v in trained} < {id(v) for v in network.trainable_variables}
    assert backbone.trainable_variables(build_network("skip_cnn")) == []


@pytest.mark.parametrize(
    "settings",
    [{"backbone_weights": "x.npz"}, {"backbone_rate_factor": 0.5}, {"backbone_frozen_steps": 1}],
)
def test_settings_of_a_backbone_are_refused_without_one(settings):
    with pytest.raises(UserError) as error:
        resolve_config.resolve_model(TrainingConfig(arch="skip_cnn", **settings), is_new=True)
    received, expected, fix = str(error.value).splitlines()
    assert "--backbone-" in received and "'skip_cnn'" in received
    assert "hint_unet" in expected and "Omit --backbone-" in fix


def test_backbone_weights_with_an_initial_model(saved_network, monkeypatch):
    _, path = saved_network
    config = functools.partial(TrainingConfig, init=path, backbone_weights="own.npz")
    with pytest.raises(UserError, match=r"own\.npz"):
        resolve_config.resolve_model(config(), is_new=True)
    # Backbone weights from a preset are dropped.
    settings = {"backbone_weights": "own.npz"}
    monkeypatch.setitem(presets.PRESETS, "own", presets.Preset("", settings))
    resolved, weights = resolve_config.resolve_model(config(preset="own"), is_new=True)
    assert resolved.backbone_weights is None and weights
