"""Command-line parser whose errors say what was expected and how to fix the command."""

import argparse
import re
import sys

from colorkeras.utils.errors import UserError, did_you_mean
from colorkeras.utils.files import expand_home, printable

# Error messages of `argparse`.
_MISSING = "the following arguments are required: "
_UNRECOGNIZED = "unrecognized arguments: "
_NO_VALUE = ": expected one argument"
_INVALID_CHOICE = re.compile(r"(.*: invalid choice: (.*)) \(choose from (.*)\)", re.DOTALL)
_INVALID_NUMBER = re.compile(r".*: invalid (int|float) value: .*", re.DOTALL)

_NUMBERS = {"int": "a whole number", "float": "a number"}

_ADVICE = "Put paths that contain spaces in quotes, and write ./-name if a path starts with a dash."


class Parser(argparse.ArgumentParser):
    """Parser that explains errors in the format of `UserError`.

    Args:
        settings: See `argparse.ArgumentParser`.
    """

    def __init__(self, **settings):
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **settings)

    def error(self, message):
        """Print the usage and the error, and exit."""
        self.print_usage(sys.stderr)
        # `argparse` itself uses the same exit status.
        self.exit(2, f"\n{self._explained(message)}\n")

    def _explained(self, message):
        """Convert an error message of `argparse` to a `UserError`."""
        expected = f"arguments listed by '{self.prog} --help'"
        fix = f"Run '{self.prog} --help' to list the arguments."
        if choice := _INVALID_CHOICE.fullmatch(message):
            message, name, choices = choice.groups()
            choices = choices.replace("'", "")
            expected = f"one of {choices}"
            fix = did_you_mean(name.strip("'"), choices.split(", "), fix)
        elif number := _INVALID_NUMBER.fullmatch(message):
            expected = _NUMBERS[number[1]]
        elif message.startswith(_MISSING):
            names = message.removeprefix(_MISSING)
            message = f"missing arguments: {names}"
            paths = [action.metavar for action in self._actions if action.type is expand_home]
            fix = _ADVICE if names in paths else fix
        elif message.startswith(_UNRECOGNIZED):
            surplus = message.removeprefix(_UNRECOGNIZED)
            options = self._option_string_actions if surplus.startswith("-") else ()
            fix = did_you_mean(re.split("[ =]", surplus)[0], options, _ADVICE)
        elif message.endswith(_NO_VALUE):
            names = message.removeprefix("argument ").removesuffix(_NO_VALUE).split("/")
            is_path = self._option_string_actions[names[0]].type is expand_home
            fix = _ADVICE if is_path else fix
        return UserError(printable(message), expected, fix)
