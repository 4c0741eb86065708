"""Tests for the choice of architecture, prediction and objective."""

import pytest

from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.models.build import choose_architecture
from colorkeras.models.predictions import PREDICTIONS
from colorkeras.objectives import OBJECTIVES
from colorkeras.utils.errors import UserError


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        ({}, ("unet", "chroma")),
        ({"name": "baseline"}, ("baseline", "rgb")),
        ({"name": "flow_unet"}, ("flow_unet", "velocity")),
        ({"prediction": "rgb"}, ("unet", "rgb")),
        ({"prediction": "bins"}, ("residual_unet", "bins")),
        ({"objective": "regression"}, ("unet", "chroma")),
        ({"objective": "classification"}, ("residual_unet", "bins")),
        ({"objective": "flow"}, ("flow_unet", "velocity")),
        ({"objective": "hinted"}, ("hint_unet", "hinted_bins")),
        ({"name": "residual_unet", "objective": "classification"}, ("residual_unet", "bins")),
        ({"name": "baseline", "objective": "regression"}, ("baseline", "rgb")),
        ({"prediction": "rgb", "objective": "regression"}, ("unet", "rgb")),
    ],
)
def test_defaults_complete_the_choice(asked, chosen):
    assert choose_architecture(**asked) == chosen


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_listed_predictions_are_supported(name):
    for prediction in ARCHITECTURES[name].predictions:
        assert choose_architecture(name, prediction, PREDICTIONS[prediction].objective) == (
            name,
            prediction,
        )


@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_every_prediction_has_an_architecture_and_an_objective(prediction):
    assert PREDICTIONS[prediction].objective in OBJECTIVES
    assert choose_architecture(prediction=prediction)[1] == prediction


@pytest.mark.parametrize(
    "asked",
    [
        {"name": "unet", "prediction": "bins"},
        {"name": "unet", "objective": "flow"},
        {"name": "flow_unet", "prediction": "chroma"},
        {"prediction": "rgb", "objective": "flow"},
        {"name": "residual_unet", "prediction": "chroma", "objective": "classification"},
    ],
)
def test_unsupported_combinations_are_rejected(asked):
    with pytest.raises(UserError) as error:
        choose_architecture(**asked)
    received, expected, fix = str(error.value).splitlines()
    names = {"name": "architecture"}
    for kind, value in asked.items():
        assert f"{names.get(kind, kind)} {value!r}" in received
    assert received.count("'") == 2 * len(asked), "names arguments that were not given"
    assert "flow_unet with velocity (flow)" in expected
    assert "residual_unet with chroma (regression) or rgb (regression) or bins" in expected
    assert fix == "Fix: Omit one of them."


@pytest.mark.parametrize(
    ("asked", "received", "expected"),
    [
        ({"name": "vgg"}, "architecture 'vgg'", ARCHITECTURES),
        ({"prediction": "hsv"}, "prediction 'hsv'", PREDICTIONS),
        ({"objective": "gan"}, "objective 'gan'", OBJECTIVES),
    ],
)
def test_unknown_names_are_rejected_with_a_list_of_known_names(asked, received, expected):
    with pytest.raises(UserError) as error:
        choose_architecture(**asked)
    received_line, expected_line, fix = str(error.value).splitlines()
    assert received_line == f"Received: {received}"
    assert set(expected_line.removeprefix("Expected: one of ").split(", ")) == set(expected)
    assert fix.startswith("Fix: Choose")
