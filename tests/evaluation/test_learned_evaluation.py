"""Tests for learned metrics of models and references, and for their cache."""

import dataclasses
import json
import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from colorkeras import evaluation
from colorkeras.data import ArraySource, load_dataset
from colorkeras.evaluation import LEARNED_REFERENCES, learned_evaluation, learned_metrics
from colorkeras.evaluation.color_statistics import color_statistics
from colorkeras.evaluation.image_samples import load_all_images
from colorkeras.utils.errors import UserError

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def setup(crops):
    source = ArraySource(np.tile(crops, [13, 1, 1, 1]))
    return evaluation.EvaluationSetup("made up", source, "none", color_statistics(source), {})


@pytest.fixture(autouse=True)
def log_level(caplog):
    caplog.set_level("INFO", logger="colorkeras")


@pytest.fixture
def calls(monkeypatch):
    """List of the (ground truth, recolored) images passed to a fake fooling rate."""
    pairs = []

    def fooling_rate(truth, recolored, size, seed):
        pairs.append((truth, recolored))
        return float(len(pairs))

    monkeypatch.setattr(learned_metrics, "fooling_rate", fooling_rate)
    monkeypatch.setattr(learned_metrics, "NUM_RESAMPLES", 3)
    return pairs


def red(grayscale, seeds):
    return grayscale * tf.constant([1.0, 0.0, 0.0])


def test_models_are_compared_with_the_ground_truth(setup, calls):
    results = evaluation.evaluate_learned("red", red, setup)
    recolored = evaluation.recolor(red, setup.source)
    np.testing.assert_array_equal(calls[0], (load_all_images(setup.source), recolored))
    assert recolored[..., 0].max() > 0 and recolored[..., 1:].max() == 0
    # Without labels, the classifier's metrics are omitted.
    names = [f"fooling_{size}" for size in learned_metrics.SIZES]
    names += [f"compressed_{size}" for size in learned_metrics.COMPRESSED_SIZES]
    assert list(results["metrics"]) == names


def test_references_are_compared_with_the_ground_truth(setup, calls):
    results = evaluation.evaluate_learned_references(setup)
    assert list(results) == list(LEARNED_REFERENCES)
    truth = load_all_images(setup.source)
    gray = evaluation.recolor(evaluation.grayscale_baseline, setup.source)
    each = len(calls) // 4  # All references except the ground truth.
    for number, recolored in (
        (0, gray),
        (2, truth[:, :, ::-1]),
        (3, learned_metrics.half_chroma(truth)),
    ):
        pair = truth, recolored
        np.testing.assert_array_equal(calls[number * each], pair)
        compressed = [learned_metrics.compress(one) for one in pair]
        np.testing.assert_array_equal(calls[(number + 1) * each - 1], compressed)
    _, mean_chroma = calls[each]
    assert np.ptp(mean_chroma.astype(int) - gray, axis=-1).min() > 0
    assert results["truth"]["metrics"] == {}


@pytest.mark.slow
def test_the_ground_truth_has_only_the_classifiers_metrics(setup, calls):
    images = next(iter(setup.source.load(tf.range(208)[tf.newaxis], 0)))
    source = ArraySource(images.numpy(), np.arange(208) % 10)
    labeled = dataclasses.replace(setup, source=source)
    results = evaluation.evaluate_learned_references(labeled)
    assert set(results["truth"]["metrics"]) == {"top1", "frechet"}
    assert results["truth"]["metrics"]["frechet"] == pytest.approx(0, abs=1e-6)


def test_references_of_the_same_images_are_computed_once(setup, calls, tmp_path, caplog):
    file, kept = tmp_path / "cache.json", []
    first = evaluation.evaluate_learned_references(
        setup, file, lambda results: kept.append(list(results))
    )
    names = list(LEARNED_REFERENCES)
    assert kept == [names[: number + 1] for number in range(len(names))]
    count = len(calls)
    assert evaluation.evaluate_learned_references(setup, file) == first
    assert len(calls) == count
    lines = caplog.messages[-3 * len(names) :]
    for title in LEARNED_REFERENCES.values():
        reused = lines[lines.index(f"Computing learned metrics for {title}") + 2]
        assert reused == f"Reused the results in {file}"
    # Degradations affect the colorizers' input but not the ground truth.
    degraded = dataclasses.replace(setup, degradation="scan")
    caplog.clear()
    evaluation.evaluate_learned_references(degraded, file)
    assert sum("Reused" in line for line in caplog.messages) == len(names) - 2


