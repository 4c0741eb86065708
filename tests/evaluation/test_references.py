"""Tests for the reference rows of an evaluation."""

import numpy as np
import pytest

from colorkeras import evaluation
from colorkeras.data import ArraySource, ImageDataset
from colorkeras.evaluation.metrics import METRICS, SAMPLES
from colorkeras.utils.errors import UserError

RED, GRAY = (255, 0, 0), (100, 100, 100)
DETERMINISTIC = {name for name, metric in METRICS.items() if metric.needs != SAMPLES}


def plain(*colors, size=16):
    """Return a source of uniform images."""
    return ArraySource(np.stack([np.full((size, size, 3), color, np.uint8) for color in colors]))


def test_references_by_hand():
    train, test = plain(RED, GRAY), plain(RED, GRAY, GRAY)
    dataset = ImageDataset("toys", "toys", {"train": train, "test": test}.get)
    setup = evaluation.prepare(dataset, "test")
    assert list(setup.references) == list(evaluation.REFERENCES)
    truth, grayscale_baseline, mean = (
        setup.references[key] for key in ("truth", "grayscale_baseline", "mean_chroma")
    )
    assert set(truth) == set(grayscale_baseline) == set(mean) == DETERMINISTIC
    assert grayscale_baseline == evaluation.evaluate(
        evaluation.grayscale_baseline, test, prior=setup.statistics.prior
    )
    # A uniform image has zero deviation, so only 0.3 times the distance from gray remains.
    assert truth["colorfulness"] == pytest.approx(0.3 * np.hypot(255, 127.5) / 3, abs=1e-3)
    assert truth["psnr_pooled"] == truth["psnr_mean"] == 60
    assert truth["auc_balanced"] == truth["colorfulness_ratio"] == 100
    assert (
        grayscale_baseline["colorfulness_ratio"] == 0 and grayscale_baseline["hue_distance"] == 180
    )
    # The mean is half of red's chroma, which adds 89.4, -38.1 and -38.1 to luma.
    assert mean["mae"] == pytest.approx((89.4 + 38.1 + 38.1) / 3, abs=0.3)


def test_image_sizes_that_the_model_rejects_are_an_error(exports):
    source = ArraySource(np.zeros((2, 16, 16, 3), np.uint8))
    with pytest.raises(UserError) as error:
        evaluation.check_image_size(exports("baseline").model, source)
    received, expected, fix = str(error.value).splitlines()
    assert "16 pixels" in received
    assert "32 pixels" in expected
    assert "--image-size" in fix
