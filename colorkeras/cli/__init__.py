"""Command-line interface: `colorkeras train`, `colorkeras colorize` and the other `COMMANDS`.

To add a command, write a module with `add_arguments(parser)` and `run(options)`, and add it to
`COMMANDS`.
"""

import errno
import importlib
import signal
import sys

from colorkeras.cli.parsing import Parser
from colorkeras.cli.startup import console_logging, prefer_onednn, quiet_start
from colorkeras.utils.errors import (
    DivergedError,
    InterruptedRunError,
    LostDataError,
    LostWorkerError,
    UserError,
    one_line,
    signal_number,
)
from colorkeras.utils.files import is_disk_problem, long_name_error
from colorkeras.utils.version import __version__

COMMANDS = {
    "colorize": "colorize images, films and folders",
    "demo": "serve a web page for colorizing photographs",
    "models": "list the bundled models and their metrics",
    "train": "train a network and export it as a SavedModel",
    "evaluate": "evaluate exported models on a dataset",
    "export": "convert a model to ONNX or LiteRT",
    "compare": "compare several models on the same images",
}

DONE, FAILED, UNUSABLE = 0, 1, 2
"""Exit statuses for success, failure of some inputs or of the training run, and unusable input."""


def main(arguments=None, command=None):
    """Run a command and return the exit status.

    Args:
        arguments: Command-line arguments; None uses `sys.argv`.
        command: Key in `COMMANDS`; None uses the first argument.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if command is None:
        command, arguments = _split_command(arguments)
    with console_logging():
        return guarded(lambda: _run(command, arguments))


def guarded(work):
    """Run a function that returns an exit status or None, and report errors to the user."""
    previous = signal.signal(signal.SIGTERM, _raise_interrupt)
    try:
        return work() or DONE
    except UserError as error:
        return _report(error, UNUSABLE)
    except (DivergedError, LostDataError, LostWorkerError) as error:
        return _report(error, FAILED)
    except InterruptedRunError as error:
        return _report(error, 128 + error.signal_number)
    except KeyboardInterrupt as interrupt:
        return _report("Interrupted.", 128 + signal_number(interrupt))
    except Exception as error:
        if not is_disk_problem(error):
            raise
        if getattr(error, "errno", None) == errno.ENAMETOOLONG:
            received = f"a path that is too long ({one_line(error)})"
            return _report(long_name_error(received, "Pass a shorter path."), UNUSABLE)
        message = UserError(
            f"a file that cannot be written ({error})",
            "free space and write permission",
            "Free some space or choose other folders. Files that were already written are intact.",
        )
        return _report(message, FAILED)
    finally:
        signal.signal(signal.SIGTERM, previous)


def _run(command, arguments):
    if command == "train":
        prefer_onednn()
    module, parser = load_command(command)
    options = parser.parse_args(arguments)
    if command != "models":  # This command opens no images; loading NumPy and Pillow takes time.
        from colorkeras import image_io

        image_io.use_own_limits()
    return module.run(options)


def load_command(command):
    """Import the module of a command; return the module and the command's parser."""
    with quiet_start():
        module = importlib.import_module(f"colorkeras.cli.{command}")
    parser = Parser(prog=f"colorkeras {command}", description=module.__doc__)
    module.add_arguments(parser)
    return module, parser


def _split_command(arguments):
    parser = Parser(
        prog="colorkeras",
        description="Colorize grayscale images with Keras and TensorFlow.",
        epilog="commands:\n"
        + "\n".join(f"  {name:10} {summary}" for name, summary in COMMANDS.items())
        + "\n\nRun 'colorkeras COMMAND --help' to list the options of a command.",
    )
    parser.add_argument("--version", action="version", version=f"colorkeras {__version__}")
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    return parser.parse_args(arguments[:1]).command, arguments[1:]


def _raise_interrupt(number, frame):
    """Treat SIGTERM like SIGINT, so that finished work is kept."""
    raise KeyboardInterrupt(number)


def _report(message, status):
    print(f"\n{message}", file=sys.stderr)
    return status
