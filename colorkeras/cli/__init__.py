"""The command line: `colorkeras train` and `colorkeras evaluate`.

Add a command by adding a module with `add_arguments` and `run`, and one entry to `COMMANDS`.
"""

import argparse
import importlib
import os
import signal
import sys

from colorkeras.errors import DivergedError, InterruptedRunError, UserError, signal_number
from colorkeras.version import __version__

COMMANDS = {
    "train": "train a network and export it as a SavedModel",
    "evaluate": "measure exported models on a data set",
    "report": "remake the README's table and figure from results/",
}

DONE, FAILED, UNUSABLE = 0, 1, 2
"""Exit status: done; some inputs failed or training diverged; usage, or nothing could start."""


def main(arguments=None, command=None):
    """Runs one command; returns the exit status.

    Args:
        arguments: Words of the command line, None for those of the process.
        command: Key of `COMMANDS`; None takes the first word.
    """
    # TensorFlow's start prints a dozen lines that say nothing to a user; errors still show.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    arguments = sys.argv[1:] if arguments is None else arguments
    if command is None:
        command, arguments = _split_command(arguments)
    module = importlib.import_module(f"colorkeras.cli.{command}")
    parser = argparse.ArgumentParser(
        prog=f"colorkeras {command}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    options = parser.parse_args(arguments)
    previous = signal.signal(signal.SIGTERM, _raise_interrupt)
    try:
        return module.run(options)
    except UserError as error:
        return _complain(error, UNUSABLE)
    except DivergedError as error:
        return _complain(error, FAILED)
    except InterruptedRunError as error:
        return _complain(error, 128 + error.signal_number)
    except KeyboardInterrupt as interrupt:
        return _complain("Interrupted.", 128 + signal_number(interrupt))
    finally:
        signal.signal(signal.SIGTERM, previous)


def _split_command(arguments):
    parser = argparse.ArgumentParser(
        prog="colorkeras",
        description="Color grayscale pictures with Keras and TensorFlow.",
        epilog="\n".join(f"  {name:10} {summary}" for name, summary in COMMANDS.items())
        + "\n\n'colorkeras COMMAND --help' lists a command's options.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"colorkeras {__version__}")
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    words = arguments[:1]
    return parser.parse_args(words).command, arguments[1:]


def _raise_interrupt(number, frame):
    """Lets SIGTERM take the way of SIGINT, so that both keep what is finished."""
    raise KeyboardInterrupt(number)


def _complain(message, status):
    print(f"\n{message}", file=sys.stderr)
    return status
