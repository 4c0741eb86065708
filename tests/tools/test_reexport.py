"""Tests of exporting a model again with other settings."""

from pathlib import Path

import numpy as np
import pytest

from colorkeras import cli
from colorkeras.export import saved_model


@pytest.mark.slow
def test_an_export_is_made_again_with_other_settings(exports, run_script, tmp_path):
    made = exports("flow_unet")
    words = ("--model", made.folder, "--export-dir", tmp_path, "--sampling-steps", "2")
    status, output, _ = run_script("tools/reexport.py", *words, "--flip-tta")
    assert status == cli.DONE
    again = saved_model.load(Path(output.strip()))
    assert again.path == tmp_path / "flow_unet" / "1"
    told = {"sampling_steps": 2, "flip_tta": True, "loss": "flow matching (2 steps, guidance 1)"}
    changed = {**made.model.metadata, **told}
    changed["exported_again_by"] = again.metadata["exported_again_by"]
    assert again.metadata == changed
    for one, other in zip(again.signature.variables, made.model.signature.variables, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_regression_keeps_the_name_of_its_loss(exports, run_script, tmp_path):
    made = exports("skip_cnn")
    words = ("--model", made.folder, "--export-dir", tmp_path)
    status, output, _ = run_script("tools/reexport.py", *words, "--flip-tta")
    again = saved_model.load(Path(output.strip())).metadata
    assert status == cli.DONE and again["flip_tta"]
    assert again.get("loss") == made.model.metadata.get("loss")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--model nowhere", "'nowhere'"),
        ("--model {flow} --sampling-steps 0", "--sampling-steps 0"),
        ("--model {flow} --temperature 2", "--temperature 2"),
        ("--model {plain} --sampling-steps 2", "--sampling-steps 2 for objective 'regression'"),
    ],
)
def test_what_cannot_be_exported_again_is_explained(words, message, exports, run_script, tmp_path):
    folders = {"flow": exports("flow_unet").folder, "plain": exports("skip_cnn").folder}
    words = words.format(**folders).split()
    status, _, errors = run_script("tools/reexport.py", *words, "--export-dir", tmp_path / "new")
    assert status == cli.UNUSABLE
    assert message in errors and "Fix: " in errors
    assert not (tmp_path / "new").exists()
