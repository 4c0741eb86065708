"""Tests for metric tables in the terminal and in Markdown."""

import re

import pytest

from colorkeras.evaluation.metric_tables import (
    SUMMARY_METRICS,
    WIDTH,
    column_title,
    format_groups,
    format_summary,
    markdown_table,
    metric_names,
    table_lines,
)
from colorkeras.evaluation.metrics import GROUPS, METRICS

ROWS = {
    "unet": {"psnr_pooled": 26.204, "ssim": 0.91234, "colorfulness": 21.0},
    "ground truth": {"colorfulness": 33.337},
}


def test_groups_have_units_and_blanks_for_missing_metrics():
    fidelity, colorfulness = format_groups(ROWS).split("\n\n")
    header, unet, truth = fidelity.splitlines()
    assert re.split("  +", header) == ["fidelity", "PSNR, pooled (dB)", "SSIM"]
    assert unet.split() == ["unet", "26.20", "0.912"]
    assert truth.split() == ["ground", "truth"]
    assert len(header) == len(unet) == len(truth)
    header, unet, truth = colorfulness.splitlines()
    assert re.split("  +", header) == ["colorfulness", "Colorfulness"]
    assert unet.split() == ["unet", "21.00"]
    assert truth.split() == ["ground", "truth", "33.34"]


@pytest.mark.parametrize("width", [60, 80, WIDTH])
def test_tables_of_all_metrics_fit_a_terminal(width):
    rows = {"saved_models/a_name/1": dict.fromkeys(METRICS, 99.999), "grayscale_baseline": {}}
    text = format_groups(rows, width)
    assert max(map(len, text.splitlines())) <= width
    tables = [table.splitlines() for table in text.split("\n\n")]
    titles = [title for header, *_ in tables for title in re.split("  +", header)[1:]]
    assert titles == list(map(column_title, METRICS))
    assert all(table[1].startswith("saved_models/a_name/1") for table in tables)
    assert {table[0].split()[0] for table in tables} == set(GROUPS)


def test_a_column_wider_than_the_terminal_has_its_own_table():
    header, *_ = format_groups(ROWS, width=5).splitlines()
    assert re.split("  +", header) == ["fidelity", "PSNR, pooled (dB)"]


def test_metric_names_are_sorted():
    assert metric_names(ROWS) == ["psnr_pooled", "ssim", "colorfulness"]
    assert metric_names(ROWS, "fidelity") == ["psnr_pooled", "ssim"]


def test_requested_columns_without_values_are_blank():
    assert table_lines({"a": {}}, ["mae"]) == [["", "MAE (/255)"], ["a", ""]]


def test_markdown_table_escapes_bars_and_asterisks():
    lines = markdown_table([["", "a*b*"], ["x|y", "1.00"]]).splitlines()
    assert lines == ["| model | a\\*b\\* |", "| --- | ---: |", "| x\\|y | 1.00 |"]


def test_markdown_table_keeps_a_header_for_the_first_column():
    first, *_ = markdown_table([["setting", "a"], ["steps", "1"]]).splitlines()
    assert first == "| setting | a |"


def test_summary_has_at_most_six_columns():
    rows = {"unet": dict.fromkeys(METRICS, 1.0), "ground truth": {}}
    header, *_ = format_summary(rows).splitlines()
    titles = re.split("  +", header.strip())
    assert titles == [column_title(name) for name in SUMMARY_METRICS]
    assert len(titles) + 1 <= 6
