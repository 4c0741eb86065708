"""Tests for the options that contain paths, and for the errors of the parser."""

import pytest

from colorkeras import cli

PATHS = {"INPUT", "PATH", "FILE", "DIR", "NAME_OR_PATH", "MODEL", "FILE_OR_MODEL", "RUN"}
"""Placeholders of options and arguments that contain paths."""


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_home_is_expanded_in_every_path(command, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    _, parser = cli.load_command(command)
    actions = [action for action in parser._actions if action.metavar in PATHS]
    assert actions
    for action in actions:
        assert action.type("~/a b") == "/home/ada/a b", action
        assert action.type("~no-such-user/a") == "~no-such-user/a", action


@pytest.mark.parametrize(
    ("words", "received", "fix"),
    [
        ("colorize a.jpg -o my color", "unrecognized arguments: color", "in quotes"),
        ("colorize a.jpg --reference my ref.jpg", "arguments: ref.jpg", "in quotes"),
        ("colorize -a.jpg", "required: INPUT", "write ./-name"),
        ("colorize a.jpg -o -color", "-o/--output: expected one argument", "write ./-name"),
        ("colorize a.jpg --recusive", "--recusive", "Did you mean --recursive?"),
        ("train --bach-size 8", "--bach-size", "Did you mean --batch-size?"),
    ],
)
def test_errors_of_the_parser_suggest_a_fix(words, received, fix, main):
    status, _, errors = main(words)
    assert status == cli.UNUSABLE
    lines = errors.splitlines()[-3:]
    assert lines[0].startswith("Received: ") and received in lines[0]
    assert lines[1] == f"Expected: arguments that 'colorkeras {words.split()[0]} --help' lists"
    assert lines[2].startswith("Fix: ") and fix in lines[2]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("train --arch unett", "unet"),
        ("train --preset acurate", "accurate"),
        ("train --loss structur", "structure"),
        ("train --dataset cifar-10", "cifar10"),
        ("evaluate --model unet --dataset sampel", "sample"),
        ("train --export-epoch lst", "last"),
        ("models unt", "unet"),
    ],
)
def test_similar_names_are_suggested(words, name, main):
    status, _, errors = main(words)
    assert status == cli.UNUSABLE
    assert errors.endswith(f"Fix: Did you mean {name}?\n")
