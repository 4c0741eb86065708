"""Tests for the classifier's network, weights file and accuracy."""

import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.data import load_dataset
from colorkeras.evaluation.learned_metrics import classifier
from colorkeras.utils.errors import UserError


@pytest.fixture
def no_cache():
    """Clear the cached classifier before and after the test."""
    classifier.load.cache_clear()
    yield
    classifier.load.cache_clear()


def test_network_returns_features_and_logits():
    network = classifier.build(widths=(8, 12, 16))
    assert network.input_shape == (None, 32, 32, 3)
    outputs = network(np.zeros([3, 32, 32, 3], np.float32))
    assert {name: tuple(value.shape) for name, value in outputs.items()} == {
        "features": (3, 16),
        "logits": (3, 10),
    }
    assert {value.dtype.name for value in outputs.values()} == {"float32"}


def test_logits_are_a_linear_function_of_the_features():
    network = classifier.build(widths=(8, 12, 16))
    images = np.random.default_rng(0).random((3, 32, 32, 3), np.float32)
    outputs = network(images)
    kernel, bias = network.get_layer("logits").get_weights()
    np.testing.assert_allclose(outputs["logits"], outputs["features"] @ kernel + bias, atol=1e-5)


def test_correct_by_hand():
    logits = np.full([4, 10], -1.0)
    logits[[0, 1, 2, 3], [3, 0, 9, 5]] = 2.0
    correct = classifier.correct(logits, np.array([3, 1, 9, 4]))
    assert correct.tolist() == [True, False, True, False]


def test_classify_averages_both_orientations(monkeypatch, crops):
    network = classifier.build(widths=(8, 12, 16))
    monkeypatch.setattr(classifier, "load", lambda: network)
    outputs = classifier.classify(crops)
    straight = network(crops.astype(np.float32) / 255)
    flipped = network(crops[:, :, ::-1].astype(np.float32) / 255)
    for name in ("features", "logits"):
        assert np.abs(straight[name] - flipped[name]).max() > 1e-3
        expected = (straight[name] + flipped[name]) / 2
        np.testing.assert_allclose(outputs[name], expected, atol=1e-5)


@pytest.mark.parametrize("content", [None, b"not a classifier"])
def test_missing_or_damaged_file_is_explained(monkeypatch, tmp_path, no_cache, content):
    file = tmp_path / "classifier.keras"
    if content:
        file.write_bytes(content)
    monkeypatch.setattr(classifier, "FILE", file)
    with pytest.raises(UserError, match=r"Received: no usable classifier at (.|\n)*Fix: "):
        classifier.classify(np.zeros([1, 32, 32, 3], np.uint8))


@pytest.mark.skipif(
    not Path(os.environ.get("TFDS_DATA_DIR", ""), "cifar10").is_dir(),
    reason="no prepared CIFAR-10 in TFDS_DATA_DIR",
)
def test_trained_file_classifies_cifar10():
    source = load_dataset("cifar10").test
    images = source.load(tf.range(500, dtype=tf.int64), 0).numpy()
    correct = classifier.correct(classifier.classify(images)["logits"], source.labels[:500])
    assert correct.mean() > 0.85


def test_trained_file_is_small_and_matches_the_network():
    assert classifier.FILE.stat().st_size < 4_000_000
    trained, fresh = classifier.load(), classifier.build()
    assert trained.count_params() == fresh.count_params()
    assert [weight.shape for weight in trained.weights] == [w.shape for w in fresh.weights]
    assert {name: value.shape for name, value in trained.output.items()} == {
        name: value.shape for name, value in fresh.output.items()
    }
    assert not np.array_equal(trained.get_weights()[0], fresh.get_weights()[0])
