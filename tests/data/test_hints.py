"""Tests for simulated hints."""

import numpy as np
import pytest

from colorkeras.color.spaces import rgb_to_chroma
from colorkeras.data import hints as hints_module
from colorkeras.data.hints import INEXACT, simulate_hints

KINDS = ["_add_points", "_add_strokes", "_add_inexact"]


def uniform_image(size=(48, 33), color=(200, 90, 30)):
    return np.full([*size, 3], color, np.uint8)


def image_of_two_colors():
    image = uniform_image((32, 32))
    image[:, 16:] = (30, 90, 200)
    return image


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(16, 16), (48, 33)])
def test_hints_have_the_color_of_the_image(kind, size):
    image = uniform_image(size)
    chroma = rgb_to_chroma(image[0, 0].astype(np.float32) / 255).numpy()
    for seed in range(20):
        hints = np.zeros(image.shape, np.float32)
        getattr(hints_module, kind)(hints, image, np.random.default_rng(seed))
        given = hints[..., 2] > 0
        np.testing.assert_array_equal(hints[~given], 0)
        inexact = kind == "_add_inexact"
        assert set(np.unique(hints[given][:, 2])) <= {INEXACT if inexact else 1.0}
        assert inexact or given.any()
        # Inexact hints contain noise with a standard deviation of at most 0.04.
        np.testing.assert_allclose(hints[given][:, :2] - chroma, 0, atol=0.25 if inexact else 1e-6)


def test_many_images_have_no_hints():
    generator = np.random.default_rng(0)
    maps = [simulate_hints(image_of_two_colors(), generator)[0] for _ in range(400)]
    assert 0.33 < np.mean([not hints.any() for hints in maps]) < 0.47
    masks = {float(value) for hints in maps for value in np.unique(hints[..., 2])}
    assert masks == {0.0, INEXACT, 1.0}


def test_hints_in_recolored_images_have_the_new_colors():
    image = image_of_two_colors()
    num_recolored = num_outside = 0
    for seed in range(60):
        hints, returned = simulate_hints(image, np.random.default_rng(seed))
        chroma = rgb_to_chroma(returned.astype(np.float32) / 255).numpy()
        changed = (returned != image).any(-1)
        if not changed.any():
            assert returned is image
            continue
        num_recolored += 1
        given = hints[..., 2] > 0
        assert (given & changed).any()
        np.testing.assert_array_equal(hints[given][:, 2], 1)
        np.testing.assert_allclose(hints[given][:, :2], chroma[given], atol=0.01)
        num_outside += (given & ~changed).any()
    assert 6 < num_recolored < 22 and num_outside


@pytest.mark.parametrize("size", [(2, 3), (48, 33)])
def test_an_image_without_a_region_gets_no_hints(size):
    image, hints = uniform_image(size), np.zeros([*size, 3], np.float32)
    assert hints_module._add_recolored(hints, image, np.random.default_rng(0)) is image
    assert not hints.any()


def test_strokes_stay_within_an_object():
    image = image_of_two_colors()
    chroma = rgb_to_chroma(image.astype(np.float32) / 255).numpy()
    for seed in range(20):
        hints = np.zeros(image.shape, np.float32)
        hints_module._add_strokes(hints, image, np.random.default_rng(seed))
        given = hints[..., 2] > 0
        np.testing.assert_allclose(hints[given][:, :2], chroma[given], atol=1e-5)


def test_the_same_seed_gives_the_same_hints():
    image = image_of_two_colors()
    maps = [
        [np.stack(simulate_hints(image, generator)) for _ in range(20)]
        for generator in (np.random.default_rng(7), np.random.default_rng(7))
    ]
    np.testing.assert_array_equal(*maps)
