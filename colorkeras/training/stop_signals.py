"""Signals that end a run after its current step rather than within it."""

import contextlib
import signal
import threading

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """A signal that asked for the end of the work.

    Attributes:
        number: The signal's, None before it came.
    """

    def __init__(self):
        self.number = None

    def obey(self):
        """Raises KeyboardInterrupt with the number of the signal."""
        raise KeyboardInterrupt(self.number)


@contextlib.contextmanager
def stop_requests():
    """Yields a `StopRequest` that the first SIGINT or SIGTERM fills; a second one acts at once.

    Outside of the main thread, which alone receives signals, nothing fills it.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def ask(number, frame):
        request.number = number
        _set(before)

    _set(dict.fromkeys(SIGNALS, ask))
    try:
        yield request
    finally:
        _set(before)


@contextlib.contextmanager
def signals_ignored():
    """Lets SIGINT and SIGTERM pass without effect."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Only the main thread may set, and receives, signals.
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    _set(dict.fromkeys(SIGNALS, signal.SIG_IGN))
    try:
        yield
    finally:
        _set(before)


def _set(handlers):
    for number, handler in handlers.items():
        signal.signal(number, handler)
