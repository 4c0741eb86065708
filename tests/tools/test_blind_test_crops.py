"""Tests for choosing the crops for the blind test."""

import itertools

import numpy as np
import pytest

pytest.importorskip("starlette")
import blind_test_crops
from blind_test_crops import CROP_SIZE, cut, places


def test_crops_do_not_overlap_and_have_the_most_detail():
    pixels = np.full((2 * CROP_SIZE + 9, 3 * CROP_SIZE, 3), 100, np.uint8)
    chosen = places(pixels, 6)
    assert len(set(chosen)) == 6
    for first, second in itertools.combinations(chosen, 2):
        assert max(abs(a - b) for a, b in zip(first, second, strict=True)) >= CROP_SIZE
    assert all(cut(pixels, place).shape == (CROP_SIZE, CROP_SIZE, 3) for place in chosen)
    pixels[-5:, :5] = 0
    assert places(pixels, 1) == [(CROP_SIZE + 9, 0)]


def test_crops_are_those_of_the_page():
    assert (blind_test_crops.OUTPUT / "crops.json").is_file()
