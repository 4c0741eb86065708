"""Tests for calibration, with models that predict known standard deviations."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color.spaces import luma_chroma_to_rgb
from colorkeras.data import ArraySource
from colorkeras.evaluation.calibration import NUM_CALIBRATION_GROUPS, calibration, save_plot

RAMP = np.linspace(0, 0.1, 100, dtype=np.float32)


def model_predicting(deviation):
    """Return a model that outputs gray with the given standard deviations `[h, w]`."""

    def endpoint(grayscale):
        spread = tf.zeros_like(grayscale) + deviation[np.newaxis, ..., np.newaxis]
        return {"rgb": tf.repeat(grayscale, 3, axis=-1), "standard_deviation": spread}

    signatures = {"colorize_with_confidence": endpoint}
    saved_model = SimpleNamespace(signatures=signatures)
    return SimpleNamespace(saved_model=saved_model, samples=False)


@pytest.fixture
def source():
    """Source of three images with luma 0.5 and Cr equal to `RAMP`."""
    chroma = np.stack([np.zeros(100, np.float32), RAMP], axis=-1).reshape(10, 10, 2)
    rgb = luma_chroma_to_rgb(np.full([10, 10, 1], 0.5, np.float32), chroma)
    return ArraySource(np.tile(np.round(rgb * 255).astype(np.uint8), [3, 1, 1, 1]))


def test_a_calibrated_model_lies_on_the_line(source):
    measured = calibration(model_predicting(RAMP.reshape(10, 10)), source, "none", 3)
    assert len(measured["predicted"]) == len(measured["observed"]) == NUM_CALIBRATION_GROUPS
    # The tolerance covers rounding of colors to 8 bits.
    np.testing.assert_allclose(measured["predicted"], measured["observed"], atol=0.003)
    tenth = RAMP[-10:].astype(float)
    assert measured["predicted"][-1] == pytest.approx(np.sqrt(np.mean(tenth**2)), rel=1e-4)


def test_an_inverted_prediction_reverses_the_order(source):
    measured = calibration(model_predicting(RAMP[::-1].reshape(10, 10)), source, "none", 3)
    assert measured["predicted"] == sorted(measured["predicted"])
    assert measured["observed"] == sorted(measured["observed"], reverse=True)


def test_samples_deviate_by_sqrt_2_times_the_spread():
    def draw(gray, noise):
        chroma = tf.stack([tf.zeros_like(noise), noise * RAMP.reshape(10, 10)], axis=-1)
        return luma_chroma_to_rgb(gray, chroma)

    def color(grayscale, seeds):
        noise = [tf.random.stateless_normal([10, 10], [seed, 0]) for seed in seeds.numpy()]
        return draw(grayscale, tf.stack(noise))

    num_images = 100
    gray = tf.fill([num_images, 10, 10, 1], 0.5)
    truth = draw(gray, np.random.default_rng(0).standard_normal((num_images, 10, 10), np.float32))
    source = ArraySource(np.round(truth * 255).astype(np.uint8))
    model = SimpleNamespace(color=color, samples=True)
    measured = calibration(model, source, "none", num_images)
    assert measured["factor"] == pytest.approx(2**0.5)
    predicted, observed = (
        np.sqrt(np.mean(np.square(measured[name]))) for name in ("predicted", "observed")
    )
    assert observed / predicted == pytest.approx(measured["factor"], rel=0.03)


def test_plot_is_saved(source, tmp_path):
    measured = calibration(model_predicting(RAMP.reshape(10, 10)), source, "none", 3)
    save_plot(tmp_path / "plot.png", measured, "title")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
