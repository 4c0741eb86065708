"""SIGINT and SIGTERM handling: finish the current step, write a checkpoint, then stop."""

import contextlib
import signal
import threading

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """Request to stop training.

    Attributes:
        number: Number of the signal that was received; None if there was none.
    """

    def __init__(self):
        self.number = None

    def obey(self):
        """Raise KeyboardInterrupt with the number of the signal if there was one."""
        if self.number is not None:
            raise KeyboardInterrupt(self.number)


@contextlib.contextmanager
def stop_requests():
    """Yield a `StopRequest` that records the first SIGINT or SIGTERM.

    A second signal acts at once. Only the main thread receives signals; in other threads the
    request stays empty.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def record(number, frame):
        request.number = number
        _set(before)

    _set(dict.fromkeys(SIGNALS, record))
    try:
        yield request
    finally:
        _set(before)


@contextlib.contextmanager
def signals_ignored():
    """Ignore SIGINT and SIGTERM."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Only the main thread can set signal handlers.
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
