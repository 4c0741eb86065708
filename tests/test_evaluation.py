"""Tests of figures, sample pictures and tables."""

import json
import re

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from colorkeras import evaluation
from colorkeras.data import ArraySource, ImageDataset, load_dataset
from colorkeras.degradations import DEGRADATIONS
from colorkeras.errors import UserError
from colorkeras.metrics import METRICS

RED, GRAY = (255, 0, 0), (100, 100, 100)


def plain(*colors, size=16):
    """A source of pictures of one color each."""
    return ArraySource(np.stack([np.full((size, size, 3), color, np.uint8) for color in colors]))


def dataset_of(images):
    return ImageDataset("tiny", "tiny pictures", lambda split: ArraySource(images))


def test_echo_of_red_and_gray_by_hand():
    figures = evaluation.evaluate(evaluation.echo, plain(RED, GRAY))
    # Red of luma 76.2 becomes (76, 76, 76); gray comes back as it was.
    squared_error = (179**2 + 76**2 + 76**2) / 3
    psnr = 10 * np.log10(255**2 / squared_error)
    assert figures["psnr_pooled"] == pytest.approx(psnr + 10 * np.log10(2), abs=1e-3)
    assert figures["psnr_mean"] == pytest.approx((psnr + 60) / 2, abs=1e-3)
    assert figures["mae"] == pytest.approx((179 + 76 + 76) / 3 / 2, abs=1e-3)
    # sRGB red has a* = 80.1 and b* = 67.2, gray has neither.
    assert figures["ab_rmse"] == pytest.approx(np.sqrt((80.1**2 + 67.2**2) / 2), abs=0.1)
    assert figures["colorfulness"] == 0
    # Of one color: no deviation, and 0.3 times the distance from gray in opponent colors.
    expected = 0.3 * np.hypot(255, 127.5) / 2
    references = evaluation.references(plain(RED, GRAY))
    assert references["truth"] == {"colorfulness": pytest.approx(expected, abs=1e-3)}
    assert references["echo"] == figures


@pytest.mark.parametrize("degradation", DEGRADATIONS)
def test_figures_do_not_depend_on_batches(degradation, crops, monkeypatch):
    whole = evaluation.evaluate(evaluation.echo, ArraySource(crops), degradation)
    monkeypatch.setattr(evaluation, "_PIXELS_PER_BATCH", 5 * 32 * 32)
    parts = evaluation.evaluate(evaluation.echo, ArraySource(crops), degradation)
    assert parts == pytest.approx(whole, rel=1e-5)
    assert set(whole) == set(METRICS)


def test_each_picture_has_its_own_values():
    values = evaluation.evaluate_each(evaluation.echo, plain(GRAY, RED, GRAY))
    np.testing.assert_allclose(values["mae"], [0, (179 + 76 + 76) / 3, 0], atol=1e-3)
    assert set(values) == set(METRICS)


def test_pictures_smaller_than_its_window_have_no_ssim():
    assert "ssim" in evaluation.evaluate(evaluation.echo, plain(RED, size=11))
    assert set(METRICS) - set(evaluation.evaluate(evaluation.echo, plain(RED, size=10))) == {"ssim"}


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

    grayscale, prediction = evaluation.color_pictures(color, truth)
    np.testing.assert_array_equal(grayscale, [[[[76] * 3, [100] * 3]]])
    np.testing.assert_array_equal(prediction, [[[[76, 152, 0], [100, 200, 0]]]])
    assert grayscale.dtype == prediction.dtype == np.uint8


def test_table_has_units_and_leaves_missing_figures_blank():
    rows = {
        "unet": {"psnr_pooled": 26.204, "ssim": 0.91234, "colorfulness": 21.0},
        "ground truth": {"colorfulness": 33.337},
    }
    header, unet, truth = evaluation.format_table(rows).splitlines()
    assert re.split("  +", header.strip()) == ["PSNR, pooled (dB)", "SSIM", "Colorfulness"]
    assert unet.split() == ["unet", "26.20", "0.912", "21.00"]
    assert truth.split() == ["ground", "truth", "33.34"]
    assert len(header) == len(unet) == len(truth)


def test_report_measures_the_export_and_saves_figures_and_pictures(exports, crops, tmp_path):
    model = exports("skip_cnn").model
    references = evaluation.references(ArraySource(crops))
    report = evaluation.report(model, dataset_of(crops), "test", references)
    assert report.metrics["figures"] == evaluation.evaluate(model.color, ArraySource(crops))
    assert report.metrics["echo"] == evaluation.evaluate(evaluation.echo, ArraySource(crops))
    assert report.metrics["num_pictures"] == 16
    assert report.metrics["dataset"] == "tiny pictures, test"
    assert report.metrics["degradation"] == "none"
    rows = [line.split("  ")[0] for line in report.table().splitlines()[1:]]
    assert rows == ["skip_cnn", "echo (grayscale input)", "ground truth"]
    report.save(tmp_path)
    assert json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8")) == report.metrics
    with Image.open(tmp_path / "pictures.png") as image:
        pixels = np.asarray(image)
    assert pixels.shape == (3 * 32, 10 * 32, 3)
    np.testing.assert_array_equal(pixels[64:, :32], report.pictures["ground truth"][0])
    with Image.open(tmp_path / "samples.png") as image:
        assert image.width > pixels.shape[1]


def test_report_on_degraded_pictures_compares_with_the_truth(exports, crops):
    model, source = exports("skip_cnn").model, ArraySource(crops)
    references = evaluation.references(source, "scan")
    report = evaluation.report(model, dataset_of(crops), "test", references, "scan")
    assert report.metrics["degradation"] == "scan"
    assert report.metrics["dataset"] == "tiny pictures, test, degraded: scan"
    # The echo is gray still, and of damaged luma, which this model keeps beside its chroma.
    echo = report.metrics["echo"]
    assert echo["colorfulness"] == 0 and echo["luma_gradients"] < 0.97
    luma_gradients = report.metrics["figures"]["luma_gradients"]
    assert luma_gradients == pytest.approx(echo["luma_gradients"], abs=0.005)
    truth = evaluation.sample_pictures(source)
    np.testing.assert_array_equal(report.pictures["ground truth"], truth)
    degraded = DEGRADATIONS["scan"](truth / np.float32(255))
    shown = report.pictures["grayscale"]
    np.testing.assert_allclose(shown / 255, tf.repeat(degraded, 3, axis=-1), atol=0.51 / 255)
    colored = model.color(degraded)
    np.testing.assert_allclose(report.pictures["prediction"] / 255, colored, atol=0.51 / 255)


def test_pictures_that_the_model_does_not_take_are_refused(exports):
    source = ArraySource(np.zeros((2, 16, 16, 3), np.uint8))
    with pytest.raises(UserError) as error:
        evaluation.check_image_size(exports("baseline").model, source)
    received, expected, fix = str(error.value).splitlines()
    assert "16 pixels" in received
    assert "32 pixels" in expected
    assert "--image-size" in fix
