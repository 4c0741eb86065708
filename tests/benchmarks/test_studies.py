"""Tests for `benchmarks/studies.py` and the pages it generated."""

import json
import runpy
from pathlib import Path

import pytest

from colorkeras.evaluation.metrics import METRICS
from colorkeras.utils.errors import UserError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def studies():
    return runpy.run_path(str(ROOT / "benchmarks" / "studies.py"))


def run_with(value, degradation, seed):
    model = {
        "architecture": "unet",
        "batch_size": 128,
        "device": "a CPU",
        "epochs": 3,
        "git_commit": "abc",
        "loss": "mse",
        "precision": "float32",
        "seed": seed,
    }
    return {
        "dataset": "toys, test" + ("" if degradation == "none" else ", degraded"),
        "degradation": degradation,
        "num_images": 10_000,
        "metrics": dict.fromkeys(METRICS, value),
        "grayscale_baseline": dict.fromkeys(METRICS, 7.0),
        "truth": {"colorfulness": 30.0},
        "model": model,
    }


def test_page_shows_mean_range_references_and_protocol(studies):
    study = studies["STUDIES"]["scan"]
    records = [
        {
            "variant": variant,
            "degradation": degradation,
            "runs": [run_with(base + seed, degradation, seed) for seed in (0, 1, 3)],
        }
        for degradation, base in (("none", 1.0), ("scan", 11.0))
        for variant in study.variants
    ]
    page = studies["markdown"](study, records)
    assert study.question in page
    assert "means over seeds 0 / 1 / 3" in page and "3 epochs" in page
    assert "toys, test, 10,000 images" in page
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ")]
    assert [row[0].strip("| ") for row in rows[2:]] == 2 * [
        *(f"{variant}: mse" for variant in study.variants),
        "*grayscale baseline*",
        "*ground truth*",
    ]
    assert [row[1] for row in rows[2:]] == ["none"] * 4 + ["scan"] * 4
    assert rows[2][2] == "2.333 (3.000)" and rows[6][2] == "12.333 (3.000)"
    assert rows[4][2] == "7.000" and set(rows[5][2:]) >= {"30.000", ""}


@pytest.mark.parametrize("name", ["structure", "scan", "presets"])
def test_committed_pages_are_what_their_records_say(name, studies):
    target = ROOT / "results" / "studies" / name
    records = json.loads(target.with_suffix(".json").read_text(encoding="utf-8"))
    page = studies["markdown"](studies["STUDIES"][name], records)
    assert target.with_suffix(".md").read_text(encoding="utf-8") == page


def test_one_seed_has_no_range(studies):
    study = studies["STUDIES"]["scan"]
    runs = [run_with(1.0, "none", seed=0)]
    records = [{"variant": v, "degradation": "none", "runs": runs} for v in study.variants]
    page = studies["markdown"](study, records)
    assert "means" not in page and "1.000 (" not in page and "seed 0." in page


def test_metrics_that_a_variant_lacks_are_blank(studies):
    study = studies["STUDIES"]["presets"]
    runs = [run_with(1.0, "none", seed) for seed in (0, 1, 2)]
    fewer = [{**run, "metrics": {"psnr_pooled": 2.0}} for run in runs]
    records = [
        {"variant": "accurate", "degradation": "none", "runs": fewer},
        {"variant": "vivid", "degradation": "none", "runs": runs},
    ]
    lines = studies["markdown"](study, records).splitlines()
    (row,) = [line for line in lines if line.startswith("| accurate: mse")]
    assert row.count("2.000 (0.000)") == 1 and row.count("|  |") > 5


def test_exports_of_other_commits_and_lengths_are_trained_again(studies, tmp_path, monkeypatch):
    exports, names = {}, studies["train"].__globals__

    class SavedModel:
        @staticmethod
        def load(path):
            return type("Exported", (), {"metadata": exports[path.name]})

    monkeypatch.setitem(names, "saved_model", SavedModel)
    monkeypatch.setitem(names, "git_commit", lambda: "now")
    monkeypatch.setitem(names, "run_script", lambda *words: None)

    def trained(**metadata):
        number = str(len(exports) + 1)
        exports[number] = metadata
        (tmp_path / "mse_seed0" / number).mkdir(parents=True)
        return studies["train"]("--loss mse", 3, 0, tmp_path).name

    assert trained(epochs=3, git_commit="before") == "2"
    assert trained(epochs=2, git_commit="now") == "3"
    assert trained(epochs=3, git_commit="now") == "3"


def test_failures_are_explained(studies, monkeypatch, tmp_path):
    monkeypatch.setitem(studies["main"].__globals__, "REPOSITORY", tmp_path)
    with pytest.raises(UserError, match=r"missing\.py, which exited with status 2"):
        studies["run_script"]("missing.py")
    monkeypatch.setattr("sys.argv", ["studies.py", "--study", "scan", "--page-only"])
    with pytest.raises(UserError, match=r"no scan\.json yet"):
        studies["main"]()
