"""The command line: `colorkeras train`, `colorkeras evaluate` and the others in `COMMANDS`.

Add a command by adding a module with `add_arguments` and `run`, and one entry to `COMMANDS`.
"""

import argparse
import contextlib
import importlib
import os
import platform
import signal
import sys
import tempfile
from pathlib import Path

from colorkeras.utils.errors import (
    DivergedError,
    InterruptedRunError,
    LostDataError,
    LostWorkerError,
    UserError,
    signal_number,
)
from colorkeras.utils.files import is_disk_problem
from colorkeras.utils.version import __version__

COMMANDS = {
    "colorize": "color pictures and folders of pictures",
    "demo": "open a page in the browser: drop a photograph, slide between gray and color",
    "models": "tell what models are installed, with their figures",
    "train": "train a network and export it as a SavedModel",
    "evaluate": "measure exported models on a data set",
    "export": "convert a model to an ONNX or LiteRT file",
    "compare": "show several models on the same pictures",
    "report": "remake the tables and figures of docs/results.md from results/",
}

DONE, FAILED, UNUSABLE = 0, 1, 2
"""Exit status: done; some inputs failed or training diverged; usage, or nothing could start."""


def main(arguments=None, command=None):
    """Runs one command; returns the exit status.

    Args:
        arguments: Words of the command line, None for those of the process.
        command: Key of `COMMANDS`; None takes the first word.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if command is None:
        command, arguments = _split_command(arguments)
    return guarded(lambda: _run(command, arguments))


def guarded(work):
    """Runs what a script does, and tells what goes wrong as commands do.

    Args:
        work: Function of nothing that returns an exit status, or None for `DONE`.

    Returns:
        The exit status.
    """
    previous = signal.signal(signal.SIGTERM, _raise_interrupt)
    try:
        return work() or DONE
    except UserError as error:
        return _complain(error, UNUSABLE)
    except (DivergedError, LostDataError, LostWorkerError) as error:
        return _complain(error, FAILED)
    except InterruptedRunError as error:
        return _complain(error, 128 + error.signal_number)
    except KeyboardInterrupt as interrupt:
        return _complain("Interrupted.", 128 + signal_number(interrupt))
    except Exception as error:
        if not is_disk_problem(error):
            raise
        message = UserError(
            f"a file that cannot be written ({error})",
            "free space, and permission to write",
            "Free some space or choose other folders; what was finished before is whole.",
        )
        return _complain(message, FAILED)
    finally:
        signal.signal(signal.SIGTERM, previous)


def _run(command, arguments):
    if command == "train":
        prefer_onednn()
    with quiet_start():
        module = importlib.import_module(f"colorkeras.cli.{command}")
    parser = argparse.ArgumentParser(
        prog=f"colorkeras {command}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    return module.run(parser.parse_args(arguments))


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


def prefer_onednn():
    """Lets TensorFlow, if it is not loaded yet, compute with oneDNN on every x86 CPU.

    By itself it does so where the CPU has instructions for neural networks, such as AVX512-VNNI.
    Training gains on others as well (`benchmarks/architectures.py`), but a single small picture
    takes longer to color (`benchmarks/latency.py`). Whoever sets TF_ENABLE_ONEDNN_OPTS decides.
    """
    if "tensorflow" not in sys.modules and platform.machine() in {"x86_64", "AMD64"}:
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


@contextlib.contextmanager
def quiet_start():
    """Holds back what TensorFlow's libraries print while they load, unless loading fails.

    They write a dozen lines to file descriptor 2 that alarm and tell a user nothing. Without an
    NVIDIA GPU, complaints of its absence are silenced for good. Whoever sets
    TF_CPP_MIN_LOG_LEVEL sees everything.
    """
    level = "2" if Path("/dev/nvidia0").exists() else "3"
    # A command that loads TensorFlow late is here for the second time: the level is then ours.
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", level) != level or "tensorflow" in sys.modules:
        yield
        return
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held_back:
        saved = os.dup(2)
        os.dup2(held_back.fileno(), 2)
        try:
            yield
        except BaseException:
            held_back.seek(0)
            os.write(saved, held_back.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def _raise_interrupt(number, frame):
    """Lets SIGTERM take the way of SIGINT, so that both keep what is finished."""
    raise KeyboardInterrupt(number)


def _complain(message, status):
    print(f"\n{message}", file=sys.stderr)
    return status
