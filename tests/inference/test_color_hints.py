"""Tests for hints and hints files."""

import json
from pathlib import Path

import pytest

import colorkeras
from colorkeras.inference.color_hints import HintList, parse_hint
from colorkeras.utils.errors import UserError

VALID = {
    "version": 1,
    "width": 80,
    "height": 60,
    "hints": [
        {"x": 42, "y": 31, "color": "#7a1f2b", "radius": 8},
        {"x": 0, "y": 0, "color": "#000000"},
    ],
}


def written(folder, content):
    path = Path(folder, "hints.json")
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_files_keep_hints(tmp_path):
    hints = [colorkeras.Hint(42, 31.5, "#7A1F2B", 8), colorkeras.Hint(0, 0, "#8fb4d9", time=1.5)]
    path = tmp_path / "hints.json"
    colorkeras.write_hints(path, hints, 80, 60)
    read = colorkeras.read_hints(path)
    assert read == HintList(hints, (80, 60))
    assert set(json.loads(path.read_text())["hints"][1]) == {"x", "y", "color", "time"}
    assert read.digest == HintList(hints).digest != HintList(hints[:1]).digest


def test_files_may_begin_with_a_byte_order_mark(tmp_path):
    path = written(tmp_path, "\ufeff" + json.dumps(VALID))
    assert colorkeras.read_hints(path).size == (80, 60)


def test_the_default_radius_depends_on_the_image():
    hint = colorkeras.Hint(0, 0, "#000000")
    assert [hint.radius_for(*size) for size in ((100, 50), (3000, 4000))] == [2, 40]
    assert colorkeras.Hint(0, 0, "#000000", 7).radius_for(3000, 4000) == 7


@pytest.mark.parametrize(
    ("changes", "received"),
    [
        ({"x": -1}, "x -1"),
        ({"x": float("nan")}, "x nan"),
        ({"y": "3"}, "y '3'"),
        ({"y": True}, "y True"),
        ({"color": "red"}, "color red"),
        ({"color": "#7a1f2"}, "color '#7a1f2'"),
        ({"color": None}, "color None"),
        ({"radius": 0.5}, "radius 0.5"),
        ({"radius": float("inf")}, "radius inf"),
        ({"time": -1}, "time -1"),
    ],
)
def test_invalid_hints_are_refused(changes, received):
    with pytest.raises(UserError, match=f"a hint with {received}"):
        colorkeras.Hint(**{"x": 1, "y": 1, "color": "#000000", **changes})


def test_other_objects_are_no_hints():
    with pytest.raises(UserError, match="hints containing a tuple"):
        HintList([(1, 2, "#000000")])


@pytest.mark.parametrize("text", ["", "1", "1,2", "1=#000000", "1,2,3=#000000", "a,2=#000000"])
def test_invalid_options_are_refused(text):
    with pytest.raises(UserError, match="hint"):
        parse_hint(text)


@pytest.mark.parametrize(
    ("content", "received"),
    [
        ("", "not a hints file"),
        ("[]", "expected an object, got list"),
        ("[" * 100_000, "not a hints file"),
        ({**VALID, "version": 2}, "version 2"),
        ({**VALID, "width": 0}, "width 0"),
        ({**VALID, "width": "80"}, "width '80'"),
        ({**VALID, "hints": {}}, "not a list"),
        ({**VALID, "hints": [1]}, "expected an object, got int"),
        ({**VALID, "hints": [{"x": 1, "y": 1}]}, "missing: color"),
        ({**VALID, "hints": [{"x": 1, "y": 1, "color": "#000000", "z": 1}]}, "unknown: z"),
        ({**VALID, "hints": [{"x": 1, "y": 1, "color": "blue"}]}, "color blue"),
        (
            {**VALID, "hints": [{"x": 80, "y": 1, "color": "#000000"}]},
            "1=#000000, which is outside",
        ),
        ({key: VALID[key] for key in ("version", "hints", "width")}, "missing: height"),
    ],
)
def test_invalid_files_are_refused(tmp_path, content, received):
    with pytest.raises(UserError, match=received) as caught:
        colorkeras.read_hints(written(tmp_path, content))
    assert "hints.json" in str(caught.value)


def test_files_that_cannot_be_read_are_refused(tmp_path):
    Path(tmp_path, "utf16.json").write_bytes(json.dumps(VALID).encode("utf-16"))
    for name in ("missing.json", "utf16.json", "."):
        with pytest.raises(UserError, match="not a hints file"):
            colorkeras.read_hints(tmp_path / name)


def test_hints_outside_are_not_written(tmp_path):
    with pytest.raises(UserError, match="outside"):
        colorkeras.write_hints(tmp_path / "h.json", [colorkeras.Hint(1, 60, "#000000")], 80, 60)
    assert not list(tmp_path.iterdir())


def test_hints_apply_to_images_of_their_size():
    hints = HintList([colorkeras.Hint(42, 31, "#7a1f2b")])
    hints.check(height=32, width=43)
    for size in ((31, 43), (32, 42)):
        with pytest.raises(UserError, match="42,31=#7a1f2b, which is outside"):
            hints.check(*size)
    sized = HintList(hints.hints, (80, 60))
    sized.check(height=60, width=80)
    with pytest.raises(UserError, match="80x60 pixels, applied to an image of 60x80"):
        sized.check(height=80, width=60)
