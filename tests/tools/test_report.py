"""Tests for `tools/report.py`, which rebuilds docs/results.md and model cards."""

import json

import numpy as np
import pytest
import report
import report_plots
from PIL import Image

from colorkeras.export import bundled, metadata
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import RESULTS_BEGIN, RESULTS_END

MODEL = {
    "prediction": "rgb",
    "num_parameters": 1234,
    "epochs": 2,
    "minutes": 3.14,
    "device": "abacus",
    "precision": "float32",
    "loss": "mse",
    "batch_size": 8,
    "seed": 0,
}


def write_result(folder, name, psnr, prediction="rgb", dataset="toys, test"):
    metrics = {
        "dataset": dataset,
        "num_images": 4,
        "metrics": {"psnr_pooled": psnr, "ciede2000": 9.0, "colorfulness": 7.0},
        "grayscale_baseline": {"psnr_pooled": 20.0, "ciede2000": 11.0, "colorfulness": 0.0},
        "truth": {"colorfulness": 30.0},
        "model": {**MODEL, "prediction": prediction},
    }
    (folder / name).mkdir(parents=True)
    (folder / name / "metrics.json").write_text(json.dumps(metrics))
    # Three rows of four 2x2 images.
    pixels = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)
    Image.fromarray(pixels).save(folder / name / "images.png")
    return metrics


def test_results_are_sorted_by_prediction_then_psnr(tmp_path):
    write_result(tmp_path, "a", 23.0, "chroma")
    write_result(tmp_path, "b", 22.0)
    write_result(tmp_path, "c", 21.0)
    assert list(report.load_results(tmp_path)) == ["c", "b", "a"]


def test_adjusted_results_are_titled_by_their_adjustments(tmp_path):
    for change in ("saturation_1.8", "temperature_0.5", "saturation_2/temperature_1", "scan"):
        write_result(tmp_path / change, "a", 23.0)
    assert list(report.load_adjusted(tmp_path)) == [
        "a, saturation 1.8",
        "a, saturation 2, temperature 1",
        "a, temperature 0.5",
    ]


def test_adjusted_results_on_different_data_are_rejected(tmp_path):
    write_result(tmp_path, "a", 23.0, dataset="toys, test")
    write_result(tmp_path / "saturation_2", "a", 23.0, dataset="others, test")
    results, adjusted = report.load_results(tmp_path), report.load_adjusted(tmp_path)
    report.check_same_data(results)
    with pytest.raises(UserError, match="different data"):
        report.check_same_data({**results, **adjusted})


def test_results_on_different_data_are_rejected(tmp_path):
    write_result(tmp_path, "a", 23.0)
    write_result(tmp_path, "b", 22.0, dataset="others, test")
    with pytest.raises(UserError, match="different data"):
        report.load_results(tmp_path)


def test_empty_and_damaged_folders_are_rejected(tmp_path):
    with pytest.raises(UserError, match=r"no <name>/metrics\.json"):
        report.load_results(tmp_path)
    write_result(tmp_path, "a", 23.0)
    (tmp_path / "a" / "images.png").unlink()
    with pytest.raises(UserError, match=r"images\.png is missing or damaged"):
        report.load_results(tmp_path)


def test_comparison_plot_shows_every_variation(tmp_path, monkeypatch):
    write_result(tmp_path, "a", 23.0)
    write_result(tmp_path, "b", 24.0)
    rows = np.random.default_rng(0).integers(0, 256, (5, 2, 8, 3), np.uint8)
    Image.fromarray(rows.reshape(10, 8, 3)).save(tmp_path / "b" / "images.png")
    shown = {}
    monkeypatch.setattr(
        report_plots.plots, "save_comparison", lambda path, images, title: shown.update(images)
    )
    report_plots.save_comparison(tmp_path, report.load_results(tmp_path))
    assert list(shown) == ["a", "b", "b, variation 2", "b, variation 3"]
    np.testing.assert_array_equal(shown["b, variation 3"][1][1], rows[4, :, 2:4])


def test_split_strip_returns_rows_of_images(tmp_path):
    write_result(tmp_path, "a", 23.0)
    with Image.open(tmp_path / "a" / "images.png") as image:
        pixels = np.asarray(image)
    rows = report_plots.split_strip(tmp_path / "a" / "images.png", 4)
    assert rows.shape == (3, 4, 2, 2, 3)
    np.testing.assert_array_equal(rows[1, 2], pixels[2:4, 4:6])


def test_missing_markers_are_an_error_and_change_no_file(tmp_path):
    texts = {"README.md": f"{RESULTS_BEGIN}\nold\n{RESULTS_END}\n", "other.md": "nothing here\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match="add both lines"):
        report.write_sections({tmp_path / name: "new" for name in texts})
    assert {name: (tmp_path / name).read_text() for name in texts} == texts


def test_report_rebuilds_tables_plots_and_cards(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("docs/results.md", "card/README.md"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(f"kept\n{RESULTS_BEGIN}\nold\n{RESULTS_END}\nkept\n")
    metrics = write_result(tmp_path / "measured", "toy", 23.0)
    write_result(tmp_path / "measured" / "saturation_2", "toy", 22.0)
    monkeypatch.setattr(bundled, "BUNDLED_MODELS", {"toy": "unused", "not_measured": "unused"})
    monkeypatch.setattr(bundled, "resolve", lambda name: tmp_path / "card")
    monkeypatch.setattr(report, "read_metadata", lambda folder: {"name": "another"})
    with pytest.raises(UserError, match="a model named 'toy'"):
        report.main(["--results", "measured"])
    monkeypatch.setattr(report, "read_metadata", lambda folder: metrics["model"])
    report.main(["--results", "measured"])
    assert capsys.readouterr().out.startswith(
        "Models with CIFAR-10 results: 1. Updated files: docs/results.md, "
    )
    for name in ("docs/results.md", "card/README.md"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert text.startswith(f"kept\n{RESULTS_BEGIN}\n")
        assert text.endswith(f"\n{RESULTS_END}\nkept\n")
        assert "old" not in text and "PSNR, pooled (dB)" in text
    assert metadata.read_metrics(tmp_path / "card")["metrics"]["psnr_pooled"]["model"] == 23.0
    page = (tmp_path / "docs/results.md").read_text(encoding="utf-8")
    assert "toy, saturation 2" in page and "(../measured/comparison.png)" in page
    written = {path.name for path in (tmp_path / "measured").glob("*.png")}
    assert written == {"comparison.png", "color_error.png"}
