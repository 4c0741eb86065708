"""Tests for the colorization settings."""

import math

import pytest

from colorkeras.config.colorize_options import MAX_TEMPERATURE, ColorizeOptions, check_option
from colorkeras.utils.errors import UserError


@pytest.mark.parametrize("temperature", [0, 0.38, 1, MAX_TEMPERATURE])
def test_temperatures_in_range_are_accepted(temperature):
    assert ColorizeOptions(temperature=temperature).temperature == temperature


@pytest.mark.parametrize("temperature", [-0.1, MAX_TEMPERATURE + 0.1, math.nan, math.inf, "hot"])
def test_temperatures_out_of_range_are_refused(temperature):
    with pytest.raises(UserError, match=r"^Received: temperature "):
        check_option("temperature", temperature)


@pytest.mark.parametrize(
    ("name", "value"),
    [("saturation", 4.5), ("render_size", 7), ("quality", 101), ("seed", -1), ("mark", "no")],
)
def test_other_values_out_of_range_are_refused(name, value):
    with pytest.raises(UserError, match=f"^Received: --{name.replace('_', '-')} "):
        ColorizeOptions(**{name: value})
