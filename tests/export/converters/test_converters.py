"""Tests that every registered converter must pass, and tests for shared code."""

import errno
import functools
import os
import sys
from dataclasses import replace

import numpy as np
import pytest

from colorkeras.export import converters
from colorkeras.export.converters import CONVERTERS, Converter
from colorkeras.utils.errors import UserError

MODELS = [
    ("skip_cnn", "chroma"),
    ("baseline", "rgb"),
    ("residual_unet", "bins"),
    ("hint_unet", "hinted_bins"),
    ("flow_unet", "velocity"),
]
"""One model of each type: regression, fixed size, distribution, hints and flow."""

every_model = pytest.mark.parametrize("model", MODELS, ids="-".join)


@pytest.fixture(params=CONVERTERS)
def kind(request):
    """Key of each converter whose packages are installed."""
    converter = CONVERTERS[request.param]
    for module in (*converter.requires, converter.runtime):
        pytest.importorskip(module, reason=f"pip install '{converter.package}'")
    return request.param


@pytest.fixture(scope="module")
def converted_file(exports, tmp_path_factory):
    """Function that converts one of `MODELS` with a converter; returns the export and the result.

    Each file is converted once.
    """

    @functools.cache
    def convert_once(model, kind):
        made = exports(*model)
        path = tmp_path_factory.mktemp("converted") / f"model{CONVERTERS[kind].suffix}"
        converted = converters.convert(made.folder, kind, path)
        assert converted.path == path
        return made, converted

    return convert_once


def grayscale_of(*size):
    return np.random.default_rng(0).random((*size, 1), np.float32)


def check_equal(path, kind, made, *size):
    """Assert that a converted file gives the same colors as the export at the given sizes."""
    grayscale = grayscale_of(*size)
    expected = made.model.color(grayscale).numpy()
    assert np.ptp(expected, axis=-1).max() > 0.05, "nearly gray"
    received = CONVERTERS[kind].open(path)(grayscale)
    assert received.dtype == np.float32
    np.testing.assert_allclose(received, expected, atol=converters.MAX_DIFFERENCE)


@every_model
def test_a_file_colors_as_the_export_does(model, kind, converted_file):
    made, converted = converted_file(model, kind)
    path = converted.path
    assert list(path.parent.iterdir()) == [path]
    assert converted.image_size == made.model.image_size
    assert (converted.max_size is not None) == made.objective.is_stochastic
    assert converted.difference <= converters.MAX_DIFFERENCE
    side = made.model.image_size
    sizes = [(1, 1, 1), (3, 33, 47), (2, 8, 60)] if side is None else [(1, side, side)]
    for size in sizes:
        check_equal(path, kind, made, *size)
    if converted.max_size is not None:
        # The stored noise does not cover larger images.
        side = converted.max_size + 32
        with pytest.raises(Exception, match=r"(?i)reshape"):
            CONVERTERS[kind].open(path)(np.zeros([1, side, side, 1], np.float32))


def test_a_file_takes_hints(kind, converted_file):
    made, converted = converted_file(("hint_unet", "hinted_bins"), kind)
    grayscale, hints = grayscale_of(2, 33, 47), np.zeros([2, 33, 47, 3], np.float32)
    hints[0, 10:14, 20:24] = (0.1, -0.1, 1)
    received = CONVERTERS[kind].open(converted.path)(grayscale, hints)
    expected = made.model.color(grayscale, hints=hints)
    np.testing.assert_allclose(received, expected, atol=converters.MAX_DIFFERENCE)
    assert np.abs(received - made.model.color(grayscale)).max() > 0.01


@pytest.mark.parametrize("model", [MODELS[0], MODELS[-1]], ids="-".join)
def test_a_file_of_one_size_colors_images_of_this_size(model, kind, exports, tmp_path):
    made = exports(*model)
    path = tmp_path / f"model{CONVERTERS[kind].suffix}"
    converted = converters.convert(made.folder, kind, path, image_size=23)
    assert (converted.image_size, converted.max_size) == (23, None)
    check_equal(path, kind, made, 1, 23, 23)
    check_equal(path, kind, made, 3, 23, 23)


