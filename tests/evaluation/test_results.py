import json

import numpy as np
import pytest
from PIL import Image

from colorkeras.evaluation import results
from colorkeras.utils.errors import UserError

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


def write_result(folder, name, psnr, output="rgb", dataset="toys, test"):
    metrics = {
        "dataset": dataset,
        "num_images": 4,
        "metrics": {"psnr_pooled": psnr, "ssim": 0.5, "colorfulness": 7.0},
        "grayscale_baseline": {"psnr_pooled": 20.0, "ssim": 0.25, "colorfulness": 0.0},
        "truth": {"colorfulness": 30.0},
        "model": {**MODEL, "prediction": output},
    }
    (folder / name).mkdir()
    (folder / name / "metrics.json").write_text(json.dumps(metrics))
    # Three rows of four pictures of 2x2 pixels.
    Image.fromarray(np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)).save(
        folder / name / "pictures.png"
    )


def test_rows_are_ordered_by_output_then_quality(tmp_path):
    write_result(tmp_path, "a", 23.0, "chroma")
    write_result(tmp_path, "b", 22.0)
    write_result(tmp_path, "c", 21.0)
    assert list(results.load(tmp_path)) == ["c", "b", "a"]


def test_references_come_from_the_most_complete_file(tmp_path):
    write_result(tmp_path, "old", 23.0)
    write_result(tmp_path, "new", 24.0)
    file = tmp_path / "new" / "metrics.json"
    metrics = json.loads(file.read_text())
    metrics |= {"mean_chroma": {"mae": 11.0}, "truth": {"mae": 0.0, "colorfulness": 30.0}}
    file.write_text(json.dumps(metrics))
    rows = results.reference_rows(results.load(tmp_path))
    assert rows["*mean chroma*"] == {"mae": 11.0}
    assert rows["*ground truth*"] == {"mae": 0.0, "colorfulness": 30.0}


def test_bars_and_asterisks_keep_their_place_in_a_table():
    lines = results.markdown_table([["", "a*b*"], ["x|y", "1.00"]]).splitlines()
    assert lines == ["| model | a\\*b\\* |", "| --- | ---: |", "| x\\|y | 1.00 |"]


def test_a_table_of_other_things_names_them():
    first, *_ = results.markdown_table([["setting", "a"], ["steps", "1"]]).splitlines()
    assert first == "| setting | a |"


def test_comparison_figure(tmp_path):
    write_result(tmp_path, "a", 23.0)
    write_result(tmp_path, "b", 22.0)
    results.save_comparison(tmp_path, results.load(tmp_path))
    with Image.open(tmp_path / results.COMPARISON_FILE) as image:
        assert image.width > 100


def test_comparison_shows_every_version(tmp_path, monkeypatch):
    write_result(tmp_path, "a", 23.0)
    write_result(tmp_path, "b", 24.0)
    file = tmp_path / "b" / "pictures.png"
    rows = np.random.default_rng(0).integers(0, 256, (5, 2, 8, 3), np.uint8)
    Image.fromarray(rows.reshape(10, 8, 3)).save(file)
    shown = {}
    monkeypatch.setattr(
        results.figures, "save_comparison", lambda path, pictures, title: shown.update(pictures)
    )
    results.save_comparison(tmp_path, results.load(tmp_path))
    assert list(shown) == ["a", "b", "b, version 2", "b, version 3"]
    np.testing.assert_array_equal(shown["b, version 3"][1][1], rows[4, :, 2:4])


def test_adjusted_results_bear_what_was_changed(tmp_path):
    changes = ("saturation_1.8", "temperature_0.5", "saturation_2/temperature_1", "scan")
    for change in changes:
        (tmp_path / change).mkdir(parents=True)
        write_result(tmp_path / change, "a", 23.0)
    assert list(results.load_adjusted(tmp_path)) == [
        "a, saturation 1.8",
        "a, saturation 2, temperature 1",
        "a, temperature 0.5",
    ]


def test_adjusted_results_on_different_data_are_an_error(tmp_path):
    write_result(tmp_path, "a", 23.0, dataset="toys, test")
    (tmp_path / "saturation_2").mkdir()
    write_result(tmp_path / "saturation_2", "a", 23.0, dataset="others, test")
    measured, adjusted = results.load(tmp_path), results.load_adjusted(tmp_path)
    results.check_same_data(measured)
    with pytest.raises(UserError, match="different data"):
        results.check_same_data({**measured, **adjusted})


def test_strip_is_cut_into_pictures(tmp_path):
    write_result(tmp_path, "a", 23.0)
    with Image.open(tmp_path / "a" / "pictures.png") as image:
        pixels = np.asarray(image)
    rows = results._strip(tmp_path / "a" / "pictures.png", 4)
    assert rows.shape == (3, 4, 2, 2, 3)
    np.testing.assert_array_equal(rows[1, 2], pixels[2:4, 4:6])


def test_no_results_are_an_error(tmp_path):
    with pytest.raises(UserError, match=r"metrics\.json"):
        results.load(tmp_path)


def test_results_on_different_data_are_an_error(tmp_path):
    write_result(tmp_path, "a", 23.0)
    write_result(tmp_path, "b", 22.0, dataset="others, test")
    with pytest.raises(UserError, match="different data"):
        results.load(tmp_path)
