"""Tests for the choice between LiteRT and TensorFlow."""

import logging
import shutil
import sys

import numpy as np
import pytest

from colorkeras.export import bundled, runtime
from colorkeras.export.lite import lite_file
from colorkeras.utils.errors import UserError


@pytest.fixture
def copied_unet(tmp_path, monkeypatch):
    """A copy of the bundled `unet` that replaces the original."""
    copy = tmp_path / bundled.BUNDLED_MODELS["unet"]
    shutil.copytree(bundled.resolve("unet"), copy)
    monkeypatch.setattr(bundled, "_PARENTS", (tmp_path,))
    return copy


def load(folder, caplog):
    """Load a model; return its engine and the logged warnings."""
    with caplog.at_level(logging.WARNING, logger="colorkeras"):
        model = runtime.load(folder)
    assert model.color(np.zeros([1, 8, 8, 1], np.float32)).shape == (1, 8, 8, 3)
    return model.engine, [record.getMessage() for record in caplog.records]


def test_bundled_models_run_on_litert(copied_unet, caplog):
    assert load(copied_unet, caplog) == ("LiteRT", [])


def test_other_exports_run_on_tensorflow(tmp_path, caplog):
    copy = tmp_path / "1"
    shutil.copytree(bundled.resolve("unet"), copy)
    assert load(copy, caplog) == ("TensorFlow", [])


def test_without_litert_bundled_models_run_on_tensorflow(copied_unet, caplog, monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    engine, (warning,) = load(copied_unet, caplog)
    assert engine == "TensorFlow"
    assert warning.startswith("unet runs on TensorFlow") and "(pip install" in warning


def test_a_damaged_litert_file_is_reported(copied_unet, caplog):
    path = copied_unet / lite_file.LITE_FILE
    path.write_bytes(path.read_bytes()[:-100])
    engine, (warning,) = load(copied_unet, caplog)
    assert engine == "TensorFlow" and "litert.zip is damaged" in warning


def test_a_damaged_model_is_refused_before_anything_runs_it(copied_unet):
    path = copied_unet / lite_file.VARIABLES_FILE
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match="which is damaged"):
        runtime.load(copied_unet)
