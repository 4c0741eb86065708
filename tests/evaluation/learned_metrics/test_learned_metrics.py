"""Tests for the learned metrics for a set of recolored images."""

import json

import numpy as np
import pytest

from colorkeras.color.spaces import from_uint8, luma, to_uint8
from colorkeras.evaluation import grayscale_baseline, learned_metrics
from colorkeras.evaluation.learned_metrics import (
    COMPRESSED_SIZES,
    LEARNED_METRICS,
    MIN_IMAGES,
    SIZES,
    classifier,
    fooling,
)
from colorkeras.utils.errors import UserError

# The images are yellowish noise.
TRUTH = np.random.default_rng(0).integers(0, 256, (MIN_IMAGES, 32, 32, 3), np.uint8)
TRUTH[..., 2] //= 2
LABELS = np.arange(MIN_IMAGES) % 10


def gray_version(images):
    return to_uint8(grayscale_baseline(luma(from_uint8(images)))).numpy()


def features_and_logits(images):
    """Fake classifier: features are the mean color, and color images belong to class 0."""
    features = images.mean(axis=(1, 2))
    logits = np.zeros([len(images), 10])
    logits[:, 0] = np.ptp(features, axis=-1)
    logits[:, 1] = 0.01
    return {"features": features, "logits": logits}


@pytest.fixture
def fakes(monkeypatch):
    """Replace slow functions; return the list of fooling rate calls as (size, seed)."""
    calls = []

    def fooling_rate(truth, recolored, size, seed):
        calls.append((size, seed))
        return 10.0 * size + seed

    monkeypatch.setattr(learned_metrics, "fooling_rate", fooling_rate)
    monkeypatch.setattr(classifier, "classify", features_and_logits)
    return calls


def test_metrics_are_means_over_seeds_with_ranges(fakes, caplog):
    caplog.set_level("INFO", logger="colorkeras")
    recolored = np.clip(TRUTH, 2, 255).astype(np.uint8)
    result = learned_metrics.compute(TRUTH, LABELS, recolored)
    sizes = [*SIZES, *COMPRESSED_SIZES]
    assert fakes == [(size, seed) for size in sizes for seed in (0, 1, 2)]
    assert list(result["metrics"]) == list(LEARNED_METRICS)
    assert result["metrics"]["fooling_4"] == 41
    assert result["metrics"]["compressed_16"] == 161
    assert result["ranges"] == {
        **{f"fooling_{n}": [10 * n, 10 * n + 2] for n in SIZES},
        **{f"compressed_{n}": [10 * n, 10 * n + 2] for n in COMPRESSED_SIZES},
    }
    low, high = result["intervals"]["top1"]
    assert low < result["metrics"]["top1"] < high
    low, high = result["intervals"]["frechet"]
    assert 0 <= low < result["metrics"]["frechet"] < high
    assert result["seeds"] == [0, 1, 2]
    assert result["num_images"] == MIN_IMAGES
    assert len(caplog.messages) == len(sizes)
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_an_interrupted_computation_is_continued(fakes, monkeypatch):
    recolored = np.clip(TRUTH, 2, 255).astype(np.uint8)
    whole = learned_metrics.compute(TRUTH, LABELS, recolored)
    num_calls = len(fakes)

    partial = {}

    def keep(result):
        partial.update(json.loads(json.dumps(result)))
        if "fooling_8" in result["metrics"]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learned_metrics.compute(TRUTH, LABELS, recolored, on_update=keep)
    monkeypatch.setattr(classifier, "classify", None)  # Its metrics are already complete.
    result = learned_metrics.compute(TRUTH, LABELS, recolored, partial=partial)
    assert result == whole
    assert len(fakes) == 2 * num_calls


def test_classifier_sees_the_recolored_images(fakes):
    colored = learned_metrics.compute(TRUTH, np.zeros(MIN_IMAGES), TRUTH, sizes=())["metrics"]
    assert colored == pytest.approx({"top1": 100, "frechet": 0}, abs=1e-6)
    gray = gray_version(TRUTH)
    values = learned_metrics.compute(TRUTH, np.zeros(MIN_IMAGES), gray, sizes=())["metrics"]
    assert values["top1"] == 0
    assert values["frechet"] > 1


def test_without_labels_the_classifier_is_omitted_with_a_note(fakes, monkeypatch, caplog):
    caplog.set_level("INFO", logger="colorkeras")
    monkeypatch.setattr(classifier, "classify", None)
    result = learned_metrics.compute(TRUTH, None, TRUTH, seeds=(5,), sizes=(8,))
    assert result["metrics"] == {"fooling_8": 85, "compressed_8": 85}
    assert "No labels" in caplog.messages[0]


def test_real_and_recolored_images_are_compressed_alike(monkeypatch):
    seen = []

    def fooling_rate(truth, recolored, size, seed):
        seen.append((truth, recolored))
        return 0.0

    monkeypatch.setattr(learned_metrics, "fooling_rate", fooling_rate)
    gray = gray_version(TRUTH)
    learned_metrics.compute(TRUTH, None, gray, seeds=(0,), sizes=(8,))
    raw, compressed = seen
    for images, expected in zip(raw, (TRUTH, gray), strict=True):
        np.testing.assert_array_equal(images, expected)
    for images, expected in zip(compressed, (TRUTH, gray), strict=True):
        np.testing.assert_array_equal(images, fooling.compress(expected))


def test_half_chroma_keeps_luma_and_smooths_color():
    smooth = np.random.default_rng(1).integers(100, 140, (2, 32, 32, 3), np.uint8)
    received = learned_metrics.half_chroma(smooth)
    expected, luma = gray_version(smooth), gray_version(received)
    np.testing.assert_allclose(luma.astype(int), expected, atol=1)
    chroma = [images.astype(int) - gray for images, gray in ((smooth, expected), (received, luma))]
    assert chroma[1].std() < 0.6 * chroma[0].std()
    flat = np.full((1, 32, 32, 3), (200, 100, 50), np.uint8)
    np.testing.assert_array_equal(learned_metrics.half_chroma(flat), flat)


@pytest.mark.parametrize(
    ("shape", "received"),
    [
        ((MIN_IMAGES, 48, 48, 3), "images of 48x48 pixels"),
        ((MIN_IMAGES - 1, 32, 32, 3), f"{MIN_IMAGES - 1} images"),
    ],
)
def test_unsuitable_images_are_rejected(fakes, shape, received):
    images = np.zeros(shape, np.uint8)
    with pytest.raises(UserError, match=rf"Received: {received}(.|\n)*Expected: (.|\n)*Fix: "):
        learned_metrics.compute(images, None, images)
    assert not fakes


def test_images_and_labels_of_different_lengths_are_rejected(fakes):
    with pytest.raises(ValueError, match="same images in the same order"):
        learned_metrics.compute(TRUTH, LABELS[:-1], TRUTH)
    with pytest.raises(ValueError, match="same images in the same order"):
        learned_metrics.compute(TRUTH, LABELS, TRUTH[:-1])


@pytest.mark.parametrize("name", LEARNED_METRICS)
def test_every_learned_metric_is_described(name):
    metric = LEARNED_METRICS[name]
    assert metric.title
    assert metric.description.endswith(".")
    assert metric.unit in ("%", "")
