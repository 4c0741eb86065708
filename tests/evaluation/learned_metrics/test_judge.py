"""Tests of what the judges say about one set of recolored pictures."""

import json

import numpy as np
import pytest

from colorkeras.color.spaces import from_uint8, luma, to_uint8
from colorkeras.evaluation import grayscale_baseline
from colorkeras.evaluation import learned_metrics as judging
from colorkeras.evaluation.learned_metrics import (
    COMPRESSED_SIZES,
    FIGURES,
    MIN_PICTURES,
    SIZES,
    classifier,
    fooling,
)
from colorkeras.utils.errors import UserError

# Yellowish noise.
TRUTH = np.random.default_rng(0).integers(0, 256, (MIN_PICTURES, 32, 32, 3), np.uint8)
TRUTH[..., 2] //= 2
LABELS = np.arange(MIN_PICTURES) % 10


def gray_version(images):
    return to_uint8(grayscale_baseline(luma(from_uint8(images)))).numpy()


def features_and_logits(images):
    """Stands in for the classifier: the mean color, and class 0 where there is one."""
    features = images.mean(axis=(1, 2))
    logits = np.zeros([len(images), 10])
    logits[:, 0] = np.ptp(features, axis=-1)
    logits[:, 1] = 0.01
    return {"features": features, "logits": logits}


@pytest.fixture
def stand_ins(monkeypatch):
    """Replaces what takes long; returns the calls of the fooling rate as (size, seed)."""
    calls = []

    def fooling_rate(truth, recolored, size, seed):
        calls.append((size, seed))
        return 10.0 * size + seed

    monkeypatch.setattr(judging, "fooling_rate", fooling_rate)
    monkeypatch.setattr(classifier, "classify", features_and_logits)
    return calls


def test_figures_are_means_over_seeds_with_ranges(stand_ins):
    lines = []
    recolored = np.clip(TRUTH, 2, 255).astype(np.uint8)
    judged = judging.judge(TRUTH, LABELS, recolored, say=lines.append)
    sizes = [*SIZES, *COMPRESSED_SIZES]
    assert stand_ins == [(size, seed) for size in sizes for seed in (0, 1, 2)]
    assert list(judged["metrics"]) == list(FIGURES)
    assert judged["metrics"]["fooling_4"] == 41
    assert judged["metrics"]["compressed_16"] == 161
    assert judged["ranges"] == {
        **{f"fooling_{n}": [10 * n, 10 * n + 2] for n in SIZES},
        **{f"compressed_{n}": [10 * n, 10 * n + 2] for n in COMPRESSED_SIZES},
    }
    low, high = judged["intervals"]["top1"]
    assert low < judged["metrics"]["top1"] < high
    low, high = judged["intervals"]["frechet"]
    assert 0 <= low < judged["metrics"]["frechet"] < high
    assert judged["seeds"] == [0, 1, 2]
    assert judged["num_images"] == MIN_PICTURES
    assert len(lines) == len(sizes)
    assert json.loads(json.dumps(judged, allow_nan=False)) == judged


def test_what_was_begun_is_brought_to_its_end(stand_ins, monkeypatch):
    recolored = np.clip(TRUTH, 2, 255).astype(np.uint8)
    whole = judging.judge(TRUTH, LABELS, recolored, say=lambda line: None)
    num_calls = len(stand_ins)

    begun = {}

    def keep(judged):
        begun.update(json.loads(json.dumps(judged)))
        if "fooling_8" in judged["metrics"]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judging.judge(TRUTH, LABELS, recolored, keep=keep, say=lambda line: None)
    monkeypatch.setattr(classifier, "classify", None)  # Its part was at its end.
    judged = judging.judge(TRUTH, LABELS, recolored, begun=begun, say=lambda line: None)
    assert judged == whole
    assert len(stand_ins) == 2 * num_calls


def test_classifier_judges_the_recolored_pictures(stand_ins):
    colored = judging.judge(TRUTH, np.zeros(MIN_PICTURES), TRUTH, sizes=())["metrics"]
    assert colored == pytest.approx({"top1": 100, "frechet": 0}, abs=1e-6)
    gray = gray_version(TRUTH)
    figures = judging.judge(TRUTH, np.zeros(MIN_PICTURES), gray, sizes=())["metrics"]
    assert figures["top1"] == 0
    assert figures["frechet"] > 1


def test_without_labels_the_classifier_is_left_out_with_a_note(stand_ins, monkeypatch):
    monkeypatch.setattr(classifier, "classify", None)
    lines = []
    judged = judging.judge(TRUTH, None, TRUTH, seeds=(5,), sizes=(8,), say=lines.append)
    assert judged["metrics"] == {"fooling_8": 85, "compressed_8": 85}
    assert "No labels" in lines[0]


def test_both_versions_are_compressed_alike(monkeypatch):
    seen = []

    def fooling_rate(truth, recolored, size, seed):
        seen.append((truth, recolored))
        return 0.0

    monkeypatch.setattr(judging, "fooling_rate", fooling_rate)
    gray = gray_version(TRUTH)
    judging.judge(TRUTH, None, gray, seeds=(0,), sizes=(8,), say=lambda line: None)
    raw, compressed = seen
    for pictures, expected in zip(raw, (TRUTH, gray), strict=True):
        np.testing.assert_array_equal(pictures, expected)
    for pictures, expected in zip(compressed, (TRUTH, gray), strict=True):
        np.testing.assert_array_equal(pictures, fooling.compress(expected))


def test_half_chroma_keeps_luma_and_smooths_color():
    smooth = np.random.default_rng(1).integers(100, 140, (2, 32, 32, 3), np.uint8)
    received = judging.half_chroma(smooth)
    expected, luma = gray_version(smooth), gray_version(received)
    np.testing.assert_allclose(luma.astype(int), expected, atol=1)
    chroma = [
        pictures.astype(int) - gray for pictures, gray in ((smooth, expected), (received, luma))
    ]
    assert chroma[1].std() < 0.6 * chroma[0].std()
    flat = np.full((1, 32, 32, 3), (200, 100, 50), np.uint8)
    np.testing.assert_array_equal(judging.half_chroma(flat), flat)


@pytest.mark.parametrize(
    ("shape", "received"),
    [
        ((MIN_PICTURES, 48, 48, 3), "pictures of 48x48 pixels"),
        ((MIN_PICTURES - 1, 32, 32, 3), f"{MIN_PICTURES - 1} pictures"),
    ],
)
def test_pictures_that_cannot_be_judged_are_refused(stand_ins, shape, received):
    pictures = np.zeros(shape, np.uint8)
    with pytest.raises(UserError, match=rf"Received: {received}(.|\n)*Expected: (.|\n)*Fix: "):
        judging.judge(pictures, None, pictures)
    assert not stand_ins


def test_pictures_that_do_not_belong_together_are_refused(stand_ins):
    with pytest.raises(ValueError, match="same pictures in the same order"):
        judging.judge(TRUTH, LABELS[:-1], TRUTH)
    with pytest.raises(ValueError, match="same pictures in the same order"):
        judging.judge(TRUTH, LABELS, TRUTH[:-1])


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_described(name):
    figure = FIGURES[name]
    assert figure.title
    assert figure.description.endswith(".")
    assert figure.unit in ("%", "")