def test_each_model_is_computed_once(setup, calls, tmp_path):
    file = tmp_path / "cache.json"

    def result(name, color):
        return evaluation.evaluate_learned(name, color, setup, file)

    first = result("red", red)
    each = len(calls)
    assert result("grayscale_baseline", evaluation.grayscale_baseline) != first
    assert result("red", red) == first
    assert len(calls) == 2 * each
    result("red", evaluation.grayscale_baseline)  # Another model with the same name.
    assert len(calls) == 3 * each


def test_other_images_and_protocols_invalidate_the_cache(setup, calls, tmp_path, monkeypatch):
    file = tmp_path / "cache.json"
    evaluation.evaluate_learned_references(setup, file)
    each = len(calls)
    images = next(iter(setup.source.load(tf.range(208)[tf.newaxis], 0))).numpy()
    images[0, 0, 0, 0] ^= 1
    other = dataclasses.replace(setup, source=ArraySource(images))
    evaluation.evaluate_learned_references(other, file)
    assert len(calls) == 2 * each
    monkeypatch.setattr(learned_metrics.fooling, "EPOCHS", 1)
    evaluation.evaluate_learned_references(other, file)
    assert len(calls) == 3 * each


@pytest.mark.slow
@pytest.mark.skipif(
    not Path(os.environ.get("TFDS_DATA_DIR", ""), "cifar10").is_dir(),
    reason="no prepared CIFAR-10 in TFDS_DATA_DIR",
)
def test_committed_results_are_reused(monkeypatch):
    """A new colorkeras version reuses the committed results instead of retraining networks."""
    monkeypatch.setattr(learned_metrics, "compute", lambda *_, partial, **__: partial)
    dataset = load_dataset("cifar10")
    setup = evaluation.EvaluationSetup("", dataset.test, "none", color_statistics(dataset.test), {})
    file = REPOSITORY / "results" / "learned_metrics.json"
    expected = json.loads(file.read_text(encoding="utf-8"))["flipped"]["result"]
    monkeypatch.setattr(learned_evaluation, "LEARNED_REFERENCES", {"flipped": "flipped"})
    assert evaluation.evaluate_learned_references(setup, file) == {"flipped": expected}


@pytest.mark.parametrize("content", ["{", "[]", '{"grayscale baseline": 1}'])
def test_a_damaged_cache_is_replaced_with_a_warning(setup, calls, tmp_path, content, caplog):
    file = tmp_path / "cache.json"
    file.write_text(content, encoding="utf-8")
    evaluation.evaluate_learned_references(setup, file)
    assert caplog.messages[0].startswith(f"{file} cannot be read and will be replaced: ")
    assert set(json.loads(file.read_text(encoding="utf-8"))) == set(LEARNED_REFERENCES)


def test_table_lists_models_then_references(setup, calls):
    model = evaluation.evaluate_learned("red", red, setup)
    table = evaluation.learned_table({"red": model}, {"flipped": model})
    titles = [line[:20].strip() for line in table.splitlines()]
    assert titles[:3] == ["realism", "red", "flipped ground truth"]


def test_every_image_is_recolored_with_its_index_as_seed(setup):
    def by_seed(grayscale, seeds):
        level = tf.cast(seeds, tf.float32)[:, tf.newaxis, tf.newaxis, tf.newaxis] / 255
        return tf.repeat(level + 0 * grayscale, 3, axis=-1)

    recolored = evaluation.recolor(by_seed, setup.source)
    numbers = np.arange(setup.source.num_examples)
    np.testing.assert_array_equal(recolored[:, 0, 0, 0], np.minimum(numbers, 255))


def test_too_few_images_are_rejected(setup):
    source = ArraySource(np.zeros([20, 32, 32, 3], np.uint8))
    few = evaluation.EvaluationSetup("made up", source, "none", None, {})
    with pytest.raises(UserError, match="20 images for learned metrics"):
        evaluation.evaluate_learned("grayscale_baseline", evaluation.grayscale_baseline, few)


def test_references_are_degraded_like_the_input_of_models(setup, calls):
    degraded = dataclasses.replace(setup, degradation="scan")
    evaluation.evaluate_learned("grayscale_baseline", evaluation.grayscale_baseline, degraded)
    each = len(calls)
    evaluation.evaluate_learned_references(degraded)
    np.testing.assert_array_equal(calls[0], calls[each])