def gray_converter():
    """Fake converter that writes empty files and has a runtime that outputs gray images."""

    def open_file(path):
        assert path.read_bytes() == b"empty"
        return lambda grayscale: np.repeat(grayscale, 3, axis=-1)

    def convert(function, path):
        assert function.input_signature[0].name == "grayscale"
        path.write_bytes(b"empty")

    return Converter("Gray", ".gray", "gray", (), "numpy", convert, open_file)


@pytest.fixture
def convert(exports, tmp_path, monkeypatch):
    """Function that calls `convert` with a fake converter and returns its result."""
    made = exports("skip_cnn")

    def run(converter, name="model.gray", **settings):
        monkeypatch.setitem(CONVERTERS, "gray", converter)
        return converters.convert(made.folder, "gray", tmp_path / name, **settings)

    return run


def refused(convert, *arguments, **settings):
    with pytest.raises(UserError) as error:
        convert(*arguments, **settings)
    received, expected, fix = str(error.value).splitlines()
    assert received.startswith("Received: ") and expected.startswith("Expected: ")
    assert fix.startswith("Fix: ")
    return str(error.value)


def test_a_file_that_colors_differently_replaces_nothing(convert, tmp_path):
    (tmp_path / "model.gray").write_text("kept")
    message = refused(convert, gray_converter())
    assert "the converted colors differ from the original ones by " in message
    assert [path.read_text() for path in tmp_path.iterdir()] == ["kept"]


def test_a_color_that_is_no_number_is_noticed_in_any_image(convert, monkeypatch):
    monkeypatch.setattr(converters, "MAX_DIFFERENCE", 1.0)

    def open_file(path):
        def color(grayscale):
            return np.repeat(grayscale, 3, axis=-1) * (np.nan if len(grayscale) == 1 else 1)

        return color

    assert convert(gray_converter()).difference > 1e-3
    assert "by nan" in refused(convert, replace(gray_converter(), open=open_file))


def test_a_file_that_nothing_runs_is_not_checked(convert, tmp_path):
    converted = convert(replace(gray_converter(), runtime="no_such_module"))
    assert converted.difference is None
    assert (tmp_path / "model.gray").read_bytes() == b"empty"


def test_what_a_converter_stumbles_over_is_explained(convert, tmp_path):
    def stumble(function, path):
        raise ValueError("no such\noperation")

    message = refused(convert, replace(gray_converter(), convert=stumble))
    assert "cannot be converted to Gray (no such operation)" in message
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_no_fault_of_the_model(convert):
    def stumble(function, path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space left"):
        convert(replace(gray_converter(), convert=stumble))


@pytest.mark.parametrize("name", [name for name, c in CONVERTERS.items() if c.requires])
def test_missing_packages_are_named(name, exports, tmp_path, monkeypatch):
    converter = CONVERTERS[name]
    monkeypatch.setitem(sys.modules, converter.requires[0], None)
    path = tmp_path / f"model{converter.suffix}"
    message = refused(converters.convert, exports("skip_cnn").folder, name, path)
    assert converter.requires[0] in message
    assert f"pip install '{converter.package}'" in message


@pytest.mark.parametrize("image_size", [-1, 0, 7, 1025])
def test_sizes_out_of_range_are_refused(image_size, convert):
    message = refused(convert, gray_converter(), image_size=image_size)
    assert f"--image-size {image_size}\n" in message and "at least 8 and at most 1024" in message


def test_what_does_not_exist_is_refused(convert, tmp_path):
    assert "format 'paper'" in refused(converters.convert, "unet", "paper", tmp_path / "a.paper")
    assert "the name 'model.png'" in refused(convert, gray_converter(), "model.png")
    path = tmp_path / "model.gray"
    assert "'missing'" in refused(converters.convert, "missing", "gray", path)
    assert not list(tmp_path.iterdir())


def test_another_size_than_the_only_one_is_refused(exports, tmp_path, monkeypatch):
    monkeypatch.setitem(CONVERTERS, "gray", gray_converter())
    message = refused(
        converters.convert, exports("baseline").folder, "gray", tmp_path / "a.gray", image_size=48
    )
    assert "48x48 pixels" in message and "32x32 pixels" in message
