"""Tests for the test films."""

import numpy as np
import pytest

pytest.importorskip("cv2", reason="requires the 'video' extra")

from colorkeras.color.spaces_numpy import luma
from colorkeras.evaluation.films.moving_photographs import HEIGHT, WIDTH, make_films
from colorkeras.video.scenes import find_cuts


@pytest.mark.parametrize("name", make_films())
def test_films(name):
    film = make_films(16)[name]()
    assert film.shape == (16, HEIGHT, WIDTH, 3) and film.dtype == np.uint8
    np.testing.assert_array_equal(film, make_films(16)[name]())
    # Frames are in color and differ from each other.
    assert np.ptp(film, axis=-1).mean() > 10
    assert np.abs(np.diff(film.astype(int), axis=0)).mean((1, 2, 3)).min() > 0.3
    grays = np.rint(luma(film)[..., 0]).astype(np.uint8)
    assert list(find_cuts(grays)) == ([8] if name == "cut" else [])
