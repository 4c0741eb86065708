"""Tests for model comparisons: labels, ranking, and file content."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from colorkeras import evaluation
from colorkeras.config.training_config import PLAIN_NAME
from colorkeras.data import ArraySource, ImageDataset
from colorkeras.evaluation import column_title, evaluator, model_comparison
from colorkeras.evaluation.metrics import GROUPS, METRICS, SAMPLES
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import escape_markdown

# Reddish images at increasing distances from gray, in shuffled order.
ORDER = np.random.default_rng(0).permutation(30)
REDDISH = np.stack([np.full((16, 16, 3), (80 + 5 * step, 80, 80), np.uint8) for step in ORDER])
DATASET = ImageDataset("toys", "toys", lambda split: ArraySource(REDDISH))


def colorizer(name, color=evaluation.grayscale_baseline, image_size=None):
    """Fake `ExportedModel`."""
    metadata = {"name": name, "architecture": "none", "prediction": "rgb", "num_parameters": 0}
    return SimpleNamespace(
        metadata=metadata, color=color, image_size=image_size, samples=False, is_confident=False
    )


def blue(grayscale, seeds):
    del seeds
    return tf.concat([0 * grayscale, 0 * grayscale, 1 + 0 * grayscale], axis=-1)


@pytest.fixture(scope="module")
def compared():
    """Comparison of two colorizers on `DATASET`; "blue" has the larger error."""
    models = {"first": colorizer("gray"), "second": colorizer("blue", blue)}
    return model_comparison.compare(model_comparison.candidates_from(models), DATASET, "test")


def test_models_are_labeled_by_name():
    models = {"unet": colorizer("unet"), "some/folder": colorizer("mine")}
    candidates = model_comparison.candidates_from(models)
    assert [candidate.label for candidate in candidates] == ["unet", "mine"]
    assert model_comparison.file_names(candidates) == [
        "comparison.md",
        "comparison.json",
        "images.png",
        "unet_best_worst.png",
        "mine_best_worst.png",
    ]


@pytest.mark.parametrize("name", ["unet", "Unet"])
def test_models_of_one_name_get_distinct_labels_and_files(name):
    models = {"unet": colorizer("unet"), "a/unet/1": colorizer(name), "b": colorizer("1_unet")}
    candidates = model_comparison.candidates_from(models)
    labels = [candidate.label for candidate in candidates]
    assert labels == ["unet (unet)", f"{name} (a/unet/1)", "1_unet (b)"]
    files = [candidate.sheet_file.lower() for candidate in candidates]
    assert len(set(files)) == 3
    assert all(re.fullmatch(PLAIN_NAME, file, re.ASCII) for file in files)


def test_models_of_different_image_sizes_are_rejected():
    models = {"a": colorizer("a", image_size=64), "b": colorizer("b", image_size=32)}
    model_comparison.candidates_from({**models, "b": colorizer("b")})
    with pytest.raises(UserError, match="different image sizes: 32 and 64 pixels"):
        model_comparison.candidates_from(models)


@pytest.mark.parametrize(("num_images", "expected"), [(30, 10), (20, 10), (7, 3), (1, 1)])
def test_best_and_worst_are_the_extremes(num_images, expected):
    differences = np.random.default_rng(1).permutation(num_images).astype(np.float32)
    best, worst = model_comparison.best_and_worst(differences)
    np.testing.assert_array_equal(differences[best], np.arange(expected))
    np.testing.assert_array_equal(differences[worst], num_images - 1 - np.arange(expected))


def test_best_and_worst_show_the_images_of_their_indices(compared):
    entry = compared.entries[0]
    # The grayscale baseline's error grows with chroma.
    np.testing.assert_array_equal(ORDER[entry.best.indices], np.arange(10))
    np.testing.assert_array_equal(ORDER[entry.worst.indices], 29 - np.arange(10))
    for ranked in (entry.best, entry.worst):
        grayscale, prediction, truth = ranked.images.swapaxes(0, 1)
        np.testing.assert_array_equal(truth, REDDISH[ranked.indices])
        np.testing.assert_array_equal(prediction, grayscale)
        assert np.ptp(grayscale, axis=-1).max() == 0
    assert entry.best.differences[0] == 0 < entry.best.differences[1]
    label, images = entry.worst.rows()[0]
    assert label == f"{entry.worst.differences[0]:.2f}\nno. {entry.worst.indices[0]}"
    np.testing.assert_array_equal(images, entry.worst.images[0])


def test_the_first_sample_of_a_sampling_model_is_shown(tmp_path):
    sampling = colorizer("sampling", blue)
    sampling.samples = True
    model_comparison.compare(
        model_comparison.candidates_from({"s": sampling}), DATASET, "test"
    ).save(tmp_path)
    assert (tmp_path / model_comparison.IMAGES_FILE).is_file()


def test_table_and_ranking_come_from_one_pass(monkeypatch):
    passes = []
    batches = evaluator.evaluation_batches
    monkeypatch.setattr(
        evaluator,
        "evaluation_batches",
        lambda *arguments: passes.append(arguments) or batches(*arguments),
    )
    evaluation.prepare(DATASET, "test")
    num_references = len(passes)
    passes.clear()
    models = {"first": colorizer("gray"), "second": colorizer("blue", blue)}
    compared = model_comparison.compare(model_comparison.candidates_from(models), DATASET, "test")
    assert len(passes) == num_references + 2
    for entry in compared.entries:
        value = entry.report.metrics["metrics"]["ciede2000"]
        assert value == pytest.approx(entry.report.per_image["ciede2000"].mean())


def test_markdown_has_every_row_in_order_and_valid_links(compared, tmp_path):
    compared.save(tmp_path)
    text = (tmp_path / "comparison.md").read_text(encoding="utf-8")
    assert "toys, test: 30 images." in text
    titles = []
    for group in GROUPS:
        section = text.split(f"## {group.capitalize()}\n")[1].split("##")[0]
        lines = re.findall(r"\|.*", section)
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
        header, _, gray, blue, grayscale_baseline, mean, truth = rows
        names = [row[0] for row in (gray, blue, grayscale_baseline, mean, truth)]
        assert names == ["gray", "blue", *evaluation.REFERENCES.values()]
        # Uniform images have no gradients.
        assert gray[1:] == grayscale_baseline[1:] and (gray[1:] == blue[1:]) == (
            group == "structure"
        )
        assert header[0] == "model"
        titles += header[1:]
    measured = [name for name in METRICS if METRICS[name].needs != SAMPLES]
    assert titles == [escape_markdown(column_title(name)) for name in measured]
    links = re.findall(r"\]\((.*)\)", text)
    assert links == ["images.png", "gray_best_worst.png", "blue_best_worst.png"]
    assert {path.name for path in tmp_path.iterdir()} == {
        "comparison.md",
        "comparison.json",
        *links,
    }
    for link in links:
        with Image.open(tmp_path / link) as image:
            assert image.format == "PNG"


def test_json_holds_metrics_and_ranking(compared, tmp_path):
    compared.save(tmp_path)
    records = json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))
    assert list(records) == ["gray", "blue"]
    entry = compared.entries[1]
    record = records["blue"]
    assert record["given_as"] == "second"
    assert record["metrics"] == entry.report.metrics["metrics"]
    assert record["worst"][0] == {
        "image": int(entry.worst.indices[0]),
        "ciede2000": float(entry.worst.differences[0]),
    }
    assert [len(record[part]) for part in ("best", "worst")] == [10, 10]


def test_every_model_colors_the_same_ten_images(compared):
    gray, blue = (report.images for report in compared.reports.values())
    np.testing.assert_array_equal(gray["ground truth"], blue["ground truth"])
    np.testing.assert_array_equal(
        gray["ground truth"], evaluation.sample_images(ArraySource(REDDISH))
    )
    assert (blue["prediction"] == [0, 0, 255]).all()
