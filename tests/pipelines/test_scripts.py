"""Tests of what stands outside of the package: programs of pipelines/ and benchmarks/."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from colorkeras import cli
from colorkeras.color.spaces import luma
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data import ArraySource
from colorkeras.export import saved_model
from colorkeras.utils.errors import UserError

REPOSITORY = Path(__file__).resolve().parents[2]

# Two that make committed files take no options.
SCRIPTS = [
    path
    for name in ("pipelines", "benchmarks")
    for path in sorted(REPOSITORY.glob(f"{name}/*.py"))
    if path.stem not in ("make_api", "make_sample")
]


@pytest.fixture
def run(monkeypatch, capsys):
    """Function that runs a script in this process; returns exit status, output and errors."""

    def run(script, *words):
        monkeypatch.setattr(sys, "argv", [str(script), *map(str, words)])
        # As Python does for scripts.
        monkeypatch.syspath_prepend((REPOSITORY / script).parent)
        with pytest.raises(SystemExit) as stop:
            runpy.run_path(str(REPOSITORY / script), run_name="__main__")
        return stop.value.code, *capsys.readouterr()

    return run


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_scripts_start(script, run):
    status, output, _ = run(script, "--help")
    if isinstance(status, str) and "is missing" in status:
        pytest.skip(status)
    command = f"colorkeras {script.stem}" if script.stem in cli.COMMANDS else script.name
    assert not status and f"usage: {command}" in output


@pytest.mark.slow
def test_an_export_is_made_again_with_other_settings(exports, run, tmp_path):
    made = exports("flow_unet")
    words = ("--model", made.folder, "--export-dir", tmp_path)
    status, output, _ = run("tools/reexport.py", *words, "--steps", "2", "--flip-tta")
    assert status == cli.DONE
    again = saved_model.load(Path(output.strip()))
    assert again.path == tmp_path / "flow_unet" / "1"
    told = {"sampling_steps": 2, "flip_tta": True, "loss": "flow matching (2 steps, guidance 1)"}
    changed = {**made.model.metadata, **told}
    changed["exported_again_by"] = again.metadata["exported_again_by"]
    assert again.metadata == changed
    for one, other in zip(again.signature.variables, made.model.signature.variables, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_regression_keeps_the_name_of_its_loss(exports, run, tmp_path):
    made = exports("skip_cnn")
    words = ("--model", made.folder, "--export-dir", tmp_path)
    status, output, _ = run("tools/reexport.py", *words, "--flip-tta")
    again = saved_model.load(Path(output.strip())).metadata
    assert status == cli.DONE and again["flip_tta"]
    assert again.get("loss") == made.model.metadata.get("loss")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--model nowhere", "'nowhere'"),
        ("--model {flow} --steps 0", "--steps 0"),
        ("--model {flow} --temperature 2", "--temperature 2"),
        ("--model {plain} --steps 2", "--steps 2 for objective 'regression'"),
    ],
)
def test_what_cannot_be_exported_again_is_explained(words, message, exports, run, tmp_path):
    folders = {"flow": exports("flow_unet").folder, "plain": exports("skip_cnn").folder}
    words = words.format(**folders).split()
    status, _, errors = run("tools/reexport.py", *words, "--export-dir", tmp_path / "new")
    assert status == cli.UNUSABLE
    assert message in errors and "Fix: " in errors
    assert not (tmp_path / "new").exists()


def test_no_photographs_is_explained(run, tmp_path):
    words = ("--photographs", tmp_path, "--output", tmp_path / "new.png")
    status, _, errors = run("tools/color_photographs.py", *words)
    assert status == cli.UNUSABLE and "in which there is no JPEG file" in errors
    assert not list(tmp_path.iterdir())


def test_saturation_of_equal_colorfulness_is_found(crops):
    control = runpy.run_path(str(REPOSITORY / "benchmarks" / "control.py"))

    class Muted:
        """Red at a quarter of full saturation where the picture is of middle gray."""

        @staticmethod
        def color(grayscale, seeds=None):
            gray = 0.5 + 0 * grayscale
            return gray + 0.05 * tf.constant([1.0, -0.509, 0.0])

    source = ArraySource(crops)
    wanted = 1.5 * control["colorfulness"](Muted.color, source)
    assert control["equal_saturation"](Muted, wanted, source) == pytest.approx(1.5, abs=0.06)
    with pytest.raises(SystemExit, match="Not even"):
        control["equal_saturation"](Muted, 1e3, source)


def test_the_rival_keeps_luma_and_learns_what_it_decodes(crops):
    rival = runpy.run_path(str(REPOSITORY / "benchmarks" / "rival.py"))
    rgb = tf.constant(crops[:2] / np.float32(255))
    inputs, ab = rival["target"](rgb, luma(rgb), None)
    assert inputs.shape == (2, 32, 32, 1) and ab.shape == (2, 32, 32, 2)
    assert np.abs(ab).max() <= 1
    # Grayscale of its own luma has nearly, not exactly, the lightness of the colored picture.
    colored = rival["color"](lambda lightness, training: ab, luma(rgb))
    np.testing.assert_allclose(luma(colored), luma(rgb), atol=1e-5)
    assert np.abs(colored - rgb).mean() < 0.03


def test_the_rival_goes_on_with_the_run_that_was_begun_only(tmp_path):
    check_plan = runpy.run_path(str(REPOSITORY / "benchmarks" / "rival.py"))["check_plan"]
    for _ in range(2):
        check_plan(tmp_path / "work", TrainingConfig(seed=1), 36.0, 81.0)
    for config, minutes in ((TrainingConfig(seed=2), 36.0), (TrainingConfig(seed=1), 108.0)):
        with pytest.raises(UserError, match=r"work, of a run with .*36"):
            check_plan(tmp_path / "work", config, minutes, 81.0)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--minutes -5", "-5 minutes"),
        ("--minutes 5 --images-per-second 0", "0 minutes or images"),
        ("--minutes 5 --candidate adamm 0.002", "optimizer 'adamm'"),
        ("--minutes 5 --candidate adamw x", "adamw x, which is no learning rate"),
    ],
)
def test_the_rival_trains_for_some_minutes_with_an_optimizer(run, words, message):
    status, _, errors = run("benchmarks/rival.py", *words.split())
    assert status == cli.UNUSABLE and message in errors
