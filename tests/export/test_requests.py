"""Tests for valid and invalid endpoint requests, sent from a separate process."""

import json
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("send_requests.py")

MODELS = [
    [("flow_unet", "velocity")],
    pytest.param(
        [("baseline", "rgb"), ("unet", "chroma"), ("residual_unet", "bins")],
        marks=pytest.mark.slow,
    ),
]
"""Architectures and predictions to test. The first covers most endpoints and checks."""

EXPECTED = {
    "bad rank": ("Expected `grayscale`", "Expected `image_bytes`: string [batch]"),
    "bad channels": ("Expected `grayscale`",),
    "bad size": ("Expected `grayscale`",),
    "bad seed": ("Expected `seed`: int32 [] or [batch]",),
    "bad temperature": ("Expected `temperature`: float32 [] or [batch]",),
}
"""Expected beginnings of the error message, by request title."""


@pytest.fixture(scope="module", params=MODELS, ids=["fast", "others"])
def answers(request, exports, run_python):
    folders = [exports(*pair).folder for pair in request.param]
    process = run_python(PROGRAM, *folders)
    # An aborted process has a negative status.
    assert process.returncode == 0, process.stderr[-2000:]
    answers = [json.loads(line) for line in process.stdout.splitlines()]
    assert {(a["model"], a["way"]) for a in answers} == {
        (str(folder), way) for folder in folders for way in ("direct", "mapped", "rest")
    }
    return answers


def test_good_requests_are_answered(answers):
    good = [answer for answer in answers if answer["title"] in ("good", "empty")]
    assert len(good) >= 15
    for answer in good:
        for name, shape in answer["outputs"].items():
            if name == "image_bytes":
                expected = answer["shapes"][name]
            else:
                expected = [*answer["shapes"]["grayscale"][:3], 3 if name == "rgb" else 1]
            assert shape == expected, answer


def test_bad_requests_are_explained(answers):
    bad = [answer for answer in answers if answer["title"] not in ("good", "empty")]
    assert len(bad) >= 25
    for answer in bad:
        message = answer["error"]
        assert any(text in message for text in EXPECTED[answer["title"]]), answer
        shapes = [str(shape).replace(",", "") for shape in answer["shapes"].values()]
        assert any(f"Received shape:] {shape}" in message for shape in shapes), answer
        if "grayscale" in answer["shapes"]:
            dtype = "uint8" if answer["endpoint"] == "colorize" else "float32"
            size = "32, 32" if "/baseline/" in answer["model"] else "height, width"
            expected = f"`grayscale`: {dtype} [batch, {size}, 1]"
            assert expected in message or "seed" in message or "temperature" in message, answer
