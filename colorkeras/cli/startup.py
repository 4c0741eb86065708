"""Process setup before a command runs: TensorFlow messages, oneDNN and logging."""

import contextlib
import logging
import os
import platform
import subprocess
import sys
import tempfile

_COPY_ERRORS = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
for line in sys.stdin.buffer:
    if b"] remapper failed: " not in line:
        sys.stderr.buffer.write(line)
        sys.stderr.flush()
"""


def prefer_onednn():
    """Enable oneDNN on all x86 CPUs, unless TensorFlow is already loaded.

    By default, TensorFlow enables oneDNN only on CPUs with neural network instructions, such as
    AVX512-VNNI. On other CPUs, oneDNN also speeds up training (`benchmarks/architectures.py`), but
    it slows down colorizing single small images (`benchmarks/latency.py`). The environment variable
    TF_ENABLE_ONEDNN_OPTS takes precedence.
    """
    if "tensorflow" not in sys.modules and platform.machine() in {"x86_64", "AMD64"}:
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


@contextlib.contextmanager
def quiet_start():
    """Discard TensorFlow's output while it loads and searches for devices, unless loading fails.

    TensorFlow writes a dozen lines to stderr, including errors about a missing GPU. Later messages
    are shown if their level is ERROR or higher. If the environment variable TF_CPP_MIN_LOG_LEVEL is
    set, no output is discarded.
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
            # TensorFlow was not loaded, so the next call must set the variable again.
            del os.environ["TF_CPP_MIN_LOG_LEVEL"]


@contextlib.contextmanager
def _discarded_stderr():
    """Discard output to file descriptor 2, but show it if an exception is raised."""
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
def without_remapper_errors():
    """Remove error messages of TensorFlow's remapper pass from output to file descriptor 2.

    For some networks, the pass fails, and TensorFlow skips this optimization. A child process
    copies all other lines, so no message is lost if this process is killed.
    """
    sys.stderr.flush()
    copy = [sys.executable, "-c", _COPY_ERRORS]
    with subprocess.Popen(copy, stdin=subprocess.PIPE) as copying:
        saved = os.dup(2)
        os.dup2(copying.stdin.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)


@contextlib.contextmanager
def console_logging():
    """Print the package's log messages to stdout; warnings start with "Note:"."""
    logger = logging.getLogger("colorkeras")
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_ConsoleFormatter())
    previous = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    # Otherwise, every line is printed twice if a library adds a handler to the root logger.
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
