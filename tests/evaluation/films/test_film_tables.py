"""Tests for the tables of results on films."""

import pytest

pytest.importorskip("cv2", reason="requires the 'video' extra")

from colorkeras.evaluation.films.film_comparison import FRAME_BY_FRAME, STABLE, TRUTH
from colorkeras.evaluation.films.film_tables import film_table, missed_table

NAMES = ("warping_error", "color_drift", "psnr_pooled", "ciede2000", "colorfulness")

ROWS = {
    TRUTH: (1.0, 2.0, 60.0, 0.0, 50.0),
    FRAME_BY_FRAME: (4.0, 8.0, 21.32, 15.804, 40.0),
    STABLE: (2.0, 2.0, 21.31, 15.9, 39.0),
}

PAN = {
    "metrics": {title: dict(zip(NAMES, row, strict=True)) for title, row in ROWS.items()},
    "missed": ["psnr_pooled", "ciede2000"],
}


def cells(line):
    return [cell.strip() for cell in line.split("|")[1:-1]]


def test_each_film_has_a_row_for_each_colorization():
    header, _, *rows = map(cells, film_table({"pan": PAN, "zoom": PAN}).splitlines())
    assert len(header) == 2 + len(NAMES) and "PSNR" in header[4]
    assert [row[:2] for row in rows] == [
        [film, title] for film in ("pan", "zoom") for title in (TRUTH, FRAME_BY_FRAME, STABLE)
    ]
    assert float(rows[2][4]) == pytest.approx(21.31, abs=0.05)


def test_missed_targets_show_both_values():
    header, _, *rows = map(cells, missed_table({"pan": PAN}).splitlines())
    assert header[2:] == [FRAME_BY_FRAME, STABLE]
    assert [row[0] for row in rows] == ["pan", "pan"]
    assert float(rows[0][2]) > float(rows[0][3]) and float(rows[1][2]) < float(rows[1][3])


def test_no_missed_targets():
    assert missed_table({"pan": PAN | {"missed": []}}) == ""
