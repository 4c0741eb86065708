"""Errors that a user can cause or meet; the command line prints them without a traceback."""

import signal


class UserError(Exception):
    """Something the user gave cannot be used: exit status 2.

    The message has three parts, in this order.

    Args:
        received: What was given, with its value.
        expected: What would have been accepted.
        fix: What to do about it.

    Example:

    >>> print(UserError("--epochs 0", "a whole number of at least 1", "Pass --epochs 10."))
    Received: --epochs 0
    Expected: a whole number of at least 1
    Fix: Pass --epochs 10.
    """

    def __init__(self, received: str, expected: str, fix: str):
        super().__init__(f"Received: {received}\nExpected: {expected}\nFix: {fix}")
        self.received, self.expected, self.fix = received, expected, fix

    def __reduce__(self):
        # An exception is otherwise made again from its message, by which workers of Apache Beam
        # would lose it.
        return type(self), (self.received, self.expected, self.fix)


def check_choice(kind, name, choices):
    """Raises UserError if a name is not among the choices.

    Args:
        kind: What is chosen, for the message.
        name: str.
        choices: Names that exist, in the order of the message.
    """
    if name not in choices:
        raise UserError(
            f"{kind} {name!r}", "one of " + ", ".join(choices), f"Choose one of these {kind}s."
        )


def one_line(error):
    """The text of another library's error on one line of at most 300 characters."""
    return " ".join(str(error).split())[:300]


class DivergedError(Exception):
    """Training produced a loss that is not a finite number: exit status 1."""


class LostDataError(Exception):
    """Pictures that were there can no longer be read: exit status 1."""


class LostWorkerError(Exception):
    """Another process that trains the same network is gone: exit status 1."""


class InterruptedRunError(Exception):
    """A signal ended the run: exit status 128 + `signal_number`.

    Args:
        signal_number: For example 2 (SIGINT) or 15 (SIGTERM).
        message: What was kept and where, for the user.
    """

    def __init__(self, signal_number: int, message: str):
        super().__init__(message)
        self.signal_number = signal_number


def signal_number(interrupt):
    """The signal behind a KeyboardInterrupt: the number that a handler gave it, else SIGINT."""
    return int(interrupt.args[0]) if interrupt.args else int(signal.SIGINT)
