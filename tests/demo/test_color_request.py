"""Tests for the settings that visitors send."""

import math

import pytest

pytest.importorskip("starlette", reason="Starlette is not installed: pip install -e '.[demo]'")

from colorkeras.demo.color_request import MAX_HINTS, parse
from colorkeras.utils.errors import UserError

HINT = {"x": 1, "y": 2, "color": "#7a1f2b"}
FILE = {"version": 1, "width": 8, "height": 6, "hints": [HINT]}


def test_defaults(models):
    request = parse({}, models)
    assert request.model == "photo" and not request.keep_tone
    assert request.settings.seed == 0 and request.settings.vividness is None


def test_settings(models):
    content = {"saturation": 1.5, "vividness": 0.2, "keep_tone": True, "hints": [HINT]}
    request = parse(content, models)
    options = request.options(5)
    assert (options.saturation, options.vividness, options.keep_tone) == (1.5, 0.2, True)
    assert options.max_megapixels == 5 and options.seed == 0
    assert [hint.color for hint in request.settings.hints.hints] == ["#7a1f2b"]
    assert parse({"hints": FILE}, models).settings.hints.size == (8, 6)
    variation = parse({"variation": 3}, models)
    assert variation.settings.seed == 3
    # The page keeps the slider position when another model is selected.
    assert parse({"model": "unet", "vividness": 0.5}, models).settings.vividness is None


@pytest.mark.parametrize(
    ("content", "received"),
    [
        ([], "unknown settings"),
        ({"colour": 1}, "unknown settings 'colour'"),
        ({"model": "nounet"}, "nounet"),
        ({"model": ["photo"]}, "photo"),
        ({"vividness": 1.1}, "vividness 1.1"),
        ({"vividness": "0.5"}, "vividness"),
        ({"saturation": -1}, "saturation"),
        ({"saturation": math.nan}, "saturation"),
        ({"saturation": True}, "saturation"),
        ({"variation": 1.5}, "variation"),
        ({"variation": -1}, "variation"),
        ({"variation": 100}, "variation"),
        ({"variation": 1, "model": "unet"}, "2 variations"),
        ({"keep_tone": 1}, "keep_tone"),
        ({"auto_contrast": "yes"}, "auto_contrast"),
        ({"neutral_borders": None}, "neutral_borders"),
        ({"hints": [HINT], "model": "unet"}, "hints for"),
        ({"hints": [HINT], "variation": 1}, "hints with seed 1"),
        ({"hints": [HINT] * (MAX_HINTS + 1)}, f"{MAX_HINTS + 1} hints"),
        ({"hints": "text"}, "hints"),
        ({"hints": ["text"]}, "hints"),
        ({"hints": [{**HINT, "color": "red"}]}, "color"),
        ({"hints": [{**HINT, "x": math.nan}]}, "x"),
        ({"hints": [{**HINT, "x": -1}]}, "x"),
        ({"hints": [{**HINT, "radius": 0}]}, "radius"),
        ({"hints": [{**HINT, "size": 1}]}, "size"),
        ({"hints": {**FILE, "version": 2}}, "version 2"),
        ({"hints": {"hints": []}}, "missing"),
        ({"hints": {**FILE, "width": 1}}, "outside"),
    ],
)
def test_bad_settings(content, received, models):
    with pytest.raises(UserError) as error:
        parse(content, models)
    assert received in error.value.received
