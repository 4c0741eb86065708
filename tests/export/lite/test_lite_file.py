"""Tests for the files that LiteRT models are assembled from."""

import zipfile

import numpy as np
import pytest

from colorkeras.export.checksums import CHECKSUMS_FILE
from colorkeras.export.lite import lite_file

RANDOM = np.random.default_rng(0)

SIGNATURE = {"endpoints": ["serving_default"]}


@pytest.fixture(params=["float32", "float16"])
def folder(request, tmp_path):
    """Folder with variables and with functions that embed them, transposed, in other bytes."""
    stored = RANDOM.standard_normal([3, 3, 8, 16]).astype(request.param)
    content = b"head" + stored.transpose(3, 0, 1, 2).astype(np.float32).tobytes() + b"tail"
    weight = {
        "target": 4,
        "function": None,
        "source": 10,
        "dtype": request.param,
        "shape": stored.shape,
        "axes": (3, 0, 1, 2),
    }
    for name in (lite_file.LITE_FILE, lite_file.VARIABLES_FILE):
        (tmp_path / name).parent.mkdir()
    (tmp_path / CHECKSUMS_FILE).write_text("{}")
    (tmp_path / lite_file.VARIABLES_FILE).write_bytes(bytes(10) + stored.tobytes())
    shared = {
        "target": 1,
        "function": "color",
        "source": 0,
        "dtype": "float32",
        "shape": [1],
        "axes": [0],
    }
    functions = {"color": (content, [weight]), "other": (b"_head_", [shared])}
    lite_file.write(tmp_path, SIGNATURE, functions)
    return tmp_path, content


def read(folder, name="color"):
    return lite_file.read_function(folder, lite_file.read_description(folder), name)


def test_reads_what_was_written(folder):
    folder, content = folder
    assert lite_file.read_description(folder)["signature"] == SIGNATURE
    assert read(folder) == content
    assert read(folder, "other") == b"_head_"


def test_weights_are_stored_once(folder):
    folder, content = folder
    with zipfile.ZipFile(folder / lite_file.LITE_FILE) as archive:
        assert archive.read("color.tflite") == b"head" + bytes(len(content) - 8) + b"tail"
        assert archive.read("other.tflite") == b"_" + bytes(4) + b"_"
    assert (folder / lite_file.LITE_FILE).stat().st_size < 1200 < len(content)


def test_equal_content_gives_equal_files(folder):
    folder, _ = folder
    before = (folder / lite_file.LITE_FILE).read_bytes()
    lite_file.write(folder, SIGNATURE, {"other": (b"abc", [])})
    assert (folder / lite_file.LITE_FILE).read_bytes() != before
    first = (folder / lite_file.LITE_FILE).read_bytes()
    lite_file.write(folder, SIGNATURE, {"other": (b"abc", [])})
    assert (folder / lite_file.LITE_FILE).read_bytes() == first


def test_other_weights_are_refused(folder):
    folder, _ = folder
    path = folder / lite_file.VARIABLES_FILE
    values = bytearray(path.read_bytes())
    values[100] ^= 1
    path.write_bytes(values)
    with pytest.raises(ValueError, match="does not match the weights"):
        read(folder)


def test_another_export_is_refused(folder):
    folder, _ = folder
    (folder / CHECKSUMS_FILE).write_text('{"saved_model.pb": "0"}')
    with pytest.raises(ValueError, match="another export"):
        read(folder)


def test_too_few_weights_are_refused(folder):
    folder, _ = folder
    path = folder / lite_file.VARIABLES_FILE
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(ValueError, match="buffer"):
        read(folder)


@pytest.mark.parametrize("position", [0.3, 0.6, 0.98])
def test_damage_is_refused(folder, position):
    folder, _ = folder
    path = folder / lite_file.LITE_FILE
    content = bytearray(path.read_bytes())
    start = int(position * len(content))
    content[start : start + 8] = b"damaged!"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"damaged|version|weights|line"):
        read(folder)


@pytest.mark.parametrize("text", ["[]", "3", "{}", '{"format_version": 2, "export": ""}'])
def test_incomplete_descriptions_are_refused(folder, text):
    folder, _ = folder
    with zipfile.ZipFile(folder / lite_file.LITE_FILE, "w") as archive:
        archive.writestr("description.json", text)
    with pytest.raises(ValueError, match=r"incomplete description\.json"):
        lite_file.read_description(folder)


def test_another_version_is_refused(folder, monkeypatch):
    folder, _ = folder
    monkeypatch.setattr(lite_file, "FORMAT_VERSION", 3)
    with pytest.raises(ValueError, match="has format_version 2"):
        read(folder)
