"""Tests for re-exporting models with different settings."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from colorkeras import cli
from colorkeras.export import saved_model
from colorkeras.export.metadata import CARD_FILE, METRICS_FILE, is_same_model


@pytest.mark.slow
def test_models_are_exported_again_with_other_settings(exports, run_script, tmp_path):
    made = exports("flow_unet")
    words = ("--model", made.folder, "--export-dir", tmp_path)
    status, output, _ = run_script(
        "tools/reexport.py", *words, "--sampling-steps", "2", "--flip-tta"
    )
    assert status == cli.DONE
    again = saved_model.load(Path(output.strip()))
    assert again.path == tmp_path / "flow_unet" / "1"
    settings = {"sampling_steps": 2, "flip_tta": True}
    changed = {**made.model.metadata, **settings, "loss": again.metadata["loss"]}
    changed["exported_again_by"] = again.metadata["exported_again_by"]
    assert again.metadata == changed and "2 steps" in changed["loss"]
    for one, other in zip(again.signature.variables, made.model.signature.variables, strict=True):
        np.testing.assert_array_equal(one, other)


def test_exporting_a_regression_again_keeps_its_loss(exports, run_script, tmp_path):
    made = exports("skip_cnn")
    words = ("--model", made.folder, "--export-dir", tmp_path)
    status, output, _ = run_script("tools/reexport.py", *words, "--flip-tta")
    again = saved_model.load(Path(output.strip())).metadata
    assert status == cli.DONE and again["flip_tta"]
    assert again.get("loss") == made.model.metadata.get("loss")


def test_replacing_an_export_keeps_its_metrics_and_settings(exports, run_script, tmp_path):
    folder = shutil.copytree(exports("skip_cnn").folder, tmp_path / "1")
    (folder / METRICS_FILE).write_text("{}")
    card = (folder / CARD_FILE).read_text(encoding="utf-8")
    (folder / CARD_FILE).write_text(card.replace("Not measured yet", "Measured"), encoding="utf-8")
    status, output, _ = run_script("tools/reexport.py", "--model", folder, "--replace")
    assert status == cli.DONE and output.strip() == str(folder)
    again = saved_model.load(folder)
    assert is_same_model(again.metadata, exports("skip_cnn").model.metadata)
    assert (folder / METRICS_FILE).read_text() == "{}"
    assert "\nMeasured. To measure" in (folder / CARD_FILE).read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--model nowhere", "'nowhere'"),
        ("--model {flow} --sampling-steps 0", "--sampling-steps 0"),
        ("--model {flow} --temperature 2", "--temperature 2"),
        (
            "--model {plain} --sampling-steps 2",
            "--sampling-steps 2 for objective 'regression'",
        ),
    ],
)
def test_bad_settings_of_another_export_are_explained(
    words, message, exports, run_script, tmp_path
):
    folders = {"flow": exports("flow_unet").folder, "plain": exports("skip_cnn").folder}
    words = words.format(**folders).split()
    status, _, errors = run_script("tools/reexport.py", *words, "--export-dir", tmp_path / "new")
    assert status == cli.UNUSABLE
    assert message in errors and "Fix: " in errors
    assert not (tmp_path / "new").exists()
