"""Test for the features used for the Frechet distance."""

import dataclasses

import numpy as np
import pytest

from colorkeras.evaluation.photographs import load_encoder
from colorkeras.models.backbones import BACKBONES


@pytest.mark.parametrize("size", [(40, 70), (33, 32)])
def test_features_of_any_size(monkeypatch, size):
    backbone = BACKBONES["efficientnet_lite0"]
    untrained = dataclasses.replace(backbone, load_weights=lambda model, path: None)
    monkeypatch.setitem(BACKBONES, backbone.name, untrained)
    features = load_encoder("unused.npz")(np.zeros([*size, 3], np.uint8))
    assert features.shape == (backbone.channels[32],) and features.dtype == np.float32
