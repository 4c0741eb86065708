"""Tests for `Predictor`, the public interface to models."""

import dataclasses
import os
import re
from pathlib import Path

import numpy as np
import pytest
from hint_errors import mean_error
from PIL import Image

import colorkeras
from colorkeras.color.spaces import luma, rgb_to_chroma
from colorkeras.inference import predictor
from colorkeras.inference.color_hints import Hint, HintList
from colorkeras.inference.predictor import Predictor
from colorkeras.utils.errors import UserError


@pytest.fixture(scope="module")
def model():
    return colorkeras.load("unet")


@pytest.fixture(scope="module")
def vivid():
    return colorkeras.load("unet_vivid", render_size=32)


@pytest.fixture
def gray():
    """Smooth grayscale image, uint8 `[48, 40]`."""
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
        ([[1, 2], [3]], "list that cannot be converted to an array"),
        ("image.jpg", "dtype <U9"),
    ],
)
def test_what_is_no_image_is_refused(model, image, received):
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
    tmp_path.joinpath("b.jpg").write_text("no image")
    paths = [tmp_path / name for name in ("a.png", "b.jpg", "missing.png", "a.png")]
    found = list(model.colorize_many(map(os.fspath, paths), saturation=0.5))
    assert [result.path for result in found] == list(map(os.fspath, paths))
    assert [result.error is None for result in found] == [True, False, False, True]
    assert "b.jpg" in str(found[1].error) and found[1].image is None
    expected = model.colorize(gray, saturation=0.5)
    np.testing.assert_array_equal(found[3].image.pixels, expected)


def test_name_tells_the_version(model, hint_model, tmp_path, monkeypatch):
    assert model.name == model.recorded_name == "unet 1"
    monkeypatch.chdir(tmp_path)
    exported = dataclasses.replace(hint_model.exported, path=Path())
    assert Predictor(exported).name == f"stub {tmp_path.name}"
    assert re.fullmatch(r"stub 1 \([0-9a-f]{8}\)", hint_model.recorded_name)


def test_the_package_has_nothing_else():
    with pytest.raises(AttributeError, match="no attribute 'unload'"):
        colorkeras.unload  # noqa: B018


def mean_chroma(rgb):
    return rgb_to_chroma(rgb / np.float32(255)).numpy().mean((0, 1))


def test_vividness_hints_and_references_reach_the_endpoints(hint_model, gray):
    gray = gray // 2 + 60
    for vividness, expected in ((None, 0.05), (0, 0), (1, 0.1)):
        chroma = mean_chroma(hint_model.colorize(gray, vividness=vividness))
        assert chroma == pytest.approx([expected] * 2, abs=2 / 255)
    reference = np.full([500, 300, 3], (150, 120, 100), np.uint8)
    expected = mean_chroma(reference)
    for image in (reference, reference / 255, Image.fromarray(reference)):
        chroma = mean_chroma(hint_model.colorize(gray, reference=image))
        assert chroma == pytest.approx(expected, abs=2 / 255)


@pytest.mark.parametrize("saturation", [1.0, 0.5])
def test_hints_are_honored_at_full_resolution(hint_model, caplog, saturation):
    gray = (100 + 50 * np.random.default_rng(0).random([300, 200])).astype(np.uint8)
    hints = [Hint(50, 80, "#b05050", 20), Hint(150, 250, "#5050b0")]
    color = hint_model.colorize(gray, hints=hints, saturation=saturation)
    for hint in hints:
        assert mean_error(gray, color, hint, saturation=saturation) <= 3 / 255
    assert not caplog.records
    hint_model.colorize(gray, hints=[Hint(50, 80, "#ff0000")], saturation=saturation)
    assert bool(caplog.records) == (saturation == 1)


def test_variations_have_one_seed_each(hint_model, vivid, gray):
    first, *others = hint_model.variations(gray, 3, vividness=1.0)
    np.testing.assert_array_equal(first, hint_model.colorize(gray, vividness=1.0))
    np.testing.assert_array_equal(others[0], hint_model.colorize(gray, seed=1, vividness=1.0))
    assert (others[0] != others[1]).any()
    samples = vivid.variations(gray, 2, seed=3)
    np.testing.assert_array_equal(samples[1], vivid.colorize(gray, seed=4))


@pytest.mark.parametrize(
    ("settings", "received"),
    [
        ({"vividness": 1.1}, "vividness 1.1"),
        ({"vividness": "1"}, "vividness '1'"),
        ({"temperature": 0.5}, "temperature 0.5 for"),
        ({"hints": [Hint(40, 0, "#000000")]}, "40,0=#000000, which is outside the image of 40x48"),
        (
            {"hints": HintList([Hint(0, 0, "#000000")], (48, 40))},
            "48x40 pixels, applied to an image of 40x48",
        ),
        ({"hints": ["#000000"]}, "hints containing a str"),
        ({"hints": [Hint(0, 0, "#000000")], "seed": 1}, "hints with seed 1"),
        ({"reference": np.zeros([4, 4], np.uint8)}, "the reference, which is gray"),
        ({"reference": np.zeros([4], np.uint8)}, r"shape \[4\]"),
        (
            {"reference": np.eye(3, dtype=np.uint8)[np.newaxis] * 255, "seed": 1},
            "reference with seed 1",
        ),
        (
            {
                "reference": np.eye(3, dtype=np.uint8)[np.newaxis] * 255,
                "hints": [Hint(0, 0, "#000000")],
            },
            "hints with reference",
        ),
    ],
)
def test_invalid_hints_and_settings_are_refused(hint_model, gray, settings, received):
    with pytest.raises(UserError, match=received):
        hint_model.colorize(gray, **settings)


def test_models_without_hints_refuse_them(model, vivid, gray):
    for settings, received in (
        ({"vividness": 0.5}, "vividness 0.5 for"),
        ({"hints": [Hint(0, 0, "#000000")]}, "hints for"),
        ({"reference": np.eye(3, dtype=np.uint8)[np.newaxis] * 255}, "reference for"),
    ):
        for one in (model, vivid):
            with pytest.raises(UserError, match=received):
                one.colorize(gray, **settings)
    with pytest.raises(UserError, match=r"2 variations from .*unet/1', which has only one result"):
        model.variations(gray, 2)
    for count in (0, 101, "2"):
        with pytest.raises(UserError, match="count"):
            vivid.variations(gray, count)
