"""Tests for setting definitions and the validation and options derived from them."""

import argparse
import dataclasses
import math
from dataclasses import dataclass

import pytest

from colorkeras.config.validation import Checked, Setting, add_options, definitions, setting, shown
from colorkeras.utils.errors import UserError


@dataclass(frozen=True)
class Options(Checked):
    count: int = setting(3, "How many.", low=1, high=9, section="numbers")
    share: float = setting(0.5, "A share of 100%.", low=0, high=1, above=True, section="numbers")
    weight: float | None = setting(None, "A weight.", low=0, default_text="the usual one")
    kind: str = setting("a", "A kind.", choices=("a", "b"), metavar="KIND")
    word: str | None = setting(None, "A word.", pattern=r"\w+")
    is_fast: bool = setting(False, "Be fast.")
    is_safe: bool = setting(True, "Do not be safe.")
    flips: bool = setting(False, "Flip.", negatable=True)
    folder: str = setting("here", "A folder.", metavar="DIR", is_path=True)


REFUSED = [
    ("count", 0, "--count 0", "a whole number of at least 1 and at most 9"),
    ("count", 10, "--count 10", "a whole number of at least 1 and at most 9"),
    ("count", -(10**400), f"--count {-(10**400)}", "a whole number of at least 1 and at most 9"),
    ("count", 1.5, "--count 1.5", "a whole number of at least 1 and at most 9"),
    ("count", "3", "--count '3'", "a whole number of at least 1 and at most 9"),
    ("count", True, "--count True", "a whole number of at least 1 and at most 9"),
    ("count", None, "--count None", "a whole number of at least 1 and at most 9"),
    ("share", 0.0, "--share 0", "a number above 0 and at most 1"),
    ("share", 1.01, "--share 1.01", "a number above 0 and at most 1"),
    ("share", math.nan, "--share nan", "a number above 0 and at most 1"),
    ("share", "much", "--share much", "a number above 0 and at most 1"),
    ("weight", -1, "--weight -1", "a number of at least 0"),
    ("weight", math.inf, "--weight inf", "a number of at least 0"),
    ("weight", 10**400, f"--weight {10**400}", "a number of at least 0"),
    ("kind", "c", "--kind c", "one of a, b"),
    ("kind", 1, "--kind 1", "one of a, b"),
    ("word", "two words", "--word 'two words'", "text"),
    ("word", "line\n", r"--word 'line\n'", "text"),
    ("word", "zero\0", r"--word 'zero\x00'", "text"),
    ("word", "ünet", "--word 'ünet'", "text"),
    ("is_fast", "no", "--is-fast no", "True or False"),
    ("is_fast", 1, "--is-fast 1", "True or False"),
]


@pytest.mark.parametrize(("name", "value", "received", "expected"), REFUSED)
def test_refused_values_are_explained(name, value, received, expected):
    with pytest.raises(UserError) as raised:
        Options(**{name: value})
    option = "--" + name.replace("_", "-")
    assert str(raised.value).splitlines() == [
        f"Received: {received}",
        f"Expected: {expected}",
        f"Fix: Choose a valid value, or omit {option}.",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [("count", 1), ("count", 9), ("share", 1), ("weight", 0), ("weight", None), ("word", None)],
)
def test_limits_and_none_are_accepted(name, value):
    assert getattr(Options(**{name: value}), name) == value


def test_home_is_expanded_in_paths(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    assert Options(folder="~/color").folder == "/home/ada/color"
    assert Options(word="word").word == "word"


def test_numbers_become_python_numbers_of_the_declared_type():
    np = pytest.importorskip("numpy")
    options = Options(count=np.int64(2), share=1)
    assert type(options.count) is int and type(options.share) is float


def test_replaced_values_are_checked_and_fields_are_fixed():
    with pytest.raises(UserError):
        dataclasses.replace(Options(), count=0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Options().count = 2


def test_options_have_the_names_types_and_help_of_the_definitions(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    parser = argparse.ArgumentParser()
    add_options(parser, Options, {"word": ("one", "two")})
    words = [
        "--count",
        "4",
        "--share",
        "0.25",
        "--is-fast",
        "--no-is-safe",
        "--no-flips",
        "--kind",
        "b",
        "--folder=~/b",
    ]
    assert vars(parser.parse_args(words)) == {
        "count": 4,
        "share": 0.25,
        "is_fast": True,
        "is_safe": False,
        "flips": False,
        "kind": "b",
        "folder": "/home/ada/b",
    }
    text = " ".join(parser.format_help().split())
    for part in (
        "numbers: --count N How many. Default: 3.",
        "A share of 100%. Default: 0.5.",
        "A weight. Default: the usual one.",
        "--kind KIND A kind. One of a, b. Default: a.",
        "A word. One of one, two.",
        "--no-is-safe Do not be safe.",
        "--flips, --no-flips Flip.",
    ):
        assert part in text


def test_options_that_are_not_given_have_defaults():
    parser = argparse.ArgumentParser()
    add_options(parser, Options, only=("count", "kind"))
    assert vars(parser.parse_args([])) == {}
    assert Options.from_options(parser.parse_args(["--count", "5"])) == Options(count=5)
    with pytest.raises(SystemExit):
        parser.parse_args(["--share", "1"])


def test_a_dict_has_exactly_the_fields():
    content = dataclasses.asdict(Options(count=2))
    assert Options.from_dict(content) == Options(count=2)
    for changed in (content | {"more": 1}, {"count": 2}):
        with pytest.raises(UserError, match="missing or unknown keys"):
            Options.from_dict(changed)


def test_names_are_checked_against_registries():
    Options(word="unet").check_names({"word": {"unet": 1}})
    Options().check_names({"word": {"unet": 1}})
    with pytest.raises(UserError, match=r"(?s)Received: --word resnet\n.*one of unet, vgg"):
        Options(word="resnet").check_names({"word": ("unet", "vgg")})


def test_definitions_follow_annotations():
    weight = definitions(Options)["weight"]
    assert (weight.kind, weight.optional, weight.low) == (float, True, 0)


def test_a_definition_checks_a_single_value_under_any_name():
    assert Setting(int, low=1).check("num_workers", 2) == 2
    with pytest.raises(UserError, match=r"Received: num_workers 0\n"):
        Setting(int, low=1).check("num_workers", 0)


@pytest.mark.parametrize(
    ("value", "text"), [(1, "1"), (2.0, "2"), ("a", "a"), ("a b", "'a b'"), (None, "None")]
)
def test_values_are_shown_as_typed(value, text):
    assert shown(value) == text
