"""The models that come with colorkeras: there, small enough, and coloring as they always did."""

import json
from pathlib import Path

import numpy as np
import pytest
from golden.make import FOLDER, golden_strip
from PIL import Image

from colorkeras import export, shipped
from colorkeras.evaluation import format_value

pytestmark = pytest.mark.parametrize("name", shipped.SHIPPED)

MAX_BYTES = 12 * 10**6


def test_output_is_golden(name):
    with Image.open(FOLDER / f"{name}.png") as image:
        golden = np.asarray(image).astype(int)
    # Another processor sums in another order, which may turn a rounding by one level.
    np.testing.assert_allclose(golden_strip(name).astype(int), golden, atol=1)


def test_size(name):
    files = [path for path in shipped.resolve(name).rglob("*") if path.is_file()]
    assert files
    assert sum(path.stat().st_size for path in files) <= MAX_BYTES


def test_figures_and_card_are_those_of_this_very_model(name):
    folder = shipped.resolve(name)
    results = Path(__file__).resolve().parent.parent / "results" / name / "metrics.json"
    metrics = json.loads(results.read_text(encoding="utf-8"))
    assert metrics["model"] == export.read_metadata(folder)
    card = (folder / export.README_FILE).read_text(encoding="utf-8")
    for figure in ("psnr_pooled", "ciede2000", "colorfulness"):
        assert f"| {format_value(metrics['figures'][figure], figure)} |" in card


def test_bare_name_wins_over_a_folder_of_that_name(name, tmp_path, monkeypatch):
    (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    assert shipped.resolve(name).is_absolute()
    assert shipped.resolve(f"./{name}").resolve() == tmp_path / name
