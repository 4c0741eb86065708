"""Tests for all backbones, and for pretrained weights if COLORKERAS_ENCODER_DIR is set."""

import os
from pathlib import Path

import numpy as np
import pytest

from colorkeras.models.backbones import BACKBONES
from colorkeras.utils.errors import UserError


@pytest.fixture(params=BACKBONES)
def backbone(request):
    return BACKBONES[request.param]


@pytest.fixture
def encoder_folder(backbone):
    folder = Path(os.environ.get("COLORKERAS_ENCODER_DIR", ""))
    needed = [folder / f"{backbone.name}.npz", folder / "check.npz"]
    if not all(path.is_file() for path in needed):
        pytest.skip(f"COLORKERAS_ENCODER_DIR does not contain {backbone.name}.npz and check.npz")
    return folder


@pytest.mark.parametrize("size", [(32, 64), (33, 47)])
def test_features_have_the_registered_channels(backbone, size):
    features = backbone.constructor()(np.zeros([1, *size, 3], np.float32))
    shapes = {int(stride): tuple(feature.shape) for stride, feature in features.items()}
    assert shapes == {
        stride: (1, *(-(-side // stride) for side in size), channels)
        for stride, channels in backbone.channels.items()
    }


def test_names_and_descriptions(backbone):
    assert BACKBONES[backbone.name] is backbone
    assert backbone.description.endswith(".")


def test_weights_of_another_network_are_rejected(backbone, tmp_path):
    np.savez(tmp_path / "other.npz", kernel=np.zeros(3))
    model = backbone.constructor()
    before = model.get_weights()
    with pytest.raises(UserError, match="other"):
        backbone.load_weights(model, tmp_path / "other.npz")
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)


@pytest.mark.parametrize("content", [None, b"", b"PK damaged"])
def test_unreadable_weights_are_rejected(backbone, content, tmp_path):
    path = tmp_path / "weights.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=r"weights\.npz"):
        backbone.load_weights(backbone.constructor(), path)


def test_weights_of_other_shapes_are_rejected(backbone, encoder_folder, tmp_path):
    with np.load(encoder_folder / f"{backbone.name}.npz") as arrays:
        changed = dict(arrays)
    changed["stem/kernel"] = np.concatenate([changed["stem/kernel"]] * 2, axis=2)
    np.savez(tmp_path / "wide.npz", **changed)
    with pytest.raises(UserError, match="stem"):
        backbone.load_weights(backbone.constructor(), tmp_path / "wide.npz")


def test_pretrained_features_equal_stored_ones(backbone, encoder_folder):
    model = backbone.constructor()
    backbone.load_weights(model, encoder_folder / f"{backbone.name}.npz")
    with np.load(encoder_folder / "check.npz") as check:
        features = model((check["input"].astype(np.float32) - 127) / 128)
        for stride in backbone.channels:
            np.testing.assert_allclose(features[str(stride)], check[f"stride{stride}"], atol=1e-3)
