"""Tests of how judges are asked; what they answer is tested in tests/judge."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from colorkeras import evaluation, judge
from colorkeras.data import ArraySource
from colorkeras.errors import UserError
from colorkeras.evaluation.judging import REFERENCES
from colorkeras.evaluation.training_colors import training_colors


@pytest.fixture
def conditions(crops):
    source = ArraySource(np.tile(crops, [13, 1, 1, 1]))
    return evaluation.Conditions("made up", source, "none", training_colors(source), {})


@pytest.fixture
def asked(monkeypatch):
    """Sets of pictures that were judged, in order; each gets its number as every figure."""
    pictures = []

    def fooling_rate(truth, recolored, size, seed):
        pictures.append(recolored)
        return float(len(pictures))

    monkeypatch.setattr(judge, "fooling_rate", fooling_rate)
    return pictures


def red(grayscale, seeds):
    return grayscale * tf.constant([1.0, 0.0, 0.0])


def test_every_model_is_judged_on_what_it_makes_of_luma(conditions, asked):
    judged = evaluation.judge_colorizers({"red": red}, conditions, say=lambda line: None)
    assert set(judged) == {"models", *REFERENCES}
    assert list(judged["models"]) == ["red"]
    truth, recolored = evaluation.recolor(red, conditions.source)
    np.testing.assert_array_equal(asked[0], recolored)
    assert recolored[..., 0].max() > 0 and recolored[..., 1:].max() == 0
    np.testing.assert_array_equal(asked[-1], judge.compress(judge.half_chroma(truth)))
    # Without labels there is nothing for the classifier to find.
    names = [f"fooling_{size}" for size in judge.SIZES]
    names += [f"compressed_{size}" for size in judge.COMPRESSED_SIZES]
    assert list(judged["models"]["red"]["figures"]) == names


def test_table_has_models_above_references(conditions, asked):
    judged = evaluation.judge_colorizers({"red": red}, conditions, say=lambda line: None)
    titles = [line[:20].strip() for line in evaluation.judged_table(judged).splitlines()]
    assert titles[:3] == ["plausible", "red", "echo (grayscale inpu"]


def test_every_picture_is_colored_from_the_seed_that_is_its_number(conditions):
    def by_number(grayscale, seeds):
        level = tf.cast(seeds, tf.float32)[:, tf.newaxis, tf.newaxis, tf.newaxis] / 255
        return tf.repeat(level + 0 * grayscale, 3, axis=-1)

    _, recolored = evaluation.recolor(by_number, conditions.source)
    numbers = np.arange(conditions.source.num_examples)
    np.testing.assert_array_equal(recolored[:, 0, 0, 0], np.minimum(numbers, 255))


def test_too_few_pictures_are_refused(conditions):
    source = ArraySource(np.zeros([20, 32, 32, 3], np.uint8))
    few = evaluation.Conditions("made up", source, "none", None, {})
    with pytest.raises(UserError, match="20 pictures to judge"):
        evaluation.judge_colorizers({"echo": evaluation.echo}, few, say=lambda line: None)


def test_references_are_what_models_are_shown(conditions, asked):
    degraded = dataclasses.replace(conditions, degradation="scan")
    judged = evaluation.judge_colorizers({"echo": evaluation.echo}, degraded, say=lambda line: None)
    assert "fooling_4" in judged["echo"]["figures"]
    # First the model's pictures, then those of the first reference.
    each = len(judge.SEEDS) * (len(judge.SIZES) + len(judge.COMPRESSED_SIZES))
    np.testing.assert_array_equal(asked[0], asked[each])
