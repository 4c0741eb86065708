"""Tests that compare quantized chroma with hand-computed values."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color.chroma_bins import (
    BIN_CENTERS,
    BIN_SIZE,
    NUM_CHROMA_BINS,
    NUM_NEIGHBORS,
    annealed_mean,
    check_priors,
    rebalancing_weights,
    soft_encode,
    standard_deviation,
)
from colorkeras.color.spaces import rgb_to_chroma
from colorkeras.utils.errors import UserError

GRAY = int(np.flatnonzero((BIN_CENTERS == 0).all(axis=1))[0])


def logits_of(**probabilities):
    """Return logits `[1, NUM_CHROMA_BINS]` for probabilities passed as b0, b1 and so on."""
    values = np.full([1, NUM_CHROMA_BINS], -1e9, np.float32)
    for name, probability in probabilities.items():
        values[0, int(name[1:])] = np.log(probability)
    return tf.constant(values)


def test_bins_cover_the_gamut_on_a_regular_grid():
    assert NUM_CHROMA_BINS == 179
    np.testing.assert_allclose(BIN_CENTERS / BIN_SIZE, np.round(BIN_CENTERS / BIN_SIZE))
    corners = np.array([[r, g, b] for r in (0, 1) for g in (0, 1) for b in (0, 1)], np.float32)
    distances = np.linalg.norm(
        rgb_to_chroma(corners).numpy()[:, np.newaxis] - BIN_CENTERS[np.newaxis], axis=-1
    )
    # No color is farther from the nearest center than the diagonal of a bin.
    assert distances.min(axis=1).max() < BIN_SIZE * np.sqrt(2)


def test_soft_encoding_of_a_center_by_hand():
    encoded = soft_encode(tf.zeros([1, 2])).numpy()[0]
    # Each neighbor is one bin, or two standard deviations, away: exp(-2).
    expected = 1 / (1 + 4 * np.exp(-2))
    assert encoded[GRAY] == pytest.approx(expected, rel=1e-5)
    assert np.count_nonzero(encoded) == NUM_NEIGHBORS
    assert encoded.sum() == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("chroma", [(0.49, 0.49), (0.021, -0.013), (-0.5, 0.1)])
def test_soft_encoding_is_a_distribution_about_the_color(chroma):
    encoded = soft_encode(tf.constant([[chroma]])).numpy()
    assert encoded.shape == (1, 1, NUM_CHROMA_BINS)
    assert encoded.min() >= 0
    assert encoded.sum() == pytest.approx(1, rel=1e-6)
    nearest = np.linalg.norm(BIN_CENTERS - np.array(chroma), axis=1).argmin()
    assert encoded.argmax() == nearest


def test_rebalancing_is_the_formula_with_mean_one():
    priors = np.full(NUM_CHROMA_BINS, 0.5 / (NUM_CHROMA_BINS - 1))
    priors[GRAY] = 0.5
    weights = rebalancing_weights(priors, 0.5)
    raw = 1 / (0.5 * priors + 0.5 / NUM_CHROMA_BINS)
    assert weights[GRAY] / weights[0] == pytest.approx(raw[GRAY] / raw[0], rel=1e-5)
    assert (weights * priors).sum() == pytest.approx(1, rel=1e-5)


def test_uniform_share_of_one_disables_rebalancing():
    priors = np.random.default_rng(0).dirichlet(np.ones(NUM_CHROMA_BINS))
    np.testing.assert_allclose(rebalancing_weights(priors, 1.0), 1, rtol=1e-5)


@pytest.mark.parametrize("priors", [np.full(313, 1 / 313), np.ones(NUM_CHROMA_BINS), []])
def test_priors_of_other_bins_are_rejected(priors):
    with pytest.raises(
        UserError, match=f"(?s)priors for .* bins.*priors for {NUM_CHROMA_BINS} bins"
    ):
        check_priors(priors)
    with pytest.raises(UserError):
        rebalancing_weights(priors, 0.5)


def test_annealed_mean_interpolates_between_mean_and_mode():
    logits = logits_of(b3=0.25, b100=0.75)
    mean = 0.25 * BIN_CENTERS[3] + 0.75 * BIN_CENTERS[100]
    np.testing.assert_allclose(annealed_mean(logits, 1.0)[0], mean, atol=1e-6)
    np.testing.assert_allclose(annealed_mean(logits, 0.0)[0], BIN_CENTERS[100], atol=1e-6)
    # At temperature 1/2, probabilities are squared: 1/10 and 9/10.
    half = 0.1 * BIN_CENTERS[3] + 0.9 * BIN_CENTERS[100]
    np.testing.assert_allclose(annealed_mean(logits, 0.5)[0], half, atol=1e-6)


def test_standard_deviation_of_two_colors_is_half_their_distance():
    distance = np.linalg.norm(BIN_CENTERS[3] - BIN_CENTERS[100])
    received = standard_deviation(logits_of(b3=0.5, b100=0.5)).numpy()
    assert received.shape == (1, 1)
    assert received[0, 0] == pytest.approx(distance / 2, rel=1e-4)
    assert standard_deviation(logits_of(b3=1.0)).numpy()[0, 0] == pytest.approx(0, abs=1e-3)
