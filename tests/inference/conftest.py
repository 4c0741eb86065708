"""Fixture for a fake model that accepts hints but has no network."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import tensorflow as tf

from colorkeras.color.spaces import luma_chroma_to_rgb, rgb_to_chroma
from colorkeras.export.saved_model import ExportedModel
from colorkeras.inference.predictor import Predictor


class _Signature:
    """Fake endpoint: a function with named inputs, like the ones TensorFlow loads."""

    def __init__(self, chroma, *names):
        self._chroma = chroma
        self.structured_input_signature = ((), dict.fromkeys(["grayscale", *names]))

    def __call__(self, grayscale, **inputs):
        assert {"grayscale", *inputs} == set(self.structured_input_signature[1])
        chroma = self._chroma(**inputs) * tf.ones_like(grayscale)
        return {"rgb": luma_chroma_to_rgb(grayscale, chroma)}


def _hinted(hints, vividness):
    # Hints have only half their effect, so that full-resolution correction has to add the rest.
    return 0.1 * vividness + 0.5 * hints[..., 2:] * hints[..., :2]


def _sampled(seed, vividness):
    return 0.1 * vividness * (tf.cast(tf.reshape(seed, [-1, 1, 1, 1]) % 3, tf.float32) - [1, 1])


def _referenced(reference, vividness):
    del vividness
    return tf.reduce_mean(rgb_to_chroma(reference), [1, 2], keepdims=True)


@pytest.fixture(scope="session")
def hint_model():
    """`Predictor` that gives all pixels the same chroma, depending on the inputs."""
    signatures = {
        "serving_default": _Signature(lambda: _hinted(tf.zeros([1, 1, 1, 3]), 0.5)),
        "colorize_with_hints": _Signature(_hinted, "hints", "vividness"),
        "sample": _Signature(_sampled, "seed", "vividness"),
        "colorize_with_reference": _Signature(_referenced, "reference", "vividness"),
    }
    metadata = {"name": "stub", "render_size": 64, "max_scale": 1.25, "vividness": 0.5}
    inputs = signatures["serving_default"].structured_input_signature[1]
    inputs["grayscale"] = tf.TensorSpec([None, None, None, 1])
    saved_model = SimpleNamespace(signatures=signatures)
    return Predictor(ExportedModel(Path("stub/1"), metadata, saved_model))
