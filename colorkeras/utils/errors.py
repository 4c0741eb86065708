"""Exceptions that the command line reports without a traceback."""

import difflib
import signal


class UserError(Exception):
    """Invalid input from the user; exit status 2.

    Args:
        received: Offending input, including its value.
        expected: Accepted values.
        fix: How to correct the input.

    >>> print(UserError("--epochs 0", "a whole number of at least 1", "Pass --epochs 10."))
    Received: --epochs 0
    Expected: a whole number of at least 1
    Fix: Pass --epochs 10.
    """

    def __init__(self, received: str, expected: str, fix: str):
        super().__init__(f"Received: {received}\nExpected: {expected}\nFix: {fix}")
        self.received, self.expected, self.fix = received, expected, fix

    def __reduce__(self):
        # By default, unpickling passes only the message, which fails in Beam workers.
        return type(self), (self.received, self.expected, self.fix)


def check_choice(kind, name, choices):
    """Raise UserError if `name` is not in `choices`; `kind` is a singular noun, such as "model"."""
    if name not in choices:
        fix = did_you_mean(name, choices, f"Choose one of these {kind}s.")
        raise UserError(f"{kind} {name!r}", "one of " + ", ".join(choices), fix)


def did_you_mean(name, choices, otherwise):
    """Return a question that suggests the choice most similar to a name.

    Case is ignored. If no choice is similar, return `otherwise`.

    >>> did_you_mean("UNett", ["photo", "unet"], "Check the spelling.")
    'Did you mean unet?'
    """
    by_lowercase = {choice.lower(): choice for choice in choices}
    matches = difflib.get_close_matches(str(name).lower(), by_lowercase, n=1)
    return f"Did you mean {by_lowercase[matches[0]]}?" if matches else otherwise


def one_line(error):
    """Return an error's message on one line of at most 300 characters."""
    return " ".join(str(error).split())[:300]


class DivergedError(Exception):
    """The training loss is NaN or infinite; exit status 1."""


class LostDataError(Exception):
    """Images that existed at the start can no longer be read; exit status 1."""


class LostWorkerError(Exception):
    """Another worker in the training run stopped responding; exit status 1."""


class InterruptedRunError(Exception):
    """A signal ended the run; exit status 128 + `signal_number`, such as 130 after SIGINT."""

    def __init__(self, signal_number: int, message: str):
        super().__init__(message)
        self.signal_number = signal_number


def signal_number(interrupt):
    """Return the signal number attached to a KeyboardInterrupt, or SIGINT if there is none."""
    return int(interrupt.args[0]) if interrupt.args else int(signal.SIGINT)
