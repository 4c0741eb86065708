"""Tests for the training settings."""

import argparse

import pytest

from colorkeras.config.training_config import CHANGEABLE, TrainingConfig
from colorkeras.config.validation import add_options, definitions, option_of
from colorkeras.utils.errors import UserError


@pytest.mark.parametrize("name", definitions(TrainingConfig))
def test_every_setting_has_help_and_a_section(name):
    definition = definitions(TrainingConfig)[name]
    assert definition.help.endswith(".")
    assert definition.section in {
        "preset", "data", "model", "objective", "optimization", "run", "export",
    }  # fmt: skip


def test_defaults_are_accepted_and_every_setting_is_an_option():
    parser = argparse.ArgumentParser()
    add_options(parser, TrainingConfig)
    assert TrainingConfig.from_options(parser.parse_args([])) == TrainingConfig()
    text = parser.format_help()
    assert all(option_of(name) in text for name in definitions(TrainingConfig))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 1.5),
        ("epochs", "10"),
        ("batch_size", 0),
        ("learning_rate", 0.0),
        ("warmup_fraction", 1.1),
        ("ema_decay", 1.001),
        ("early_stopping_patience", -1),
        ("seed", 2**31),
        ("sampling_steps", 0),
        ("guidance_scale", 0.5),
        ("temperature", 1.6),
        ("rebalance", 0.0),
        ("flip_tta", "no"),
        ("export_epoch", "first"),
    ],
)
def test_values_out_of_range_or_of_another_type_are_refused(name, value):
    with pytest.raises(UserError, match=f"^Received: {option_of(name)} "):
        TrainingConfig(**{name: value})


@pytest.mark.parametrize("text", ["", "10", "steps", "0steps", "0min", "1.5steps", "-1min", "1h"])
def test_intervals_without_number_or_unit_are_refused(text):
    with pytest.raises(UserError, match=r"(?s)^Received: --checkpoint-every .*500steps or 10min"):
        TrainingConfig(checkpoint_every=text)


@pytest.mark.parametrize(
    ("text", "interval"),
    [("500steps", (500.0, "steps")), ("0.5min", (0.5, "min")), ("10min", (10.0, "min"))],
)
def test_intervals_have_a_number_and_a_unit(text, interval):
    assert TrainingConfig(checkpoint_every=text).checkpoint_interval == interval
    assert TrainingConfig(checkpoint_every=None).checkpoint_interval is None


@pytest.mark.parametrize("name", ["unet-2_b.1", "7", "a" * 100])
def test_plain_names_are_accepted(name):
    assert TrainingConfig(name=name).name == name


# The name is that of a folder in --export-dir, so it must not be a path or start with a dot.
@pytest.mark.parametrize(
    "name",
    ["", ".", "..", ".hidden", "a/b", "/a", "a\\b", "a b", "-a", "_a", "ünet", "a\n", "a" * 101],
)
def test_names_that_are_not_plain_folder_names_are_refused(name):
    with pytest.raises(UserError, match=r"(?s)^Received: --name .*Expected: at most 100 letters"):
        TrainingConfig(name=name)


def test_what_may_change_when_a_run_is_resumed():
    assert set(CHANGEABLE) == {
        "epochs", "export_epoch", "data_dir", "name", "export_dir", "checkpoint_every", "profile",
    }  # fmt: skip
