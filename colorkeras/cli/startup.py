"""Prepare the process before a command runs: TensorFlow's start-up messages, oneDNN, logging."""

import contextlib
import logging
import os
import platform
import sys
import tempfile


def prefer_onednn():
    """Let TensorFlow, if it is not loaded yet, use oneDNN on every x86 CPU.

    TensorFlow enables it only on CPUs with neural network instructions, such as AVX512-VNNI.
    Training is faster with it on other CPUs as well (`benchmarks/architectures.py`), whereas
    coloring one small image is slower (`benchmarks/latency.py`). A value of
    TF_ENABLE_ONEDNN_OPTS in the environment wins.
    """
    if "tensorflow" not in sys.modules and platform.machine() in {"x86_64", "AMD64"}:
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


@contextlib.contextmanager
def quiet_start():
    """Discard what TensorFlow prints while it loads and looks for devices, unless that fails.

    It writes a dozen lines to file descriptor 2, among them errors about a missing GPU. Messages
    after that are shown from level ERROR on. If TF_CPP_MIN_LOG_LEVEL is set in the environment,
    nothing is discarded.
    """
    if "TF_CPP_MIN_LOG_LEVEL" in os.environ or "tensorflow" in sys.modules:
        yield
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    try:
        with _discarded_stderr():
            yield
            if "tensorflow" in sys.modules:
                sys.modules["tensorflow"].config.list_physical_devices()
    finally:
        if "tensorflow" not in sys.modules:
            # Nothing loaded it: the next call has to prepare again.
            del os.environ["TF_CPP_MIN_LOG_LEVEL"]


@contextlib.contextmanager
def _discarded_stderr():
    """Discard what is written to file descriptor 2, or show it if an exception is raised."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as discarded:
        saved = os.dup(2)
        os.dup2(discarded.fileno(), 2)
        try:
            yield
        except BaseException:
            discarded.seek(0)
            os.write(saved, discarded.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


@contextlib.contextmanager
def console_logging():
    """Print what the package logs: progress plain, warnings with "Note:" in front."""
    logger = logging.getLogger("colorkeras")
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_ConsoleFormatter())
    previous = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    # Some libraries add a handler to the root logger, which would print every line again.
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(previous[0])
        logger.propagate = previous[1]


class _ConsoleFormatter(logging.Formatter):
    def format(self, record):
        message = record.getMessage()
        return f"Note: {message}" if record.levelno >= logging.WARNING else message
