"""Tests that models on LiteRT match their SavedModels."""

import numpy as np
import pytest

from colorkeras.export import bundled, runtime, saved_model
from colorkeras.export.lite import lite_file, lite_model
from colorkeras.utils.errors import UserError

RANDOM = np.random.default_rng(0)

SHAPES = [(1, 48, 32, 1), (2, 33, 47, 1), (1, 1, 1, 1)]

ONE_LEVEL = 1 / 255


@pytest.fixture(scope="module", params=bundled.BUNDLED_MODELS)
def models(request):
    """The same bundled model on LiteRT and on TensorFlow."""
    folder = bundled.resolve(request.param)
    if not (folder / lite_file.LITE_FILE).exists():
        pytest.skip("the model has no LiteRT file")
    lite, exported = runtime.load(folder), saved_model.load(folder)
    assert (lite.engine, exported.engine) == ("LiteRT", "TensorFlow")
    return lite, exported


def assert_equal(models, *arguments, **settings):
    lite, exported = (np.asarray(model.color(*arguments, **settings)) for model in models)
    assert lite.dtype == np.float32
    np.testing.assert_allclose(lite, exported, atol=ONE_LEVEL / 10)
    return lite


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_colors_are_those_of_the_saved_model(models, shape):
    rgb = assert_equal(models, RANDOM.random(shape, np.float32))
    assert rgb.shape == (*shape[:3], 3)


def test_each_seed_gives_the_colors_of_the_saved_model(models):
    if not models[0].samples:
        pytest.skip("the model does not sample")
    grayscale = np.tile(RANDOM.random([1, 40, 24, 1], np.float32), [3, 1, 1, 1])
    first, second, again = assert_equal(models, grayscale, seeds=[0, 2**31 - 1, 0])
    assert np.abs(first - second).max() > ONE_LEVEL
    np.testing.assert_allclose(first, again, atol=1e-6)


@pytest.mark.parametrize("temperature", [0.0, 1.5])
def test_each_temperature_gives_the_colors_of_the_saved_model(models, temperature):
    if not models[0].samples or models[0].has_vividness:
        pytest.skip("the model has no temperature")
    grayscale = RANDOM.random([1, 40, 24, 1], np.float32)
    assert_equal(models, grayscale, seeds=[4], temperature=temperature)


def test_hints_and_vividness_give_the_colors_of_the_saved_model(models):
    if not models[0].takes_hints:
        pytest.skip("the model does not support hints")
    grayscale = RANDOM.random([2, 40, 56, 1], np.float32)
    hints = np.zeros([2, 40, 56, 3], np.float32)
    hints[0, 10:14, 20:24] = 0.2, -0.1, 1.0
    plain = assert_equal(models, grayscale, vividness=0.9)
    hinted = assert_equal(models, grayscale, vividness=0.9, hints=hints)
    assert np.abs(plain - hinted)[0].max() > ONE_LEVEL


@pytest.mark.parametrize("size", [(40, 56), (300, 20)], ids=str)
def test_references_give_the_colors_of_the_saved_model(models, size):
    if not models[0].takes_hints:
        pytest.skip("the model does not support references")
    grayscale = RANDOM.random([1, 48, 33, 1], np.float32)
    reference = RANDOM.random([1, *size, 3], np.float32)
    plain = assert_equal(models, grayscale)
    colored = assert_equal(models, grayscale, reference=reference)
    assert np.abs(plain - colored).max() > ONE_LEVEL


def test_color_distributions_are_those_of_the_saved_model(models):
    if not models[0].takes_hints:
        pytest.skip("the model does not have this endpoint")
    grayscale = RANDOM.random([2, 40, 24, 1], np.float32)
    points = [[[0, 0], [23, 39]], [[10, 7], [3, 20]]]
    lite, exported = (model.color_distribution(grayscale, points) for model in models)
    assert lite[0].dtype == np.uint8 and lite[0].shape == (2, 2, 5, 3)
    np.testing.assert_allclose(lite[0], exported[0].astype(int), atol=1)
    np.testing.assert_allclose(lite[1], exported[1], atol=1e-4)


def test_models_with_hints_need_no_tensorflow(models, monkeypatch):
    model = models[0]
    if not model.takes_hints:
        pytest.skip("the model does not support hints")
    monkeypatch.setattr(lite_model, "_on_tensorflow", None)
    grayscale = np.zeros([1, 16, 16, 1], np.float32)
    model.color(grayscale, seeds=[1], vividness=0.2)
    model.color(grayscale, reference=np.ones([1, 16, 16, 3], np.float32))
    model.standard_deviation(grayscale)
    model.color_distribution(grayscale, [[[0, 0]]])


def test_properties_are_those_of_the_saved_model(models):
    names = ("endpoints", "image_size", "render_size", "max_scale", "samples", "is_confident")
    for name in (*names, "takes_hints", "has_vividness", "metadata", "path"):
        assert getattr(models[0], name) == getattr(models[1], name)


def test_uncertainty_is_that_of_the_saved_model(models):
    if not models[0].is_confident:
        pytest.skip("the model does not predict a distribution")
    grayscale = RANDOM.random([1, 24, 16, 1], np.float32)
    lite, exported = (model.standard_deviation(grayscale) for model in models)
    assert lite.shape == (1, 24, 16, 1)
    np.testing.assert_allclose(lite, exported, atol=1e-3)


def test_a_temperature_is_refused_as_for_the_saved_model(models):
    for model in models:
        with pytest.raises(UserError, match="temperature"):
            model.color(np.zeros([1, 8, 8, 1], np.float32), temperature=2.0)


def test_the_file_is_a_small_part_of_the_model(models):
    folder = models[0].path
    stored = (folder / lite_file.VARIABLES_FILE).stat().st_size
    assert (folder / lite_file.LITE_FILE).stat().st_size < 0.12 * stored


def test_prepared_distribution_needs_no_file(models, monkeypatch):
    lite, _ = models
    lite.prepare_distribution()
    if not lite.takes_hints:
        return
    monkeypatch.setattr(lite_file, "read_function", lambda *arguments: 1 / 0)
    colors, _ = lite.color_distribution(RANDOM.random([1, 8, 8, 1], np.float32), [[[1, 1]]])
    assert colors.shape == (1, 1, 5, 3)
