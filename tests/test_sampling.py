"""Tests of the page on what the settings of a flow bring."""

import json
import runpy
from pathlib import Path

import pytest

from colorkeras.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
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
        return {"setting": setting, "value": value, "figures": dict.fromkeys(FIGURES, value)}

    record = {"lines": [line("steps", 4), line("steps", 8), line("temperature", 0.5)]}
    assert sampling["curves"](record) == {
        "steps": {"names": ["4", "8"], **{name: [4, 8] for name in FIGURES}},
        "temperature": {"names": ["0.5"], **{name: [0.5] for name in FIGURES}},
    }


def test_committed_record_can_be_drawn(sampling, tmp_path):
    assert TARGET.with_suffix(".png").exists()
    sampling["draw"].__globals__["TARGET"] = tmp_path / "drawn"
    sampling["draw"](json.loads(TARGET.with_suffix(".json").read_text(encoding="utf-8")))
    assert (tmp_path / "drawn.png").exists()


def test_settings_are_numbers_of_their_kind(sampling):
    assert sampling["variation"](["steps", "4", "8"]) == ("steps", [4, 8])
    assert sampling["variation"](["temperature", "0.5"]) == ("temperature", [0.5])


@pytest.mark.parametrize("words", ["steps", "steps 1.5", "steps 0", "width 3", "guidance nan"])
def test_other_settings_are_refused(sampling, words):
    with pytest.raises(UserError, match="Received: --vary " + words):
        sampling["variation"](words.split())
