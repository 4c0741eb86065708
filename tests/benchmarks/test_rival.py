"""Tests for `benchmarks/rival.py`, which trains the model by Nazeri et al. (2018)."""

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


def test_target_is_decoded_with_the_luma_of_the_input(crops):
    rival = runpy.run_path(str(REPOSITORY / "benchmarks" / "rival.py"))
    rgb = tf.constant(crops[:2] / np.float32(255))
    inputs, ab = rival["target"](rgb, luma(rgb), None)
    assert inputs.shape == (2, 32, 32, 1) and ab.shape == (2, 32, 32, 2)
    assert np.abs(ab).max() <= 1
    # The grayscale input and the color image have similar but not equal L*.
    colored = rival["colorize"](lambda lightness, training: ab, luma(rgb))
    np.testing.assert_allclose(luma(colored), luma(rgb), atol=1e-5)
    assert np.abs(colored - rgb).mean() < 0.03


def test_only_the_same_run_is_continued(tmp_path):
    check_plan = runpy.run_path(str(REPOSITORY / "benchmarks" / "rival.py"))["check_plan"]
    for _ in range(2):
        check_plan(tmp_path / "work", TrainingConfig(seed=1), 36.0, 81.0)
    for config, minutes in ((TrainingConfig(seed=2), 36.0), (TrainingConfig(seed=1), 108.0)):
        with pytest.raises(UserError, match=r"work, which contains a run with .*36"):
            check_plan(tmp_path / "work", config, minutes, 81.0)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--minutes -5", "one of them is -5"),
        ("--minutes 5 --images-per-second 0", "one of them is 0"),
        ("--minutes 5 --candidate adamm 0.002", "optimizer 'adamm'"),
        ("--minutes 5 --candidate adamw x", "adamw x, which is not a valid learning rate"),
    ],
)
def test_invalid_options_are_rejected(run_script, words, message):
    status, _, errors = run_script("benchmarks/rival.py", *words.split())
    assert status == cli.UNUSABLE and message in errors
