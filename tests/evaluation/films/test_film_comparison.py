"""Tests for the comparison of colorized films."""

import numpy as np
import pytest

pytest.importorskip("cv2", reason="requires the 'video' extra")

import colorkeras
from colorkeras.evaluation.films.film_comparison import (
    FILM_METRICS,
    FRAME_BY_FRAME,
    STABLE,
    TRUTH,
    FilmComparison,
    compare_colorings,
    measure,
)
from colorkeras.evaluation.films.moving_photographs import make_films


def test_comparison_of_a_film_with_a_cut():
    film = make_films(16)["cut"]()[:, ::2, ::2]
    comparison = compare_colorings(colorkeras.load("unet"), film, 25)
    assert comparison.cuts == [8]
    assert list(comparison.metrics) == [TRUTH, FRAME_BY_FRAME, STABLE]
    for row in comparison.metrics.values():
        assert list(row) == list(FILM_METRICS)
    for colored in comparison.colored.values():
        assert colored.shape == film.shape and colored.dtype == np.uint8
    errors = {title: row["warping_error"] for title, row in comparison.metrics.items()}
    assert errors[STABLE] < 0.7 * errors[FRAME_BY_FRAME]
    assert comparison.metrics[TRUTH]["psnr_pooled"] == 60


def test_temporal_metrics_ignore_cuts():
    film = make_films(32)["pan"]()[:8, ::2, ::2]
    both = np.concatenate([film, film[::-1, ::-1]])
    scenes = [slice(0, 8), slice(8, 16)]
    whole, parts = (measure(both, both, where) for where in ([slice(0, 16)], scenes))
    assert parts["warping_error"] < 0.7 * whole["warping_error"]


def rows(truth, single, stable):
    names = ("warping_error", "psnr_pooled", "ciede2000", "colorfulness")
    values = {TRUTH: truth, FRAME_BY_FRAME: single, STABLE: stable}
    return FilmComparison(
        [], {}, {title: dict(zip(names, row, strict=True)) for title, row in values.items()}
    )


@pytest.mark.parametrize(
    ("stable", "missed"),
    [
        ((2.0, 20.0, 9.0, 38.0), []),
        ((2.1, 20.0, 9.0, 38.0), ["warping_error"]),
        ((2.0, 19.9, 9.1, 37.9), ["colorfulness", "psnr_pooled", "ciede2000"]),
    ],
)
def test_targets(stable, missed):
    comparison = rows((1.0, 60.0, 0.0, 50.0), (4.0, 20.0, 9.0, 40.0), stable)
    assert comparison.max_warping_error == 2.0
    assert comparison.missed == missed


def test_limit_depends_on_the_truth():
    assert rows((2.0, 60, 0, 50), (1, 20, 9, 40), (2, 20, 9, 40)).max_warping_error == 2.6
