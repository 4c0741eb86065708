"""Tests for the benchmark of single hints."""

import json
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_committed_page_is_what_its_record_says():
    page = runpy.run_path(str(ROOT / "benchmarks" / "single_hints.py"))["page"]
    target = ROOT / "results" / "studies" / "single_hints"
    record = json.loads(target.with_suffix(".json").read_text(encoding="utf-8"))
    assert target.with_suffix(".md").read_text(encoding="utf-8") == page(record)
