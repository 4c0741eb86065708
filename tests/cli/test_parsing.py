"""Tests for the options that take paths, and for the errors of the parser."""

import pytest

from colorkeras import cli
from colorkeras.export.converters import CONVERTERS

OTHER_TEXT = {
    *("ADDRESS", "EPOCH", "HH:MM:SS", "INTERVAL", "N", "NAME", "SECONDS", "X,Y=#RRGGBB"),
    "PATTERN",  # A leading `~` is expanded later.
}
"""Placeholders of options that take text other than paths."""


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_home_is_expanded_in_every_path(command, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    _, parser = cli.load_command(command)
    takes_text = [
        action
        for action in parser._actions
        if action.nargs != 0 and action.choices is None and action.type not in (int, float)
    ]
    actions = [action for action in takes_text if action.metavar not in OTHER_TEXT]
    assert actions
    for action in actions:
        assert action.type("~/a b") == "/home/ada/a b", action
        assert action.type("~no-such-user/a") == "~no-such-user/a", action


LISTED = "arguments listed by 'colorkeras {} --help'"
HELP = "Run 'colorkeras {} --help' to list the arguments."
ADVICE = "Put paths that contain spaces in quotes, and write ./-name if a path starts with a dash."


@pytest.mark.parametrize(
    ("words", "received", "fix"),
    [
        ("colorize a.jpg -o my color", "unrecognized arguments: color", ADVICE),
        ("colorize a.jpg --reference my ref.jpg", "unrecognized arguments: ref.jpg", ADVICE),
        ("colorize a.jpg -o x --report my report", "unrecognized arguments: report", ADVICE),
        ("colorize -a.jpg", "missing arguments: INPUT", ADVICE),
        ("colorize a.jpg -o -color", "argument -o/--output: expected one argument", ADVICE),
        (
            "colorize a.jpg --recusive",
            "unrecognized arguments: --recusive",
            "Did you mean --recursive?",
        ),
        (
            "train --bach-size 8",
            "unrecognized arguments: --bach-size 8",
            "Did you mean --batch-size?",
        ),
        (
            "colorize a.jpg --ouput=scans/colored",
            "unrecognized arguments: --ouput=scans/colored",
            "Did you mean --output?",
        ),
        ("train --epochs", "argument --epochs: expected one argument", HELP),
        ("export -o a.onnx", "missing arguments: --format", HELP),
        (
            "colorize a.jpg --re",
            "ambiguous option: --re could match --recursive, --render-size, --reference, --report",
            HELP,
        ),
    ],
)
def test_errors_of_the_parser_suggest_a_fix(words, received, fix, main):
    status, _, errors = main(words)
    assert status == cli.UNUSABLE
    command = words.split()[0]
    assert errors.splitlines()[-3:] == [
        f"Received: {received}",
        f"Expected: {LISTED.format(command)}",
        f"Fix: {fix.format(command)}",
    ]


@pytest.mark.parametrize(
    ("words", "received", "expected", "fix"),
    [
        (
            "colorise a.jpg",
            "argument COMMAND: invalid choice: 'colorise'",
            f"one of {', '.join(cli.COMMANDS)}",
            "Did you mean colorize?",
        ),
        (
            "zzz",
            "argument COMMAND: invalid choice: 'zzz'",
            f"one of {', '.join(cli.COMMANDS)}",
            "Run 'colorkeras --help' to list the arguments.",
        ),
        (
            "",
            "missing arguments: COMMAND",
            "arguments listed by 'colorkeras --help'",
            "Run 'colorkeras --help' to list the arguments.",
        ),
        (
            "export --format onx -o a.onnx",
            "argument --format: invalid choice: 'onx'",
            f"one of {', '.join(CONVERTERS)}",
            "Did you mean onnx?",
        ),
        (
            "train --epochs ten",
            "argument --epochs: invalid int value: 'ten'",
            "a whole number",
            HELP.format("train"),
        ),
        (
            "train --learning-rate fast",
            "argument --learning-rate: invalid float value: 'fast'",
            "a number",
            HELP.format("train"),
        ),
    ],
)
def test_errors_of_the_parser_list_valid_values(words, received, expected, fix, main):
    status, _, errors = main(words)
    assert status == cli.UNUSABLE
    lines = [f"Received: {received}", f"Expected: {expected}", f"Fix: {fix}"]
    assert errors.splitlines()[-3:] == lines


@pytest.mark.parametrize("surplus", ["", " ", "\t"])
def test_blank_arguments_are_reported(surplus, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["models", "photo", surplus])
    assert stop.value.code == cli.UNUSABLE
    assert f"Fix: {ADVICE}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("train --arch unett", "unet"),
        ("train --arch UNET", "unet"),
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
