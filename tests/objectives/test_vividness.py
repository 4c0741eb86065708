"""Tests of decoding at a vividness."""

import numpy as np
import pytest

from colorkeras.color.chroma_bins import BIN_CENTERS, NUM_CHROMA_BINS
from colorkeras.objectives.vividness import TEMPERATURE, decode_chroma, vividness_alpha

CHROMA_NORM = np.linalg.norm(BIN_CENTERS, axis=-1)


def predictions(batch=2, height=3, width=5):
    generator = np.random.default_rng(0)
    logits = generator.normal(size=[batch, height, width, NUM_CHROMA_BINS])
    points = generator.uniform(-0.2, 0.2, [batch, height, width, 4])
    return {"logits": logits.astype(np.float32), "points": points.astype(np.float32)}


def test_alpha_falls_and_is_clipped():
    alphas = vividness_alpha(np.linspace(0, 1, 21)).numpy()
    assert (np.diff(alphas) < 0).all()
    np.testing.assert_array_equal(vividness_alpha([-1.0, 2.0]), alphas[[0, -1]])


@pytest.mark.parametrize(("vividness", "share"), [(0.0, 0.5), (0.25, 0.25), (0.5, 0), (1.0, 0)])
def test_chroma_equals_the_formula(vividness, share):
    values, log_weights = predictions(), CHROMA_NORM.astype(np.float32)
    alpha = vividness_alpha(vividness).numpy()
    scaled = np.exp((values["logits"] - alpha * log_weights) / TEMPERATURE)
    mean = scaled / scaled.sum(-1, keepdims=True) @ BIN_CENTERS
    points = (values["points"][..., :2] + values["points"][..., 2:]) / 2
    np.testing.assert_allclose(
        decode_chroma(values, log_weights, vividness),
        share * points + (1 - share) * mean,
        atol=1e-5,
    )


def test_each_image_has_its_own_vividness():
    values, log_weights = predictions(), CHROMA_NORM.astype(np.float32)
    together = decode_chroma(values, log_weights, np.float32([0.1, 0.9]))
    for number, vividness in enumerate([0.1, 0.9]):
        alone = decode_chroma(values, log_weights, vividness)
        np.testing.assert_allclose(together[number], alone[number], atol=1e-6)


def test_more_vividness_gives_more_chroma():
    # Between gray and one saturated color, which is rare.
    logits = np.full([1, 1, 1, NUM_CHROMA_BINS], -30, np.float32)
    logits[..., [CHROMA_NORM.argmin(), CHROMA_NORM.argmax()]] = 0
    values = {"logits": logits, "points": np.zeros([1, 1, 1, 4], np.float32)}
    norms = [
        np.linalg.norm(decode_chroma(values, np.float32(2 * CHROMA_NORM), vividness))
        for vividness in (0, 0.25, 0.5, 0.75, 1)
    ]
    assert (np.diff(norms) > 0).all()
