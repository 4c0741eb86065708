"""Tests for sampling hints from a network's predictions."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color.chroma_bins import BIN_CENTERS, NUM_CHROMA_BINS
from colorkeras.objectives import hint_sampling
from colorkeras.objectives.hint_sampling import NUM_HINTS, draw_numbers, sample_hints
from colorkeras.objectives.hinted_loss import STRIDE

ZEROS = np.zeros(NUM_CHROMA_BINS, np.float32)


def draw(logits, seeds, size=(96, 128)):
    """Draw hints with logits `[h', w', bins]` that are independent of the image and the hints."""
    grayscale = tf.zeros([len(seeds), *size, 1])
    repeated = tf.repeat(tf.constant(logits, tf.float32)[tf.newaxis], len(seeds), axis=0)
    numbers = draw_numbers(tf.constant(seeds))
    return sample_hints(lambda hints: repeated, ZEROS, grayscale, numbers).numpy()


def places_of(hints):
    rows, columns = np.nonzero(hints[::STRIDE, ::STRIDE, 2])
    return np.stack([rows, columns], -1)


@pytest.fixture(scope="module")
def logits():
    return np.random.default_rng(0).normal(0, 1, [24, 32, NUM_CHROMA_BINS])


def test_hints_are_squares_of_bin_centers_far_from_each_other(logits):
    (hints,) = draw(logits, [3])
    places = places_of(hints)
    assert len(places) == NUM_HINTS
    assert (hints[..., 2] == 1).sum() == NUM_HINTS * STRIDE**2
    distances = np.linalg.norm(places[:, np.newaxis] - places, axis=-1)
    assert distances[~np.eye(NUM_HINTS, dtype=bool)].min() > hint_sampling._REACH
    for row, column in STRIDE * places:
        square = hints[row : row + STRIDE, column : column + STRIDE]
        assert np.ptp(square, axis=(0, 1)).max() == 0
        assert np.abs(BIN_CENTERS - square[0, 0, :2]).max(-1).min() < 1e-6


def test_hints_depend_on_the_seed_only(logits):
    one, other, again = draw(logits, [1, 2, 1])
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 0.01
    np.testing.assert_array_equal(draw(logits, [2])[0], other)


def test_the_most_uncertain_place_is_first(logits, monkeypatch):
    monkeypatch.setattr(hint_sampling, "NUM_HINTS", 1)
    certain = np.full([24, 32, NUM_CHROMA_BINS], -30.0)
    certain[..., 90] = 30
    certain[8:14, 20:26] = 0
    (place,) = places_of(draw(certain, [0])[0])
    assert 8 <= place[0] < 14 and 20 <= place[1] < 26


def test_colors_follow_the_distribution(monkeypatch):
    monkeypatch.setattr(hint_sampling, "NUM_HINTS", 1)
    logits = np.full([2, 2, NUM_CHROMA_BINS], -60.0)
    # The temperature sharpens these probabilities to 0.2 and 0.8.
    logits[..., [10, 100]] = hint_sampling.TEMPERATURE * np.log([0.2, 0.8])
    chroma = draw(logits, list(range(300)), (8, 8))[..., :2].sum((1, 2)) / STRIDE**2
    chosen = [np.isclose(chroma, BIN_CENTERS[index]).all(-1).sum() for index in (10, 100)]
    assert sum(chosen) == 300 and 35 < chosen[0] < 85


def test_images_smaller_than_a_value_get_hints(logits):
    assert draw(logits[:1, :1], [0, 1], (1, 1)).shape == (2, 1, 1, 3)
