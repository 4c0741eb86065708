"""Tests of how judges are asked; what they answer is tested in tests/judge."""

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

from colorkeras import evaluation
from colorkeras.data import ArraySource
from colorkeras.evaluation import learned_metrics
from colorkeras.evaluation.judging import REFERENCES
from colorkeras.evaluation.pictures import all_pictures
from colorkeras.evaluation.training_colors import training_colors
from colorkeras.utils.errors import UserError


@pytest.fixture
def conditions(crops):
    source = ArraySource(np.tile(crops, [13, 1, 1, 1]))
    return evaluation.Conditions("made up", source, "none", training_colors(source), {})


@pytest.fixture
def asked(monkeypatch):
    """Pairs of truth and what was judged beside it, in order; each gets its number as a figure."""
    pictures = []

    def fooling_rate(truth, recolored, size, seed):
        pictures.append((truth, recolored))
        return float(len(pictures))

    monkeypatch.setattr(learned_metrics, "fooling_rate", fooling_rate)
    monkeypatch.setattr(learned_metrics, "NUM_RESAMPLES", 3)
    return pictures


def red(grayscale, seeds):
    return grayscale * tf.constant([1.0, 0.0, 0.0])


def test_models_are_judged_on_what_they_make_of_luma(conditions, asked):
    judged = evaluation.judge_colorizer("red", red, conditions, say=lambda line: None)
    recolored = evaluation.recolor(red, conditions.source)
    np.testing.assert_array_equal(asked[0], (all_pictures(conditions.source), recolored))
    assert recolored[..., 0].max() > 0 and recolored[..., 1:].max() == 0
    # Without labels there is nothing for the classifier to find.
    names = [f"fooling_{size}" for size in learned_metrics.SIZES]
    names += [f"compressed_{size}" for size in learned_metrics.COMPRESSED_SIZES]
    assert list(judged["metrics"]) == names


def test_references_are_judged_in_the_same_way(conditions, asked):
    judged = evaluation.judge_references(conditions, say=lambda line: None)
    assert list(judged) == list(REFERENCES)
    truth = all_pictures(conditions.source)
    gray = evaluation.recolor(evaluation.grayscale_baseline, conditions.source)
    each = len(asked) // 4  # All but the truth, of which nothing can be learned.
    for number, pictures in (
        (0, gray),
        (2, truth[:, :, ::-1]),
        (3, learned_metrics.half_chroma(truth)),
    ):
        pair = truth, pictures
        np.testing.assert_array_equal(asked[number * each], pair)
        compressed = [learned_metrics.compress(one) for one in pair]
        np.testing.assert_array_equal(asked[(number + 1) * each - 1], compressed)
    _, mean_chroma = asked[each]
    assert np.ptp(mean_chroma.astype(int) - gray, axis=-1).min() > 0
    assert judged["truth"]["metrics"] == {}


@pytest.mark.slow
def test_the_truth_has_the_figures_of_the_classifier_alone(conditions, asked):
    pictures = next(iter(conditions.source.load(tf.range(208)[tf.newaxis], 0)))
    source = ArraySource(pictures.numpy(), np.arange(208) % 10)
    labeled = dataclasses.replace(conditions, source=source)
    judged = evaluation.judge_references(labeled, say=lambda line: None)
    assert set(judged["truth"]["metrics"]) == {"top1", "frechet"}
    assert judged["truth"]["metrics"]["frechet"] == pytest.approx(0, abs=1e-6)


def test_references_of_the_same_pictures_are_judged_once(conditions, asked, tmp_path):
    file, kept, lines = tmp_path / "references.json", [], []
    first = evaluation.judge_references(
        conditions, file, lambda judged: kept.append(list(judged)), say=lambda line: None
    )
    names = list(REFERENCES)
    assert kept == [names[: number + 1] for number in range(len(names))]
    count = len(asked)
    assert evaluation.judge_references(conditions, file, say=lines.append) == first
    assert len(asked) == count
    again = f"*** Not judged again: known from {file}"
    for title in REFERENCES.values():
        assert again == lines[lines.index(f"Judging {title}") + 1 :][1]
    # Degraded, the truth and what is made of it stay; what models are shown becomes another.
    degraded = dataclasses.replace(conditions, degradation="scan")
    lines.clear()
    evaluation.judge_references(degraded, file, say=lines.append)
    known = [line for line in lines if "Not judged again" in line]
    assert len(known) == len(names) - 2


