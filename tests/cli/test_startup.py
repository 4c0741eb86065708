"""Tests of what happens before a command runs."""

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
        logger.warning("small data set")
    logger.info("later")
    assert capsys.readouterr().out == "epoch 1\nNote: small data set\n"
