"""Tests for `benchmarks/control.py`, which equalizes the colorfulness of two models."""

import runpy
from pathlib import Path

import pytest
import tensorflow as tf

from colorkeras.data import ArraySource

REPOSITORY = Path(__file__).resolve().parents[2]


def test_equal_saturation_by_hand(crops):
    control = runpy.run_path(str(REPOSITORY / "benchmarks" / "control.py"))

    class Muted:
        """Fake model whose output is slightly reddish medium gray."""

        @staticmethod
        def color(grayscale, seeds=None):
            gray = 0.5 + 0 * grayscale
            return gray + 0.05 * tf.constant([1.0, -0.509, 0.0])

    source = ArraySource(crops)
    wanted = 1.5 * control["colorfulness"](Muted.color, source)
    assert control["equal_saturation"](Muted, wanted, source) == pytest.approx(1.5, abs=0.06)
    with pytest.raises(SystemExit, match="does not reach this colorfulness"):
        control["equal_saturation"](Muted, 1e3, source)