def test_a_model_is_judged_once_and_beside_others(conditions, asked, tmp_path):
    file = tmp_path / "judged.json"

    def judged(name, color):
        return evaluation.judge_colorizer(name, color, conditions, file, say=lambda line: None)

    first = judged("red", red)
    each = len(asked)
    assert judged("grayscale_baseline", evaluation.grayscale_baseline) != first
    assert judged("red", red) == first
    assert len(asked) == 2 * each
    judged("red", evaluation.grayscale_baseline)  # Another model of the same name.
    assert len(asked) == 3 * each


def test_references_of_other_pictures_or_judges_are_judged_anew(
    conditions, asked, tmp_path, monkeypatch
):
    file = tmp_path / "references.json"
    evaluation.judge_references(conditions, file, say=lambda line: None)
    each = len(asked)
    pictures = next(iter(conditions.source.load(tf.range(208)[tf.newaxis], 0))).numpy()
    pictures[0, 0, 0, 0] ^= 1
    other = dataclasses.replace(conditions, source=ArraySource(pictures))
    evaluation.judge_references(other, file, say=lambda line: None)
    assert len(asked) == 2 * each
    monkeypatch.setattr(learned_metrics.fooling, "EPOCHS", 1)
    evaluation.judge_references(other, file, say=lambda line: None)
    assert len(asked) == 3 * each


@pytest.mark.parametrize("content", ["{", "[]", '{"grayscale baseline": 1}'])
def test_a_damaged_file_of_references_is_replaced_and_that_is_said(
    conditions, asked, tmp_path, content
):
    file, lines = tmp_path / "references.json", []
    file.write_text(content, encoding="utf-8")
    evaluation.judge_references(conditions, file, say=lines.append)
    assert lines[0].startswith(f"*** {file} cannot be read and will be replaced: ")
    assert set(json.loads(file.read_text(encoding="utf-8"))) == set(REFERENCES)


def test_table_has_models_above_references(conditions, asked):
    model = evaluation.judge_colorizer("red", red, conditions, say=lambda line: None)
    table = evaluation.judged_table({"red": model}, {"mirrored": model})
    titles = [line[:20].strip() for line in table.splitlines()]
    assert titles[:3] == ["realism", "red", "true pictures mirror"]


def test_every_picture_is_colored_from_the_seed_that_is_its_number(conditions):
    def by_number(grayscale, seeds):
        level = tf.cast(seeds, tf.float32)[:, tf.newaxis, tf.newaxis, tf.newaxis] / 255
        return tf.repeat(level + 0 * grayscale, 3, axis=-1)

    recolored = evaluation.recolor(by_number, conditions.source)
    numbers = np.arange(conditions.source.num_examples)
    np.testing.assert_array_equal(recolored[:, 0, 0, 0], np.minimum(numbers, 255))


def test_too_few_pictures_are_refused(conditions):
    source = ArraySource(np.zeros([20, 32, 32, 3], np.uint8))
    few = evaluation.Conditions("made up", source, "none", None, {})
    with pytest.raises(UserError, match="20 pictures to judge"):
        evaluation.judge_colorizer(
            "grayscale_baseline", evaluation.grayscale_baseline, few, say=lambda line: None
        )


def test_references_are_what_models_are_shown(conditions, asked):
    degraded = dataclasses.replace(conditions, degradation="scan")
    evaluation.judge_colorizer(
        "grayscale_baseline", evaluation.grayscale_baseline, degraded, say=lambda line: None
    )
    each = len(asked)
    evaluation.judge_references(degraded, say=lambda line: None)
    np.testing.assert_array_equal(asked[0], asked[each])
