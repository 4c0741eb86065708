"""Tests for recolored regions."""

import numpy as np
import pytest

from colorkeras.color.spaces_numpy import luma, rgb_to_chroma
from colorkeras.data.recolor import CELL, recolor_region

RED, BLUE = (150, 60, 60), (60, 60, 150)


def image_of_two_objects(size=(48, 64)):
    """Return an image with a red left third and a blue rest; both have some texture."""
    image = np.empty([*size, 3], np.int32)
    image[:] = BLUE
    image[:, : CELL * round(size[1] / 3 / CELL)] = RED
    image += np.random.default_rng(0).integers(-3, 4, [*size, 1])
    return image.astype(np.uint8)


def recolor(image, count=20):
    """Return the results for several seeds, without failures."""
    results = [recolor_region(image, np.random.default_rng(seed)) for seed in range(count)]
    found = [result for result in results if result]
    assert len(found) > 0.8 * count
    return found


def test_a_region_is_one_object():
    image = image_of_two_objects()
    red = image[..., 0] > image[..., 2]
    for recolored, region in recolor(image):
        # The blue object covers more than half of the image.
        np.testing.assert_array_equal(region, red)
        np.testing.assert_array_equal(recolored[~region], image[~region])


def test_a_region_is_connected():
    image = np.full([32, 64, 3], BLUE, np.uint8)
    image[:, :12] = image[:, -12:] = RED
    for _, region in recolor(image):
        assert region[:, :12].all() != region[:, -12:].all()


def test_recoloring_changes_the_mean_chroma_but_not_luma_or_texture():
    image = image_of_two_objects()
    colors = []
    for recolored, region in recolor(image):
        np.testing.assert_allclose(luma(recolored), luma(image), atol=1)
        chroma = rgb_to_chroma(recolored[region] / 255)
        assert np.ptp(chroma, axis=0).max() < 0.03
        colors.append(chroma.mean(axis=0))
    magnitudes = np.linalg.norm(colors, axis=1)
    assert magnitudes.min() > 0.02 and magnitudes.max() < 0.26
    assert (np.ptp(colors, axis=0) > 0.2).all()


@pytest.mark.parametrize("size", [(3, 9), (32, 32)])
def test_no_region_in_small_or_uniform_images(size):
    image = np.full([*size, 3], 90, np.uint8)
    assert recolor_region(image, np.random.default_rng(0)) is None


def test_pixels_beyond_the_last_cell_do_not_change():
    image = image_of_two_objects((51, 63))
    recolored, region = recolor(image)[0]
    assert region.any() and not region[48:].any() and not region[:, 60:].any()
    np.testing.assert_array_equal(recolored[~region], image[~region])
