"""Tests for `benchmarks/sampling.py` and the page it generated."""

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
from colorkeras.utils.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "results" / "studies" / "sampling"
METRIC_NAMES = ("colorfulness_ratio", "fooling_4", "top1", "frechet")


@pytest.fixture
def sampling():
    return runpy.run_path(str(ROOT / "benchmarks" / "sampling.py"))


def test_committed_page_is_what_its_record_says(sampling):
    record = json.loads(TARGET.with_suffix(".json").read_text(encoding="utf-8"))
    assert TARGET.with_suffix(".md").read_text(encoding="utf-8") == sampling["markdown"](record)


def test_curves_join_the_values_of_a_setting(sampling):
    def line(setting, value):
        return {"setting": setting, "value": value, "metrics": dict.fromkeys(METRIC_NAMES, value)}

    record = {
        "lines": [line("sampling_steps", 4), line("sampling_steps", 8), line("temperature", 0.5)]
    }
    assert sampling["curves"](record) == {
        "sampling_steps": {"names": ["4", "8"], **{name: [4, 8] for name in METRIC_NAMES}},
        "temperature": {"names": ["0.5"], **{name: [0.5] for name in METRIC_NAMES}},
    }


def test_committed_record_can_be_drawn(sampling, tmp_path):
    assert TARGET.with_suffix(".png").exists()
    record = json.loads(TARGET.with_suffix(".json").read_text(encoding="utf-8"))
    sampling["draw"](record, tmp_path / "drawn.png")
    assert (tmp_path / "drawn.png").exists()


def test_a_share_of_the_images_is_conditioned_on_the_ground_truth_class(sampling):
    classes = []

    class Network:
        """Network that predicts class 9 for all images, and zero velocity."""

        def get_layer(self, name):
            return {ENCODER: self.encode, VELOCITY_NETWORK: self.velocity}[name]

        def encode(self, grayscale, training):
            features = tf.repeat(downsample_2x(grayscale), 2, axis=-1)
            logits = 9 * tf.one_hot(tf.fill([len(grayscale)], 9), NUM_CLASSES)
            return [features, features, logits]

        def velocity(self, inputs, training):
            classes.append(np.argmax(inputs[2], axis=-1))
            return tf.zeros_like(inputs[0])

    labels = np.arange(200) % 7 + 1
    indices = tf.constant([0, 59, 60, 100, 159, 160])
    for share in (0, 0.6, 1):
        settings = {
            "sampling_steps": 1,
            "flip_tta": True,
            **sampling["NOT_EXPORTED"],
            "true_classes": share,
        }
        color = sampling["colorizer"](Network(), labels, settings)
        color(tf.fill([6, 8, 8, 1], 0.5), indices)
    np.testing.assert_array_equal(classes[0], 9)
    np.testing.assert_array_equal(classes[1], [1, 4, 9, 3, 6, 9])
    np.testing.assert_array_equal(classes[2], labels[indices])


class ZeroVelocity:
    """Flow network with zero velocity and uniform class probabilities."""

    def get_layer(self, name):
        return {ENCODER: self.encode, VELOCITY_NETWORK: lambda inputs, training: 0 * inputs[0]}[
            name
        ]

    def encode(self, grayscale, training):
        features = tf.repeat(downsample_2x(grayscale), 2, axis=-1)
        return [features, features, tf.zeros([len(grayscale), NUM_CLASSES])]


@pytest.fixture
def drawn(sampling):
    """Function that returns two float32 noise images for given settings and sample index."""

    def draw(settings, sample=0):
        settings = sampling["NOT_EXPORTED"] | {"sampling_steps": 1, "temperature": 0.5} | settings
        color = sampling["colorizer"](ZeroVelocity(), np.zeros(2), settings, sample)
        return color(tf.fill([2, 8, 8, 1], 0.5), tf.range(2)).numpy()

    return draw


def test_samples_differ_and_are_reproducible(drawn):
    first, second, again = (drawn({}, sample) for sample in (0, 1, 1))
    np.testing.assert_array_equal(second, again)
    assert np.abs(first - second).max() > 0.01


def test_equal_temperatures_of_all_noise_parts_equal_the_overall_temperature(sampling, drawn):
    colder = drawn(dict.fromkeys(sampling["NOISE_PARTS"], 0.6))
    np.testing.assert_allclose(colder, drawn({"temperature": 0.3}), atol=1e-6)


@pytest.mark.parametrize("part", ["noise_mean", "noise_1", "noise_2", "noise_4"])
def test_each_part_of_the_noise_has_its_own_temperature(drawn, part):
    assert np.abs(drawn({part: 0.5}) - drawn({})).max() > 0.005


def test_values_have_the_type_of_their_setting(sampling):
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
def test_invalid_variations_are_rejected(sampling, words):
    with pytest.raises(UserError, match="Received: --vary " + words):
        sampling["variation"](words.split())


def test_invalid_options_are_rejected_before_measuring(sampling, monkeypatch):
    for words, received in (
        ("--samples 0", "--samples 0"),
        ("", "no --vary"),
        ("--model unet --vary sampling_steps 4", "--model unet, which is not a flow model"),
        ("--vary sampling_steps 4 --vary temperature 1 3", "--temperature 3"),
        ("--vary guidance_scale 0.5", "--guidance-scale 0.5"),
    ):
        monkeypatch.setattr("sys.argv", ["sampling.py", *words.split()])
        with pytest.raises(UserError, match="Received: " + received):
            sampling["main"]()


def test_metrics_are_means_over_samples(sampling, monkeypatch):
    truth = np.zeros([4, 32, 32, 3], np.uint8)
    colored = truth + np.uint8([[[200, 0, 0]]])
    names = sampling["measure"].__globals__
    monkeypatch.setitem(names, "recolor", lambda colorize, source: colorize)
    monkeypatch.setitem(names, "fooling_rate", lambda truth, recolored, *_: recolored.max() / 2)

    class LearnedMetrics:
        @staticmethod
        def compute(truth, labels, recolored, sizes):
            return {"metrics": {"top1": float(recolored.max())}}

    monkeypatch.setitem(names, "learned_metrics", LearnedMetrics)
    measured = sampling["measure"]([truth, colored], ArraySource(colored))
    assert measured["top1"] == 100 and measured["fooling_4"] == 50
    np.testing.assert_allclose(measured["colorfulness_ratio"], 50, atol=1e-3)
