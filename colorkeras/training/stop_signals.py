"""Handle SIGINT and SIGTERM: finish the current step, write a checkpoint and stop."""

import contextlib
import signal
import threading

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """A request to stop training.

    Attributes:
        number: Number of the received signal; None if there is no request.
    """

    def __init__(self):
        self.number = None

    def obey(self):
        """Raise KeyboardInterrupt with the signal number if a signal was received."""
        if self.number is not None:
            raise KeyboardInterrupt(self.number)


@contextlib.contextmanager
def stop_requests():
    """Yield a `StopRequest` that records the first SIGINT or SIGTERM.

    A second signal is passed to the original handler. Signals are only recorded in the main thread.
    """
    request = StopRequest()
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def record(number, frame):
        request.number = number
        _set(before)

    with _handled_by(record):
        yield request


def signals_ignored():
    """Return a context manager that ignores SIGINT and SIGTERM."""
    return _handled_by(signal.SIG_IGN)


@contextlib.contextmanager
def _handled_by(handler):
    if threading.current_thread() is not threading.main_thread():
        yield  # Only the main thread can set signal handlers.
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    _set(dict.fromkeys(SIGNALS, handler))
    try:
        yield
    finally:
        _set(before)


def _set(handlers):
    for number, handler in handlers.items():
        signal.signal(number, handler)
