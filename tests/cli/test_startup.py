"""Tests for the process setup before a command runs."""

import logging
import os
import platform
import sys

import pytest

from colorkeras import cli
from colorkeras.cli import startup

ONEDNN = "TF_ENABLE_ONEDNN_OPTS"
LEVEL = "TF_CPP_MIN_LOG_LEVEL"


@pytest.mark.parametrize(
    ("given", "machine", "expected"),
    [(None, "x86_64", "1"), ("0", "x86_64", "0"), (None, "aarch64", None)],
)
def test_onednn_is_preferred_on_x86_unless_set(given, machine, expected, monkeypatch):
    monkeypatch.setenv(ONEDNN, given or "")
    if given is None:
        monkeypatch.delenv(ONEDNN)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    with monkeypatch.context() as before_tensorflow:
        before_tensorflow.delitem(sys.modules, "tensorflow")
        startup.prefer_onednn()
    assert os.environ.get(ONEDNN) == expected


def test_onednn_is_preferred_for_training_only(main, monkeypatch):
    calls = []
    monkeypatch.setattr(cli, "prefer_onednn", lambda: calls.append("asked"))
    main("colorize --help")
    assert not calls
    main("train --help")
    assert calls == ["asked"]


def test_native_output_is_shown_only_if_an_exception_is_raised(capfd, monkeypatch):
    monkeypatch.delenv(LEVEL, raising=False)
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    with startup.quiet_start():
        os.write(2, b"noise")
    assert capfd.readouterr().err == ""
    with pytest.raises(ValueError), startup.quiet_start():
        os.write(2, b"reason")
        raise ValueError
    assert capfd.readouterr().err == "reason"
    assert LEVEL not in os.environ


def test_a_log_level_in_the_environment_shows_everything(capfd, monkeypatch):
    monkeypatch.setenv(LEVEL, "0")
    with startup.quiet_start():
        os.write(2, b"noise")
    assert capfd.readouterr().err == "noise"


def test_logged_lines_are_printed_and_warnings_are_marked(capsys):
    logger = logging.getLogger("colorkeras.test")
    with startup.console_logging():
        logger.info("epoch %d", 1)
        logger.warning("small dataset")
    logger.info("later")
    assert capsys.readouterr().out == "epoch 1\nNote: small dataset\n"


REMAPPER = b"E0000 00:00:1 2 meta_optimizer.cc:967] remapper failed: INVALID_ARGUMENT: Mutation"


def test_only_errors_of_the_remapper_are_dropped(capfd):
    with startup.without_remapper_errors():
        os.write(2, b"E0000 first\n" + REMAPPER + b"\nlast")
    os.write(2, b"\nafter")
    assert capfd.readouterr().err == "E0000 first\nlast\nafter"


def test_the_last_words_of_an_aborted_process_are_shown(run_python):
    result = run_python(
        "-c",
        "import os\n"
        "from colorkeras.cli import startup\n"
        "with startup.without_remapper_errors():\n"
        "    os.write(2, b'F0000 fatal\\n')\n"
        "    os.abort()",
    )
    assert result.returncode < 0 and "F0000 fatal" in result.stderr
