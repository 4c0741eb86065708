"""Command-line parser whose errors say what was expected and how to fix the command."""

import argparse
import sys

from colorkeras.utils.errors import UserError, did_you_mean

_UNRECOGNIZED = "unrecognized arguments: "

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
        fix = _ADVICE
        if message.startswith(_UNRECOGNIZED):
            name = message.removeprefix(_UNRECOGNIZED).split()[0]
            fix = did_you_mean(name, self._option_string_actions, fix)
        expected = f"arguments that '{self.prog} --help' lists"
        self.print_usage(sys.stderr)
        # `argparse` itself uses the same exit status.
        self.exit(2, f"\n{UserError(message, expected, fix)}\n")
