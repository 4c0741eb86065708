"""Tests of models as people call them."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import colorkeras
from colorkeras.color.spaces import luma
from colorkeras.inference import predictor
from colorkeras.utils.errors import UserError


@pytest.fixture(scope="module")
def model():
    return colorkeras.load("unet")


@pytest.fixture(scope="module")
def vivid():
    return colorkeras.load("unet_vivid", render_size=32)


@pytest.fixture
def gray():
    """Smooth levels, uint8 `[48, 40]`."""
    return np.add.outer(np.arange(48), np.arange(40)).astype(np.uint8) + 60


def luma_of(rgb):
    scale = 1 if np.issubdtype(rgb.dtype, np.floating) else np.iinfo(rgb.dtype).max
    return luma(rgb.astype(np.float64) / scale).numpy()[..., 0]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", ["gray", "one channel", "rgb"])
def test_arrays_give_arrays_of_their_kind(model, gray, dtype, shape):
    whole = np.issubdtype(dtype, np.integer)
    image = (gray.astype(np.uint16) * 257).astype(dtype) if dtype == np.uint16 else None
    image = (gray if whole else gray / 255).astype(dtype) if image is None else image
    image = {
        "gray": image,
        "one channel": image[..., np.newaxis],
        "rgb": np.repeat(image[..., np.newaxis], 3, axis=-1),
    }[shape]
    color = model.colorize(image)
    assert color.dtype == dtype and color.shape == (48, 40, 3)
    tolerance = {np.uint8: 0.51 / 255, np.float16: 1e-3}.get(dtype, 1e-4)
    np.testing.assert_allclose(luma_of(color), gray / 255, atol=tolerance)
    assert np.ptp(color.astype(np.float64), axis=-1).max() > 0


def test_images_of_pillow_give_such_images(model, gray):
    for mode in ("1", "L", "P", "RGB", "CMYK", "I;16"):
        image = Image.fromarray(gray)
        image = Image.fromarray(gray.astype(np.uint16) * 257) if mode == "I;16" else image
        color = model.colorize(image if mode in ("L", "I;16") else image.convert(mode))
        assert (color.mode, color.size) == ("RGB", (40, 48)), mode
    expected = model.colorize(gray)
    np.testing.assert_array_equal(np.asarray(model.colorize(Image.fromarray(gray))), expected)


def test_transparency_is_kept(model, gray):
    image = Image.fromarray(gray)
    image.putalpha(Image.fromarray(gray[::-1]))
    color = model.colorize(image)
    assert color.mode == "RGBA"
    np.testing.assert_array_equal(np.asarray(color.getchannel("A")), gray[::-1])


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (3, 2), (300, 7)])
def test_odd_sizes(model, size):
    assert model.colorize(np.full(size, 128, np.uint8)).shape == (*size, 3)


def test_models_of_one_size_color_any(exports):
    model = predictor.Predictor(exports("baseline").model)
    assert model.colorize(np.full([50, 70], 128, np.uint8)).shape == (50, 70, 3)


def test_the_same_seed_gives_the_same_version(vivid, gray):
    one, again, other = (vivid.colorize(gray, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one.astype(int) - other).max() > 5


def test_temperature_and_saturation(vivid, gray):
    paler = vivid.colorize(gray, saturation=0.5).astype(int)
    assert np.ptp(paler, axis=-1).mean() < 0.7 * np.ptp(vivid.colorize(gray), axis=-1).mean()
    cold = [vivid.colorize(gray, seed=seed, temperature=0.0) for seed in (0, 1)]
    np.testing.assert_array_equal(*cold)
    with pytest.raises(UserError, match="temperature 2"):
        vivid.colorize(gray, temperature=2.0)


@pytest.mark.parametrize(
    ("image", "received"),
    [
        (np.zeros([4, 4, 4], np.uint8), r"shape \[4, 4, 4\]"),
        (np.zeros([0, 4], np.uint8), r"shape \[0, 4\]"),
        (np.zeros([4], np.uint8), r"shape \[4\]"),
        (np.zeros([4, 4], np.int64), "dtype int64"),
        (np.full([4, 4], 1.5), r"values in \[1.5, 1.5\]"),
        (np.full([4, 4], np.nan), r"values in \[nan, nan\]"),
        (np.zeros([4, 4], np.longdouble), "dtype float128|dtype longdouble"),
        ([[1, 2], [3]], "list that is not an array"),
        ("picture.jpg", "dtype <U11"),
    ],
)
def test_what_is_no_picture_is_refused(model, image, received):
    with pytest.raises(UserError, match=received):
        model.colorize(image)


@pytest.mark.parametrize(
    ("setting", "received"),
    [
        ({"saturation": -1}, "saturation -1"),
        ({"saturation": float("nan")}, "saturation nan"),
        ({"seed": -1}, "seed -1"),
        ({"seed": 2**31}, "seed 2147483648"),
        ({"seed": 1.5}, "seed 1.5"),
        ({"seed": True}, "seed True"),
        ({"saturation": None}, "saturation None"),
        ({"temperature": "1"}, "temperature '1'"),
    ],
)
def test_settings_out_of_range_are_refused(model, vivid, gray, setting, received):
    for one in (model, vivid):
        with pytest.raises(UserError, match=received):
            one.colorize(gray, **setting)
        with pytest.raises(UserError, match=received):
            one.colorize_many([], **setting)


@pytest.mark.parametrize("render_size", [7, 5000, float("nan"), "96"])
def test_render_size_out_of_range_is_refused(render_size):
    with pytest.raises(UserError, match="render_size"):
        colorkeras.load("unet", render_size=render_size)


def test_many_files_are_an_iterable_of_paths_for_some_workers(model):
    for paths in ("a.jpg", b"a.jpg", Path("a.jpg")):
        with pytest.raises(UserError, match="the path"):
            model.colorize_many(paths)
    with pytest.raises(UserError, match="num_workers 0"):
        model.colorize_many([], num_workers=0)


def test_many_files_give_results_and_errors_in_order(model, gray, tmp_path):
    Image.fromarray(gray).save(tmp_path / "a.png")
    tmp_path.joinpath("b.jpg").write_text("no picture")
    paths = [tmp_path / name for name in ("a.png", "b.jpg", "missing.png", "a.png")]
    found = list(model.colorize_many(map(os.fspath, paths), saturation=0.5))
    assert [result.path for result in found] == list(map(os.fspath, paths))
    assert [result.error is None for result in found] == [True, False, False, True]
    assert "b.jpg" in str(found[1].error) and found[1].image is None
    expected = model.colorize(gray, saturation=0.5)
    np.testing.assert_array_equal(found[3].image.pixels, expected)


def test_name_tells_the_version(model):
    assert model.name == "unet 1"


def test_the_package_has_nothing_else():
    with pytest.raises(AttributeError, match="no attribute 'unload'"):
        colorkeras.unload  # noqa: B018
