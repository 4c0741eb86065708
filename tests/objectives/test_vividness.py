"""Tests for decoding at different levels of vividness."""

import numpy as np
import pytest

from colorkeras.color.chroma_bins import BIN_CENTERS, NUM_CHROMA_BINS
from colorkeras.objectives import vividness
from colorkeras.objectives.vividness import boost, decode_chroma

CHROMA_NORM = np.linalg.norm(BIN_CENTERS, axis=-1)


def predictions(batch=2, height=3, width=5):
    generator = np.random.default_rng(0)
    logits = generator.normal(size=[batch, height, width, NUM_CHROMA_BINS])
    points = generator.uniform(-0.2, 0.2, [batch, height, width, 4])
    return {"logits": logits.astype(np.float32), "points": points.astype(np.float32)}


@pytest.mark.parametrize(("level", "index"), [(-1.0, 0), (0.0, 0), (0.5, 1), (1.0, 2), (2.0, 2)])
def test_chroma_equals_the_formula(level, index):
    values, log_weights = predictions(), CHROMA_NORM.astype(np.float32)
    logits = values["logits"] - vividness._ALPHA * log_weights
    scaled = np.exp(logits / vividness._TEMPERATURE)
    mean = scaled / scaled.sum(-1, keepdims=True) @ BIN_CENTERS
    median = values["points"][..., 2:]
    share = vividness._MEDIAN_SHARE
    expected = boost(share * median + (1 - share) * mean, vividness._BOOST[index])
    np.testing.assert_allclose(decode_chroma(values, log_weights, level), expected, atol=1e-5)


def test_vividness_in_between_is_interpolated():
    values, log_weights = predictions(), CHROMA_NORM.astype(np.float32)
    near, between, far = (decode_chroma(values, log_weights, level) for level in (0.5, 0.55, 1.0))
    np.testing.assert_allclose(between - near, 0.1 * (far - near), atol=1e-5)


def test_boost_keeps_gray_and_moves_colors_away_from_the_mean():
    gray = np.zeros([1, 3, 5, 2], np.float32)
    np.testing.assert_array_equal(boost(gray, 0.1), gray)
    chroma = predictions()["points"][..., :2] / 4
    chroma[:, 0, 0] = 0
    boosted = boost(chroma, 0.05).numpy()
    np.testing.assert_array_equal(boosted[:, 0, 0], 0)
    assert (boosted.std(axis=(1, 2)) > chroma.std(axis=(1, 2))).all()
    np.testing.assert_array_equal(boost(chroma, 0.0), chroma)


def test_boost_protects_the_hue_of_skin():
    skin, grass, sky = [-0.06, 0.096], [-0.08, -0.08], [0.1, -0.05]
    chroma = np.float32([[[skin, grass, sky]]])
    moved = np.linalg.norm(boost(chroma, 0.05) - chroma, axis=-1).ravel()
    assert moved[0] < 0.5 * min(moved[1:])


def test_boost_of_images_without_color_is_limited():
    chroma = 1e-4 * predictions()["points"][..., :2]
    assert np.abs(boost(chroma, 0.05)).max() < 5 * np.abs(chroma).max()


def test_each_image_has_its_own_vividness():
    values, log_weights = predictions(), CHROMA_NORM.astype(np.float32)
    together = decode_chroma(values, log_weights, np.float32([0.1, 0.9]))
    for number, level in enumerate([0.1, 0.9]):
        alone = decode_chroma(values, log_weights, level)
        np.testing.assert_allclose(together[number], alone[number], atol=1e-6)


def test_more_vividness_gives_more_chroma():
    values, log_weights = predictions(), CHROMA_NORM.astype(np.float32)
    spreads = [
        np.std(decode_chroma(values, log_weights, level)) for level in (0, 0.25, 0.5, 0.75, 1)
    ]
    assert (np.diff(spreads) > 0).all()
