"""Tests for the content, files and tables of evaluation reports."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from colorkeras import evaluation
from colorkeras.color.spaces import from_uint8, luma, to_uint8
from colorkeras.data import ArraySource, ImageDataset
from colorkeras.evaluation import REPORT_FILES
from colorkeras.evaluation.degradations import DEGRADATIONS
from colorkeras.evaluation.metrics import METRICS, SAMPLES

DETERMINISTIC = {name for name, metric in METRICS.items() if metric.needs != SAMPLES}


def dataset_of(images):
    return ImageDataset("tiny", "tiny images", lambda split: ArraySource(images))


def noisy(grayscale, seeds):
    """Return random colors that depend only on the seed of each image."""
    shape = tf.shape(grayscale)[1:]

    def draw(seed):
        return tf.random.stateless_uniform([shape[0], shape[1], 3], tf.stack([seed, 0]))

    return tf.map_fn(draw, seeds, fn_output_signature=tf.float32)


def test_report_evaluates_the_export_and_saves_all_files(exports, crops, tmp_path):
    model = exports("skip_cnn").model
    setup = evaluation.prepare(dataset_of(crops), "test")
    report = evaluation.evaluate_model(model, setup)
    source, prior = ArraySource(crops), setup.statistics.prior
    assert report.metrics["metrics"] == evaluation.evaluate(model.color, source, prior=prior)
    assert {key: report.metrics[key] for key in evaluation.REFERENCES} == setup.references
    assert set(report.metrics["metrics"]) == set(report.metrics["intervals"]) == DETERMINISTIC
    for name in ("psnr_pooled", "ciede2000", "auc_balanced", "mean_chroma"):
        low, high = report.metrics["intervals"][name]
        assert low < report.metrics["metrics"][name] < high, name
    assert report.metrics["num_images"] == 16
    assert report.metrics["dataset"] == "tiny images, test"
    assert report.metrics["degradation"] == "none" and report.metrics["saturation"] == 1
    rows = [line.split("  ")[0] for line in report.table().splitlines()[1:]]
    assert rows == ["skip_cnn", "grayscale baseline", "mean chroma", "ground truth"]
    short, complete = (evaluation.summary({"m": report}, everything) for everything in (0, 1))
    assert "--all-metrics" in short and "Luma gradients" not in short
    assert "--all-metrics" not in complete and "Luma gradients" in complete
    assert short.splitlines()[0] == complete.splitlines()[0] == "tiny images, test: 16 images"
    report.save(tmp_path)
    assert json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8")) == report.metrics
    with Image.open(tmp_path / "images.png") as image:
        pixels = np.asarray(image)
    assert pixels.shape == (3 * 32, 10 * 32, 3)
    np.testing.assert_array_equal(pixels[64:, :32], report.images["ground truth"][0])
    for file in ("samples.png", "worst.png"):
        with Image.open(tmp_path / file) as image:
            assert image.width > pixels.shape[1]
    # This model does not predict its confidence.
    assert report.metrics["calibration"] is None
    assert {path.name for path in tmp_path.iterdir()} == {*REPORT_FILES} - {"reliability.png"}


def test_worst_images_are_those_with_the_largest_color_errors(exports, crops):
    model = exports("skip_cnn").model
    report = evaluation.evaluate_model(model, evaluation.prepare(dataset_of(crops), "test"))
    numbers, errors = report.metrics["worst"]["numbers"], report.per_image["ciede2000"]
    assert report.metrics["worst"]["ciede2000"] == sorted(errors.tolist(), reverse=True)[:10]
    np.testing.assert_array_equal(errors[numbers], report.metrics["worst"]["ciede2000"])
    np.testing.assert_array_equal(report.worst["ground truth"], crops[numbers])


@pytest.mark.slow
def test_degraded_input_is_compared_with_the_clean_truth(exports, crops):
    model, source = exports("skip_cnn").model, ArraySource(crops)
    report = evaluation.evaluate_model(model, evaluation.prepare(dataset_of(crops), "test", "scan"))
    assert report.metrics["degradation"] == "scan"
    assert report.metrics["dataset"] == "tiny images, test, degraded: scan"
    # The grayscale baseline is still gray, but with degraded luma.
    grayscale_baseline = report.metrics["grayscale_baseline"]
    assert grayscale_baseline["colorfulness"] == 0 and grayscale_baseline["luma_gradients"] < 0.97
    assert report.metrics["truth"]["luma_gradients"] == pytest.approx(1)
    luma_gradients = report.metrics["metrics"]["luma_gradients"]
    assert luma_gradients == pytest.approx(grayscale_baseline["luma_gradients"], abs=0.005)
    truth = evaluation.sample_images(source)
    np.testing.assert_array_equal(report.images["ground truth"], truth)
    degraded = DEGRADATIONS["scan"](truth / np.float32(255))
    shown = report.images["grayscale"]
    np.testing.assert_allclose(shown / 255, tf.repeat(degraded, 3, axis=-1), atol=0.51 / 255)
    colored = model.color(degraded)
    np.testing.assert_allclose(report.images["prediction"] / 255, colored, atol=0.51 / 255)


@pytest.mark.slow
def test_saturation_scales_chroma_and_keeps_luma(exports, crops):
    model = exports("skip_cnn").model
    setup = evaluation.prepare(dataset_of(crops), "test")
    gray = evaluation.evaluate_model(model, setup, saturation=0.0)
    assert gray.metrics["saturation"] == 0
    assert gray.metrics["metrics"]["colorfulness"] == 0
    np.testing.assert_array_equal(gray.images["prediction"], gray.images["grayscale"])
    # Random weights give clipped colors, so the factor must be below 1.
    plain, muted = (evaluation.evaluate_model(model, setup, factor) for factor in (1.0, 0.5))
    assert muted.metrics["metrics"]["mean_chroma"] < 0.7 * plain.metrics["metrics"]["mean_chroma"]
    lumas = [luma(report.images["prediction"] / np.float32(255)) for report in (plain, muted)]
    np.testing.assert_allclose(*lumas, atol=1.01 / 255)
    assert "saturation 0.5" in evaluation.summary({"muted": muted})
    assert "saturation" not in evaluation.summary({"plain": plain})


def test_report_of_a_sampling_model(crops):
    metadata = {"name": "noise", "prediction": "rgb"}
    model = SimpleNamespace(metadata=metadata, color=noisy, samples=True, is_confident=False)
    setup = evaluation.prepare(dataset_of(crops), "test")
    report = evaluation.evaluate_model(model, setup)
    metrics, intervals = report.metrics["metrics"], report.metrics["intervals"]
    assert set(metrics) == set(intervals) == set(METRICS)
    truth = crops.astype(np.float32)
    samples = [np.round(255 * noisy(truth[..., :1], tf.range(16) + 16 * s)) for s in range(8)]
    errors = [((truth - sample) ** 2).mean(axis=(1, 2, 3)) for sample in samples]
    expected = 10 * np.log10(255**2 / np.min(errors, axis=0).mean())
    assert metrics["best_of_8"] == pytest.approx(expected, abs=1e-3)
    expected = 10 * np.log10(255**2 / errors[0].mean())
    assert metrics["psnr_pooled"] == pytest.approx(expected, abs=1e-3)
    assert intervals["best_of_8"][0] < metrics["best_of_8"] < intervals["best_of_8"][1]
    between = METRICS["ciede2000"].per_image(*map(tf.constant, samples[:2]))
    assert metrics["diversity"] == pytest.approx(float(tf.reduce_mean(between)), rel=1e-4)
    # The report shows the evaluated samples.
    numbers = evaluation.sample_indices(setup.source)
    np.testing.assert_array_equal(report.images["prediction"], samples[0][numbers])


def test_metrics_are_written_last(exports, crops, tmp_path, monkeypatch):
    report = evaluation.evaluate_model(
        exports("skip_cnn").model, evaluation.prepare(dataset_of(crops), "test")
    )

    def fail(*_):
        raise OSError("no space")

    monkeypatch.setattr("colorkeras.utils.plots.save_rows", fail)
    with pytest.raises(OSError, match="no space"):
        report.save(tmp_path)
    assert not (tmp_path / "metrics.json").exists()


def test_a_sampling_model_shows_variations_and_a_reliability_diagram(exports, crops, tmp_path):
    model = exports("flow_unet").model
    report = evaluation.evaluate_model(model, evaluation.prepare(dataset_of(crops), "test"))
    variations = [f"variation {number}" for number in (2, 3, 4)]
    assert list(report.images) == ["grayscale", "prediction", "ground truth", *variations]
    shown = [report.images[name] for name in ("prediction", *variations)]
    for number, variation in enumerate(shown[:-1]):
        assert (variation != shown[number + 1]).any()
    # Most metrics use the first sample.
    numbers = evaluation.sample_indices(ArraySource(crops))
    expected = model.color(luma(from_uint8(crops[numbers])), tf.constant(numbers, tf.int32))
    np.testing.assert_array_equal(shown[0], to_uint8(expected))
    assert set(report.metrics["calibration"]) == {"predicted", "observed", "factor"}
    report.save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*REPORT_FILES}
    with Image.open(tmp_path / "images.png") as image:
        assert image.height == 6 * 32
