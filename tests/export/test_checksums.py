"""Tests for export checksums."""

import json
import shutil

import pytest

from colorkeras.export import bundled, checksums, saved_model
from colorkeras.utils.errors import UserError


@pytest.fixture
def copy(exports, tmp_path):
    """Full copy of an export, which tests may damage."""
    return shutil.copytree(exports("skip_cnn").folder, tmp_path / "copy")


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGES = {
    "saved_model.pb differs": lambda folder: flip(folder / "saved_model.pb"),
    "variables/variables.index differs": lambda folder: flip(
        folder / "variables" / "variables.index"
    ),
    "variables/variables.data-00000-of-00001 is missing": lambda folder: (
        folder / "variables" / "variables.data-00000-of-00001"
    ).unlink(),
    "assets/more.txt is unexpected": lambda folder: (folder / "assets" / "more.txt").write_text(
        "more"
    ),
    "sha256.json cannot be read": lambda folder: (folder / checksums.CHECKSUMS_FILE).write_text(
        "{"
    ),
}


@pytest.mark.parametrize("problem", DAMAGES)
def test_damage_is_found_before_tensorflow_reads(problem, copy, monkeypatch):
    saved_model.load(copy)
    (copy / "assets").mkdir(exist_ok=True)
    DAMAGES[problem](copy)
    monkeypatch.setattr(saved_model.tf.saved_model, "load", None)
    with pytest.raises(UserError) as error:
        saved_model.load(copy)
    assert problem in str(error.value) and str(copy) in str(error.value)


def test_checksums_may_be_missing_unless_required(copy):
    (copy / checksums.CHECKSUMS_FILE).unlink()
    saved_model.load(copy)
    with pytest.raises(UserError, match=r"damaged \(assets.extra/sha256.json cannot be read"):
        checksums.verify(copy, required=True)


@pytest.mark.parametrize("content", ["[]", "null", '"text"', '{"saved_model.pb": 1}', "\x00"])
def test_malformed_checksums_are_refused(content, copy):
    (copy / checksums.CHECKSUMS_FILE).write_text(content)
    with pytest.raises(UserError, match="damaged"):
        checksums.verify(copy, required=False)


@pytest.mark.parametrize("name", bundled.BUNDLED_MODELS)
def test_bundled_models_have_checksums(name):
    folder = bundled.resolve(name)
    names = json.loads((folder / checksums.CHECKSUMS_FILE).read_text(encoding="utf-8"))
    assert {"saved_model.pb", "variables/variables.index"} <= set(names)
    checksums.verify(folder, required=True)
