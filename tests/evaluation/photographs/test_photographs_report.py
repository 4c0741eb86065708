"""Tests for the evaluation on photographs, with a predictor that adds known colors."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from colorkeras.data import sample
from colorkeras.evaluation.photographs import (
    ALL,
    PhotographSource,
    References,
    evaluate_photographs,
)
from colorkeras.evaluation.photographs.varied import EVERY
from colorkeras.image_io import DecodedImage

pytest.importorskip("skimage")


class FakeSource:
    """Fake source of five photographs, three of them with faces."""

    num_examples = 5
    groups = ("faces", "places", "faces", "faces", "places")

    def __init__(self):
        (path, _), *_ = sample.photographs()
        with Image.open(path) as photograph:
            self.images = [photograph.resize((40 + 4 * number, 36)) for number in range(5)]

    def open_image(self, index):
        return self.images[index]

    def group(self, index):
        return self.groups[index]


class Painter:
    """Fake `Predictor` that adds a tint proportional to the vividness."""

    exported = SimpleNamespace(has_vividness=True, takes_hints=True, samples=True, metadata={})

    def colorize(self, image, vividness=0.5, saturation=1.0):
        tint = np.array([40, 0, -40]) * vividness * saturation
        return np.clip(image[..., np.newaxis] + tint, 0, 255).astype(np.uint8)

    def variations(self, image, count, seed=0):
        return [self.colorize(image, (seed + number) / 10) for number in range(count)]

    def color_image(self, image, settings):
        assert settings.hints
        return DecodedImage(self.colorize(image.pixels, settings.vividness))


@pytest.fixture(scope="module")
def saved():
    """Results as JSON after each part of the evaluation."""
    return []


@pytest.fixture(scope="module")
def report(saved):
    return evaluate_photographs(
        Painter(),
        PhotographSource(FakeSource(), "toys, test"),
        References([0.0, 0.1], encoder=lambda image: image.mean(axis=(0, 1))),
        {"saturation": 1.0},
        lambda report: saved.append(json.dumps(report.metrics)),
    )


def test_parts_are_saved_one_by_one(report, saved):
    parts = [set(json.loads(text)) for text in saved]
    assert parts[1] - parts[0] == {"hints"} and parts[2] - parts[1] == {"variations"}
    assert json.loads(saved[2]) == json.loads(json.dumps(report.metrics))


def test_vividness_zero_of_the_painter_is_the_baseline(report):
    errors = report.metrics["errors"]
    assert report.metrics["num_images"] == {"faces": 3, "places": 2}
    assert errors["vividness 0"] == errors["grayscale baseline"]
    assert errors["vividness 1"][ALL]["gain"] != 0
    assert set(errors["vividness 0.5"]) == {ALL, "faces", "places"}
    assert errors["mean chroma"][ALL]["colorfulness"] > 0


def test_skin_and_coherence(report):
    assert list(report.metrics["skin"]["vividness 0.5"]) == ["faces"]
    assert len(report.metrics["skin"]["vividness 0.5"]["faces"]) == 3
    incoherence = report.metrics["incoherence"]
    assert incoherence["vividness 0"] == 0 < incoherence["ground truth"] < 1


def test_frechet_distance_of_equal_images_is_equal(report):
    frechet = report.metrics["frechet"]
    assert list(frechet) == list(report.metrics["errors"])
    assert frechet["grayscale baseline"] == pytest.approx(frechet["vividness 0"])
    assert frechet["grayscale baseline"] > 0


def test_hints(report):
    hints = report.metrics["hints"]
    assert list(hints) == ["1", "5", "10", "50"]
    gains = [results["hints without a network"]["gain"] for results in hints.values()]
    assert gains[-1] > gains[0] and gains[-1] > 1
    # The painter ignores hints.
    assert hints["10"]["model"]["gain"] == 0 and hints["10"]["honored"] < 50


def test_variations(report):
    variations = report.metrics["variations"]
    assert variations["num_images"] == len(range(0, FakeSource.num_examples, EVERY))
    assert variations["difference"] > 0
    assert list(variations["errors"]) == ["variation 1", "variation 2"]


def test_crops_of_every_row(report):
    assert list(report.crops) == ["ground truth", *report.metrics["errors"]]
    assert all(crops.shape == (5, 32, 32, 3) for crops in report.crops.values())


def test_text_has_all_tables(report):
    text = report.text()
    for words in (
        "toys, test",
        "faces (3)",
        "faces, dark",
        "number of hints",
        "CIEDE2000 between variations",
    ):
        assert words in text
