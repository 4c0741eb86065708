"""Tests of predicted against real deviations, with models whose answers are known."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color import luma_chroma_to_rgb
from colorkeras.data import ArraySource
from colorkeras.reliability import NUM_BINS, reliability, save_plot

RAMP = np.linspace(0, 0.1, 100, dtype=np.float32)


def model_saying(deviation, samples=False):
    """A model that colors nothing and claims deviations `[h, w]`, the same for each picture."""

    def endpoint(grayscale):
        spread = tf.zeros_like(grayscale) + deviation[np.newaxis, ..., np.newaxis]
        return {"rgb": tf.repeat(grayscale, 3, axis=-1), "standard_deviation": spread}

    signatures = {"colorize_with_confidence": endpoint}
    saved_model = SimpleNamespace(signatures=signatures)
    return SimpleNamespace(saved_model=saved_model, samples=samples)


@pytest.fixture
def source():
    """Three pictures whose chroma is `RAMP` in Cr, on half luma."""
    chroma = np.stack([np.zeros(100, np.float32), RAMP], axis=-1).reshape(10, 10, 2)
    rgb = luma_chroma_to_rgb(np.full([10, 10, 1], 0.5, np.float32), chroma)
    return ArraySource(np.tile(np.round(rgb * 255).astype(np.uint8), [3, 1, 1, 1]))


def test_a_model_that_knows_its_error_lies_on_the_line(source):
    measured = reliability(model_saying(RAMP.reshape(10, 10)), source, "none", 3)
    assert len(measured["predicted"]) == len(measured["observed"]) == NUM_BINS
    # Colors are rounded to 8 bits.
    np.testing.assert_allclose(measured["predicted"], measured["observed"], atol=0.003)
    tenth = RAMP[-10:].astype(float)
    assert measured["predicted"][-1] == pytest.approx(np.sqrt(np.mean(tenth**2)), rel=1e-4)


def test_a_model_that_claims_the_opposite_lies_across(source):
    measured = reliability(model_saying(RAMP[::-1].reshape(10, 10)), source, "none", 3)
    assert measured["predicted"] == sorted(measured["predicted"])
    assert measured["observed"] == sorted(measured["observed"], reverse=True)


@pytest.mark.parametrize(("samples", "factor"), [(False, 1), (True, 2**0.5)])
def test_a_sample_is_as_far_from_the_truth_as_from_another_sample(source, samples, factor):
    model = model_saying(RAMP.reshape(10, 10), samples)
    assert reliability(model, source, "none", 3)["factor"] == pytest.approx(factor)


def test_plot_is_written(source, tmp_path):
    measured = reliability(model_saying(RAMP.reshape(10, 10)), source, "none", 3)
    save_plot(tmp_path / "plot.png", measured, "title")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
