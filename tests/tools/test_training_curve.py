"""Tests for the errors of photograph models during training."""

import json
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_committed_page_is_what_its_record_says():
    page = runpy.run_path(str(ROOT / "tools" / "training_curve.py"))["page"]
    target = ROOT / "results" / "studies" / "photo_training"
    record = json.loads(target.with_suffix(".json").read_text(encoding="utf-8"))
    assert target.with_suffix(".md").read_text(encoding="utf-8") == page(record)
