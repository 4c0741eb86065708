"""Test of the benchmark that controls for saturation."""

import runpy
from pathlib import Path

import pytest
import tensorflow as tf

from colorkeras.data import ArraySource

REPOSITORY = Path(__file__).resolve().parents[2]


def test_equal_saturation_by_hand(crops):
    control = runpy.run_path(str(REPOSITORY / "benchmarks" / "control.py"))

    class Muted:
        """Red at a quarter of full saturation for middle gray."""

        @staticmethod
        def color(grayscale, seeds=None):
            gray = 0.5 + 0 * grayscale
            return gray + 0.05 * tf.constant([1.0, -0.509, 0.0])

    source = ArraySource(crops)
    wanted = 1.5 * control["colorfulness"](Muted.color, source)
    assert control["equal_saturation"](Muted, wanted, source) == pytest.approx(1.5, abs=0.06)
    with pytest.raises(SystemExit, match="does not make it as colorful"):
        control["equal_saturation"](Muted, 1e3, source)
