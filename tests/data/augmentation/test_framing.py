"""Tests for neutral borders around training images."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.data.augmentation import framing
from colorkeras.data.augmentation.framing import BLACK, FRAMED_SHARE, PAPER, PAPER_SHARE, frame
from colorkeras.data.stateless_random import Randomness

COLOR = (0.5, 0.2, 0.3)


def framed(monkeypatch, sizes, share=1.0, count=400, height=16, width=24):
    monkeypatch.setattr(framing, "SIZES", sizes)
    monkeypatch.setattr(framing, "FRAMED_SHARE", share)
    images = np.broadcast_to(np.float32(COLOR), [count, height, width, 3])
    return frame(tf.constant(images), Randomness(1, 2)).numpy()


def is_image(pixels):
    return np.abs(pixels - COLOR).max(-1) < 1e-5


def test_some_images_get_a_border_and_the_others_are_unchanged():
    images = np.random.default_rng(0).random([600, 8, 12, 3], np.float32)
    result = frame(tf.constant(images), Randomness(1, 2)).numpy()
    unchanged = np.abs(result - images).max((1, 2, 3)) < 1e-6
    assert 1 - unchanged.mean() == pytest.approx(FRAMED_SHARE, abs=0.05)


def test_borders_are_gray_paper_or_black(monkeypatch):
    result = framed(monkeypatch, (0.5, 0.5))
    borders = [image[~is_image(image)] for image in result]
    assert all(np.ptp(border) < 1e-5 for border in borders)
    grays = np.array([border[0, 0] for border in borders])
    paper = (grays >= PAPER[0]) & (grays <= PAPER[1])
    assert (paper | ((grays >= BLACK[0]) & (grays <= BLACK[1]))).all()
    assert paper.mean() == pytest.approx(PAPER_SHARE, abs=0.08)


def test_framed_images_have_their_size_and_lie_anywhere_inside(monkeypatch):
    result = is_image(framed(monkeypatch, (0.5, 0.5)))
    np.testing.assert_array_equal(result.sum((1, 2)), 8 * 12)
    rows, columns = result.any(2).argmax(1), result.any(1).argmax(1)
    assert (rows.min(), rows.max()) == (0, 8) and (columns.min(), columns.max()) == (0, 12)
    for image, row, column in zip(result, rows, columns, strict=True):
        assert image[row : row + 8, column : column + 12].all()


def test_shrinking_averages_pixels(monkeypatch):
    # Columns alternate between two values, so only their mean should remain.
    monkeypatch.setattr(framing, "SIZES", (0.4, 0.4))
    monkeypatch.setattr(framing, "FRAMED_SHARE", 1.0)
    images = np.tile(np.float32([0.2, 0.6])[:, np.newaxis], [20, 32, 16, 3]).reshape(20, 32, 32, 3)
    result = frame(tf.constant(images), Randomness(1, 2)).numpy()
    inside = result[(result > 0.15) & (result < 0.8)]
    assert np.median(np.abs(inside - 0.4)) < 0.05


def test_uniform_images_keep_their_color_at_any_size(monkeypatch):
    result = framed(monkeypatch, (0.4, 0.92))
    is_gray = np.ptp(result, axis=-1) < 1e-5
    assert (is_gray | is_image(result)).all()
