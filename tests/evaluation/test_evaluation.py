"""Tests of figures, references, samples, and of what a report holds."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from colorkeras import evaluation
from colorkeras.color.spaces import from_uint8, luma, rgb_to_chroma, to_uint8
from colorkeras.data import ArraySource, ImageDataset, load_dataset, pipeline
from colorkeras.data.degradations import DEGRADATIONS
from colorkeras.evaluation import REPORT_FILES
from colorkeras.evaluation.metrics import METRICS, SAMPLES, SAMPLES_PER_PICTURE, metrics_for
from colorkeras.evaluation.metrics.balance import UNIFORM_SHARE
from colorkeras.evaluation.training_colors import training_colors
from colorkeras.utils.errors import UserError

RED, GRAY = (255, 0, 0), (100, 100, 100)
NEED_NOTHING = set(metrics_for(32))
DETERMINISTIC = {name for name, metric in METRICS.items() if metric.needs != SAMPLES}


def plain(*colors, size=16):
    """A source of pictures of one color each."""
    return ArraySource(np.stack([np.full((size, size, 3), color, np.uint8) for color in colors]))


def dataset_of(images):
    return ImageDataset("tiny", "tiny pictures", lambda split: ArraySource(images))


def test_echo_of_red_and_gray_by_hand():
    figures = evaluation.evaluate(evaluation.grayscale_baseline, plain(RED, GRAY))
    # Red of luma 76.2 becomes (76, 76, 76); gray comes back as it was.
    squared_error = (179**2 + 76**2 + 76**2) / 3
    psnr = 10 * np.log10(255**2 / squared_error)
    assert figures["psnr_pooled"] == pytest.approx(psnr + 10 * np.log10(2), abs=1e-3)
    assert figures["psnr_mean"] == pytest.approx((psnr + 60) / 2, abs=1e-3)
    assert figures["mae"] == pytest.approx((179 + 76 + 76) / 3 / 2, abs=1e-3)
    # sRGB red has a* = 80.1 and b* = 67.2, gray has neither.
    assert figures["ab_rmse"] == pytest.approx(np.sqrt((80.1**2 + 67.2**2) / 2), abs=0.1)
    assert figures["colorfulness"] == 0


def test_references_by_hand():
    train, test = plain(RED, GRAY), plain(RED, GRAY, GRAY)
    dataset = ImageDataset("toys", "toys", {"train": train, "test": test}.get)
    conditions = evaluation.prepare(dataset, "test")
    assert list(conditions.references) == list(evaluation.REFERENCES)
    truth, grayscale_baseline, mean = (
        conditions.references[key] for key in ("truth", "grayscale_baseline", "mean_chroma")
    )
    assert set(truth) == set(grayscale_baseline) == set(mean) == DETERMINISTIC
    assert grayscale_baseline == evaluation.evaluate(
        evaluation.grayscale_baseline, test, prior=conditions.colors.prior
    )
    # Of one color: no deviation, and 0.3 times the distance from gray in opponent colors.
    assert truth["colorfulness"] == pytest.approx(0.3 * np.hypot(255, 127.5) / 3, abs=1e-3)
    assert truth["psnr_pooled"] == truth["psnr_mean"] == 60
    assert truth["auc_balanced"] == truth["colorfulness_ratio"] == 100
    assert (
        grayscale_baseline["colorfulness_ratio"] == 0 and grayscale_baseline["hue_distance"] == 180
    )
    # Everywhere half of red's chroma, which adds 89.4, -38.1, -38.1 to luma: half of red's own.
    assert mean["mae"] == pytest.approx((89.4 + 38.1 + 38.1) / 3, abs=0.3)


@pytest.mark.parametrize(("trained_on", "red", "gray"), [(RED, 1, 100), (GRAY, 100, 1)])
def test_pixels_are_weighed_by_the_prior_that_is_given(trained_on, red, gray):
    # Of 151 thresholds grayscale baseline hits 46 for red, all for gray.
    prior = training_colors(plain(trained_on)).prior
    figures = evaluation.evaluate(evaluation.grayscale_baseline, plain(RED, GRAY), prior=prior)
    expected = 100 * (red * 46 / 151 + gray) / (red + gray)
    assert figures["auc_balanced"] == pytest.approx(expected, rel=1e-4)


def test_colors_of_the_training_part():
    colors = training_colors(plain(RED, GRAY, GRAY, GRAY))
    np.testing.assert_allclose(colors.mean_chroma, [-0.16874 / 4, 0.5 / 4], atol=1e-4)
    expected = np.array([0.25, 0.75]) * (1 - UNIFORM_SHARE) + UNIFORM_SHARE / 2
    np.testing.assert_allclose(np.sort(colors.prior)[-2:], expected, rtol=1e-5)


def test_colors_of_the_training_part_do_not_depend_on_batches(crops, monkeypatch):
    whole = training_colors(ArraySource(crops))
    monkeypatch.setattr(pipeline, "PIXELS_PER_BATCH", 5 * 32 * 32)
    parts = training_colors(ArraySource(crops))
    np.testing.assert_array_equal(whole.prior, parts.prior)
    np.testing.assert_allclose(whole.mean_chroma, parts.mean_chroma, atol=1e-6)
    np.testing.assert_allclose(
        whole.mean_chroma,
        np.mean(rgb_to_chroma(tf.constant(crops / np.float32(255))), axis=(0, 1, 2)),
        atol=1e-6,
    )


@pytest.mark.parametrize("degradation", DEGRADATIONS)
def test_figures_do_not_depend_on_batches(degradation, crops, monkeypatch):
    whole = evaluation.evaluate(evaluation.grayscale_baseline, ArraySource(crops), degradation)
    monkeypatch.setattr(pipeline, "PIXELS_PER_BATCH", 5 * 32 * 32)
    parts = evaluation.evaluate(evaluation.grayscale_baseline, ArraySource(crops), degradation)
    assert parts == pytest.approx(whole, rel=1e-5)
    assert set(whole) == NEED_NOTHING


def test_each_picture_has_its_own_values():
    values = evaluation.evaluate_each(evaluation.grayscale_baseline, plain(GRAY, RED, GRAY))
    np.testing.assert_allclose(values["mae"], [0, (179 + 76 + 76) / 3, 0], atol=1e-3)
    assert set(values) == NEED_NOTHING


def test_pictures_smaller_than_its_window_have_no_ssim():
    assert "ssim" in evaluation.evaluate(evaluation.grayscale_baseline, plain(RED, size=11))
    assert NEED_NOTHING - set(
        evaluation.evaluate(evaluation.grayscale_baseline, plain(RED, size=10))
    ) == {"ssim"}


def test_sample_pictures_are_ten_different_ones_and_always_the_same():
    source = load_dataset("sample").test
    pictures = evaluation.sample_pictures(source)
    assert pictures.shape == (10, 32, 32, 3) and pictures.dtype == np.uint8
    np.testing.assert_array_equal(evaluation.sample_pictures(source), pictures)
    assert len(np.unique(pictures.reshape(10, -1), axis=0)) == 10


def test_a_source_of_few_pictures_gives_them_all(crops):
    np.testing.assert_array_equal(evaluation.sample_pictures(ArraySource(crops[:3])), crops[:3])


def test_color_pictures_shows_luma_beside_the_colored_output():
    truth = np.uint8([[[RED, GRAY]]])

    def color(grayscale):
        return tf.concat([grayscale, 2 * grayscale, 0 * grayscale], axis=-1)

    grayscale, prediction = evaluation.color_images(color, truth)
    np.testing.assert_array_equal(grayscale, [[[[76] * 3, [100] * 3]]])
    np.testing.assert_array_equal(prediction, [[[[76, 152, 0], [100, 200, 0]]]])
    assert grayscale.dtype == prediction.dtype == np.uint8


def test_report_measures_the_export_and_saves_figures_and_pictures(exports, crops, tmp_path):
    model = exports("skip_cnn").model
    conditions = evaluation.prepare(dataset_of(crops), "test")
    report = evaluation.report(model, conditions)
    source, prior = ArraySource(crops), conditions.colors.prior
    assert report.metrics["metrics"] == evaluation.evaluate(model.color, source, prior=prior)
    assert {key: report.metrics[key] for key in evaluation.REFERENCES} == conditions.references
    assert set(report.metrics["metrics"]) == set(report.metrics["intervals"]) == DETERMINISTIC
    for name in ("psnr_pooled", "ciede2000", "auc_balanced", "mean_chroma"):
        low, high = report.metrics["intervals"][name]
        assert low < report.metrics["metrics"][name] < high, name
    assert report.metrics["num_images"] == 16
    assert report.metrics["dataset"] == "tiny pictures, test"
    assert report.metrics["degradation"] == "none" and report.metrics["saturation"] == 1
    for table in report.table().split("\n\n"):
        rows = [line.split("  ")[0] for line in table.splitlines()[1:]]
        assert rows == [
            "skip_cnn",
            "grayscale baseline",
            "mean chroma",
            "ground truth",
        ]
    report.save(tmp_path)
    assert json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8")) == report.metrics
    with Image.open(tmp_path / "pictures.png") as image:
        pixels = np.asarray(image)
    assert pixels.shape == (3 * 32, 10 * 32, 3)
    np.testing.assert_array_equal(pixels[64:, :32], report.pictures["ground truth"][0])
    for file in ("samples.png", "worst.png"):
        with Image.open(tmp_path / file) as image:
            assert image.width > pixels.shape[1]
    # It does not tell how sure it is.
    assert report.metrics["calibration"] is None
    assert {path.name for path in tmp_path.iterdir()} == {*REPORT_FILES} - {"reliability.png"}


def test_figures_are_written_last(exports, crops, tmp_path, monkeypatch):
    report = evaluation.report(
        exports("skip_cnn").model, evaluation.prepare(dataset_of(crops), "test")
    )

    def fail(*_):
        raise OSError("no space")

    monkeypatch.setattr("colorkeras.utils.plots.save_rows", fail)
    with pytest.raises(OSError, match="no space"):
        report.save(tmp_path)
    assert not (tmp_path / "metrics.json").exists()


def test_worst_pictures_are_those_with_the_largest_color_errors(exports, crops):
    model = exports("skip_cnn").model
    report = evaluation.report(model, evaluation.prepare(dataset_of(crops), "test"))
    numbers, errors = report.metrics["worst"]["numbers"], report.per_image["ciede2000"]
    assert report.metrics["worst"]["ciede2000"] == sorted(errors.tolist(), reverse=True)[:10]
    np.testing.assert_array_equal(errors[numbers], report.metrics["worst"]["ciede2000"])
    np.testing.assert_array_equal(report.worst["ground truth"], crops[numbers])


def test_a_model_that_samples_shows_versions_and_its_reliability(exports, crops, tmp_path):
    model = exports("flow_unet").model
    report = evaluation.report(model, evaluation.prepare(dataset_of(crops), "test"))
    versions = [f"version {number}" for number in (2, 3, 4)]
    assert list(report.pictures) == ["grayscale", "prediction", "ground truth", *versions]
    shown = [report.pictures[name] for name in ("prediction", *versions)]
    for number, version in enumerate(shown[:-1]):
        assert (version != shown[number + 1]).any()
    # The first is what all figures but those of several samples see.
    numbers = evaluation.sample_numbers(ArraySource(crops))
    expected = model.color(luma(from_uint8(crops[numbers])), tf.constant(numbers, tf.int32))
    np.testing.assert_array_equal(shown[0], to_uint8(expected))
    assert set(report.metrics["calibration"]) == {"predicted", "observed", "factor"}
    report.save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*REPORT_FILES}
    with Image.open(tmp_path / "pictures.png") as image:
        assert image.height == 6 * 32


@pytest.mark.slow
def test_report_on_degraded_pictures_compares_with_the_truth(exports, crops):
    model, source = exports("skip_cnn").model, ArraySource(crops)
    report = evaluation.report(model, evaluation.prepare(dataset_of(crops), "test", "scan"))
    assert report.metrics["degradation"] == "scan"
    assert report.metrics["dataset"] == "tiny pictures, test, degraded: scan"
    # The grayscale baseline is still gray, with damaged luma.
    grayscale_baseline = report.metrics["grayscale_baseline"]
    assert grayscale_baseline["colorfulness"] == 0 and grayscale_baseline["luma_gradients"] < 0.97
    assert report.metrics["truth"]["luma_gradients"] == pytest.approx(1)
    luma_gradients = report.metrics["metrics"]["luma_gradients"]
    assert luma_gradients == pytest.approx(grayscale_baseline["luma_gradients"], abs=0.005)
    truth = evaluation.sample_pictures(source)
    np.testing.assert_array_equal(report.pictures["ground truth"], truth)
    degraded = DEGRADATIONS["scan"](truth / np.float32(255))
    shown = report.pictures["grayscale"]
    np.testing.assert_allclose(shown / 255, tf.repeat(degraded, 3, axis=-1), atol=0.51 / 255)
    colored = model.color(degraded)
    np.testing.assert_allclose(report.pictures["prediction"] / 255, colored, atol=0.51 / 255)


@pytest.mark.slow
def test_saturation_scales_chroma_and_keeps_luma(exports, crops):
    model = exports("skip_cnn").model
    conditions = evaluation.prepare(dataset_of(crops), "test")
    gray = evaluation.report(model, conditions, saturation=0.0)
    assert gray.metrics["saturation"] == 0
    assert gray.metrics["metrics"]["colorfulness"] == 0
    np.testing.assert_array_equal(gray.pictures["prediction"], gray.pictures["grayscale"])
    # Random weights make colors of full saturation, which has to be less to change.
    plain, muted = (evaluation.report(model, conditions, factor) for factor in (1.0, 0.5))
    assert muted.metrics["metrics"]["mean_chroma"] < 0.7 * plain.metrics["metrics"]["mean_chroma"]
    lumas = [luma(report.pictures["prediction"] / np.float32(255)) for report in (plain, muted)]
    np.testing.assert_allclose(*lumas, atol=1.01 / 255)
    assert "saturation 0.5" in evaluation.summary({"muted": muted})
    assert "saturation" not in evaluation.summary({"plain": plain})


def noisy(grayscale, seeds):
    """Colors each picture by its seed alone."""
    shape = tf.shape(grayscale)[1:]

    def draw(seed):
        return tf.random.stateless_uniform([shape[0], shape[1], 3], tf.stack([seed, 0]))

    return tf.map_fn(draw, seeds, fn_output_signature=tf.float32)


def test_every_picture_and_every_sample_has_a_seed_of_its_own(crops, monkeypatch):
    seen = []

    def color(grayscale, seeds):
        tf.py_function(lambda values: seen.append(values.numpy().tolist()), [seeds], [])
        return evaluation.grayscale_baseline(grayscale)

    monkeypatch.setattr(pipeline, "PIXELS_PER_BATCH", 10 * 32 * 32)
    evaluation.evaluate_each(color, ArraySource(crops), samples=True)
    expected = [
        [number + 16 * sample for number in numbers]
        for numbers in (range(10), range(10, 16))
        for sample in range(SAMPLES_PER_PICTURE)
    ]
    assert seen == expected
    seen.clear()
    evaluation.evaluate(color, ArraySource(crops))
    assert seen == [list(range(10)), list(range(10, 16))]


def test_figures_of_samples_do_not_depend_on_batches(crops, monkeypatch):
    whole = evaluation.evaluate_each(noisy, ArraySource(crops), samples=True)
    monkeypatch.setattr(pipeline, "PIXELS_PER_BATCH", 5 * 32 * 32)
    parts = evaluation.evaluate_each(noisy, ArraySource(crops), samples=True)
    for name in whole:
        np.testing.assert_allclose(whole[name], parts[name], rtol=1e-4, err_msg=name)


def test_report_of_a_model_that_samples(crops):
    metadata = {"name": "noise", "prediction": "rgb"}
    model = SimpleNamespace(metadata=metadata, color=noisy, samples=True, is_confident=False)
    conditions = evaluation.prepare(dataset_of(crops), "test")
    report = evaluation.report(model, conditions)
    figures, intervals = report.metrics["metrics"], report.metrics["intervals"]
    assert set(figures) == set(intervals) == set(METRICS)
    truth = crops.astype(np.float32)
    samples = [np.round(255 * noisy(truth[..., :1], tf.range(16) + 16 * s)) for s in range(8)]
    errors = [((truth - sample) ** 2).mean(axis=(1, 2, 3)) for sample in samples]
    expected = 10 * np.log10(255**2 / np.min(errors, axis=0).mean())
    assert figures["best_of_8"] == pytest.approx(expected, abs=1e-3)
    expected = 10 * np.log10(255**2 / errors[0].mean())
    assert figures["psnr_pooled"] == pytest.approx(expected, abs=1e-3)
    assert intervals["best_of_8"][0] < figures["best_of_8"] < intervals["best_of_8"][1]
    between = METRICS["ciede2000"].per_image(*map(tf.constant, samples[:2]))
    assert figures["diversity"] == pytest.approx(float(tf.reduce_mean(between)), rel=1e-4)
    # The pictures that are shown are those that were measured.
    numbers = evaluation.sample_numbers(conditions.source)
    np.testing.assert_array_equal(report.pictures["prediction"], samples[0][numbers])


def test_pictures_that_the_model_does_not_take_are_refused(exports):
    source = ArraySource(np.zeros((2, 16, 16, 3), np.uint8))
    with pytest.raises(UserError) as error:
        evaluation.check_image_size(exports("baseline").model, source)
    received, expected, fix = str(error.value).splitlines()
    assert "16 pixels" in received
    assert "32 pixels" in expected
    assert "--image-size" in fix
