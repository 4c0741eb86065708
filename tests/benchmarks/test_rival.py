"""Tests of the comparison with another method."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from colorkeras import cli
from colorkeras.color.spaces import luma
from colorkeras.config.training_config import TrainingConfig
from colorkeras.utils.errors import UserError

REPOSITORY = Path(__file__).resolve().parents[2]


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
def test_the_rival_trains_for_some_minutes_with_an_optimizer(run_script, words, message):
    status, _, errors = run_script("benchmarks/rival.py", *words.split())
    assert status == cli.UNUSABLE and message in errors
