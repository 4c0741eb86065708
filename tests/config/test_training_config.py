"""Tests of the checks on settings."""

import dataclasses
import math

import pytest

from colorkeras.config.training_config import MAX_TEMPERATURE, TrainingConfig, check_temperature
from colorkeras.utils.errors import UserError


@pytest.mark.parametrize(
    "field, value",
    [
        ("epochs", 1),
        ("batch_size", 1),
        ("learning_rate", 1e-9),
        ("warmup_fraction", 0),
        ("warmup_fraction", 1),
        ("weight_decay", 0.0),
        ("ema_decay", 0.0),
        ("ema_decay", 1.0),
        ("early_stopping_patience", 0),
        ("seed", 0),
        ("seed", 2**31 - 1),
        ("sampling_steps", 1),
        ("temperature", None),
        ("temperature", 0),
        ("temperature", 1.5),
        ("rebalance", 1e-6),
        ("rebalance", 1),
        ("aux_class_loss_weight", 0.0),
        ("name", None),
        ("name", "unet-2_b.1"),
        ("name", "7"),
    ],
)
def test_limits_that_are_still_allowed(field, value):
    assert getattr(TrainingConfig(**{field: value}), field) == value


@pytest.mark.parametrize(
    "field, value, expected",
    [
        ("epochs", 0, "a number of at least 1 and at most 1000000000"),
        ("epochs", -3, "a number of at least 1 and at most 1000000000"),
        ("epochs", -(10**400), "a number of at least 1 and at most 1000000000"),
        ("batch_size", 0, "a number of at least 1 and at most 1000000000"),
        ("learning_rate", 0.0, "a number above 0"),
        ("learning_rate", -1e-3, "a number above 0"),
        ("learning_rate", math.nan, "a number above 0"),
        ("learning_rate", math.inf, "a number above 0"),
        ("warmup_fraction", -0.1, "a number of at least 0 and at most 1"),
        ("warmup_fraction", 1.1, "a number of at least 0 and at most 1"),
        ("weight_decay", -0.1, "a number of at least 0"),
        ("weight_decay", math.nan, "a number of at least 0"),
        ("ema_decay", 1.001, "a number of at least 0 and at most 1"),
        ("early_stopping_patience", -1, "a number of at least 0 and at most 1000000000"),
        ("seed", -1, "a number of at least 0 and at most 2147483647"),
        ("seed", 2**31, "a number of at least 0 and at most 2147483647"),
        ("sampling_steps", 0, "a number of at least 1 and at most 1000000000"),
        ("temperature", -0.1, "a number of at least 0 and at most 1.5"),
        ("temperature", 1.6, "a number of at least 0 and at most 1.5"),
        ("temperature", math.nan, "a number of at least 0 and at most 1.5"),
        ("rebalance", 0.0, "a number above 0 and at most 1"),
        ("rebalance", 1.1, "a number above 0 and at most 1"),
        ("aux_class_loss_weight", -0.1, "a number of at least 0"),
        ("aux_class_loss_weight", math.inf, "a number of at least 0"),
    ],
)
def test_numbers_out_of_range_are_explained(field, value, expected):
    option = "--" + field.replace("_", "-")
    with pytest.raises(UserError) as raised:
        TrainingConfig(**{field: value})
    received, expected_line, fix = str(raised.value).splitlines()
    assert received == f"Received: {option} {value}"
    assert expected_line == f"Expected: {expected}"
    assert option in fix


@pytest.mark.parametrize("text", ["", "10", "steps", "0steps", "0min", "1.5steps", "-1min", "1h"])
def test_intervals_that_are_none_are_refused(text):
    with pytest.raises(UserError) as raised:
        TrainingConfig(checkpoint_every=text)
    assert raised.match(f"(?s)^Received: --checkpoint-every {text}.*500steps or 10min.*Fix: ")


# A name is one folder below --export-dir; it must not lead out of it, nor hide there.
@pytest.mark.parametrize(
    "name",
    ["", ".", "..", ".hidden", "a/b", "/a", "a\\b", "a b", "-a", "_a", "ünet", "a\n", "a" * 101],
)
def test_names_that_are_no_plain_folder_are_refused(name):
    with pytest.raises(UserError) as raised:
        TrainingConfig(name=name)
    assert raised.match("(?s)^Received: --name .*Expected: at most 100 letters.*Fix: ")


def test_settings_are_fixed_and_have_defaults():
    config = TrainingConfig()
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.epochs = 3
    with pytest.raises(UserError):
        dataclasses.replace(config, epochs=0)


@pytest.mark.parametrize("temperature", [0, 0.38, 1, MAX_TEMPERATURE])
def test_temperatures_in_range_pass(temperature):
    check_temperature(temperature)


@pytest.mark.parametrize("temperature", [-0.1, MAX_TEMPERATURE + 0.1, math.nan, math.inf])
def test_temperatures_out_of_range_are_refused(temperature):
    with pytest.raises(UserError) as error:
        check_temperature(temperature)
    received, expected, fix = str(error.value).splitlines()
    assert received == f"Received: temperature {temperature:g}"
    assert expected == "Expected: a number in 0..1.5" and fix.startswith("Fix: ")
