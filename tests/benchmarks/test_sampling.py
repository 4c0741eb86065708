"""Tests of the page on what the settings of a flow bring."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.color.resampling import downsample_2x
from colorkeras.data import ArraySource
from colorkeras.models.architectures.flow_unet import ENCODER, VELOCITY_NETWORK
from colorkeras.models.class_head import NUM_CLASSES
from colorkeras.objectives import flow_noise
from colorkeras.utils.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "results" / "studies" / "sampling"
FIGURES = ("colorfulness_ratio", "fooling_4", "top1", "frechet")


@pytest.fixture
def sampling():
    return runpy.run_path(str(ROOT / "benchmarks" / "sampling.py"))


def test_committed_page_is_what_its_record_says(sampling):
    record = json.loads(TARGET.with_suffix(".json").read_text(encoding="utf-8"))
    assert TARGET.with_suffix(".md").read_text(encoding="utf-8") == sampling["markdown"](record)


def test_curves_join_the_values_of_a_setting(sampling):
    def line(setting, value):
        return {"setting": setting, "value": value, "metrics": dict.fromkeys(FIGURES, value)}

    record = {
        "lines": [line("sampling_steps", 4), line("sampling_steps", 8), line("temperature", 0.5)]
    }
    assert sampling["curves"](record) == {
        "sampling_steps": {"names": ["4", "8"], **{name: [4, 8] for name in FIGURES}},
        "temperature": {"names": ["0.5"], **{name: [0.5] for name in FIGURES}},
    }


def test_committed_record_can_be_drawn(sampling, tmp_path):
    assert TARGET.with_suffix(".png").exists()
    record = json.loads(TARGET.with_suffix(".json").read_text(encoding="utf-8"))
    sampling["draw"](record, tmp_path / "drawn.png")
    assert (tmp_path / "drawn.png").exists()


def test_the_guide_is_told_the_true_class_of_a_share_of_the_pictures(sampling):
    told = []

    class Network:
        """Takes everything for class 9, and moves nothing."""

        def get_layer(self, name):
            return {ENCODER: self.encode, VELOCITY_NETWORK: self.guide}[name]

        def encode(self, grayscale, training):
            seen = tf.repeat(downsample_2x(grayscale), 2, axis=-1)
            logits = 9 * tf.one_hot(tf.fill([len(grayscale)], 9), NUM_CLASSES)
            return [seen, seen, logits]

        def guide(self, inputs, training):
            told.append(np.argmax(inputs[2], axis=-1))
            return tf.zeros_like(inputs[0])

    labels = np.arange(200) % 7 + 1
    numbers = tf.constant([0, 59, 60, 100, 159, 160])
    for share in (0, 0.6, 1):
        settings = {
            "sampling_steps": 1,
            "flip_tta": True,
            **sampling["NOT_EXPORTED"],
            "true_classes": share,
        }
        color = sampling["colorizer"](Network(), labels, settings)
        color(tf.fill([6, 8, 8, 1], 0.5), numbers)
    np.testing.assert_array_equal(told[0], 9)
    np.testing.assert_array_equal(told[1], [1, 4, 9, 3, 6, 9])
    np.testing.assert_array_equal(told[2], labels[numbers])


class LeavesNoise:
    """A flow's network that moves nothing and recognizes nothing."""

    def get_layer(self, name):
        return {ENCODER: self.encode, VELOCITY_NETWORK: lambda inputs, training: 0 * inputs[0]}[
            name
        ]

    def encode(self, grayscale, training):
        seen = tf.repeat(downsample_2x(grayscale), 2, axis=-1)
        return [seen, seen, tf.zeros([len(grayscale), NUM_CLASSES])]


@pytest.fixture
def drawn(sampling, monkeypatch):
    """Function of settings and a number of a sample: two pictures of noise, float32."""
    for name in ("AMPLITUDES", "MEAN_AMPLITUDE"):  # As after the test again.
        monkeypatch.setattr(flow_noise, name, getattr(flow_noise, name))

    def draw(settings, sample=0):
        settings = sampling["NOT_EXPORTED"] | {"sampling_steps": 1, "temperature": 0.5} | settings
        color = sampling["colorizer"](LeavesNoise(), np.zeros(2), settings, sample)
        return color(tf.fill([2, 8, 8, 1], 0.5), tf.range(2)).numpy()

    return draw


def test_samples_of_a_picture_differ_and_follow_from_their_numbers(drawn):
    first, second, again = (drawn({}, sample) for sample in (0, 1, 1))
    np.testing.assert_array_equal(second, again)
    assert np.abs(first - second).max() > 0.01


def test_temperatures_of_all_parts_of_the_noise_are_that_of_the_whole(sampling, drawn):
    colder = drawn(dict.fromkeys(sampling["NOISE_PARTS"], 0.6))
    np.testing.assert_allclose(colder, drawn({"temperature": 0.3}), atol=1e-6)


@pytest.mark.parametrize("part", ["noise_mean", "noise_1", "noise_2", "noise_4"])
def test_each_part_of_the_noise_has_a_temperature(drawn, part):
    assert np.abs(drawn({part: 0.5}) - drawn({})).max() > 0.005


def test_settings_are_numbers_of_their_kind(sampling):
    assert sampling["variation"](["sampling_steps", "4", "8"]) == ("sampling_steps", [4, 8])
    assert sampling["variation"](["temperature", "0.5"]) == ("temperature", [0.5])


@pytest.mark.parametrize(
    "words",
    [
        "sampling_steps",
        "sampling_steps 1.5",
        "sampling_steps 0",
        "width 3",
        "guidance_scale nan",
        "true_classes 50",
    ],
)
def test_other_settings_are_refused(sampling, words):
    with pytest.raises(UserError, match="Received: --vary " + words):
        sampling["variation"](words.split())


def test_nothing_is_measured_of_what_is_refused(sampling, monkeypatch):
    for words, received in (
        ("--samples 0", "--samples 0"),
        ("", "no --vary"),
        ("--model unet --vary sampling_steps 4", "--model unet, which follows no flow"),
        ("--vary sampling_steps 4 --vary temperature 1 3", "--temperature 3"),
        ("--vary guidance_scale 0.5", "--guidance-scale 0.5"),
    ):
        monkeypatch.setattr("sys.argv", ["sampling.py", *words.split()])
        with pytest.raises(UserError, match="Received: " + received):
            sampling["main"]()


def test_figures_are_means_over_samples(sampling, monkeypatch):
    pictures = np.zeros([4, 32, 32, 3], np.uint8)
    colored = pictures + np.uint8([[[200, 0, 0]]])
    names = sampling["measure"].__globals__
    monkeypatch.setitem(names, "recolor", lambda color, source: color)
    monkeypatch.setitem(names, "fooling_rate", lambda truth, recolored, *_: recolored.max() / 2)

    class LearnedMetrics:
        @staticmethod
        def judge(truth, labels, recolored, sizes):
            return {"metrics": {"top1": float(recolored.max())}}

    monkeypatch.setitem(names, "learned_metrics", LearnedMetrics)
    measured = sampling["measure"]([pictures, colored], ArraySource(colored))
    assert measured["top1"] == 100 and measured["fooling_4"] == 50
    np.testing.assert_allclose(measured["colorfulness_ratio"], 50, atol=1e-3)
