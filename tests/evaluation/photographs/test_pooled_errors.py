"""Tests for errors averaged over all pixels."""

import numpy as np
import pytest

from colorkeras.evaluation.metrics import METRICS
from colorkeras.evaluation.photographs.pooled_errors import (
    ALL,
    image_errors,
    summarize,
    summarize_groups,
)


def image(height, width, seed):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@pytest.fixture(scope="module")
def errors():
    """Errors of the baseline and an output on two images of different sizes, each `[2, 5]`."""
    pairs = []
    for seed, size in enumerate([(12, 20), (16, 8)]):
        truth = image(*size, seed)
        gray = np.repeat(truth[..., :1], 3, axis=-1)
        output = np.clip(truth.astype(int) + 10, 0, 255).astype(np.uint8)
        pairs.append(image_errors(truth, [gray, output]))
    return np.stack(pairs, axis=1)


def test_large_images_count_more(errors):
    baseline, output = errors
    assert output[:, 0].tolist() == [240, 128]
    squared = [
        np.square(np.minimum(255, image(*size, seed).astype(int) + 10) - image(*size, seed))
        for seed, size in enumerate([(12, 20), (16, 8)])
    ]
    expected = np.concatenate([values.ravel() for values in squared]).mean()
    summary = summarize(output, baseline)
    assert summary["psnr"] == pytest.approx(10 * np.log10(255**2 / expected), abs=1e-4)
    assert summary["gain"] == pytest.approx(summary["psnr"] - summarize(baseline, baseline)["psnr"])


def test_differences_are_those_of_the_metrics(errors):
    baseline, _ = errors
    truth = image(12, 20, 0)[np.newaxis].astype(np.float32)
    gray = np.repeat(truth[..., :1], 3, axis=-1)
    difference = METRICS["ciede2000"].per_image(truth, gray).numpy()
    summary = summarize(baseline[:1], baseline[:1])
    assert summary["ciede2000"] == pytest.approx(float(difference[0]), rel=1e-5)
    assert summary["reduction"] == summary["gain"] == summary["colorfulness"] == 0


def test_groups_are_summarized_separately(errors):
    baseline, output = errors
    summaries = summarize_groups(output, baseline, ["a", "b"])
    assert list(summaries) == [ALL, "a", "b"]
    assert summaries["b"] == summarize(output[1:], baseline[1:])
    assert list(summarize_groups(output, baseline, ["", ""])) == [ALL]
