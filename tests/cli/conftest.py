"""Fixture that runs the command line in the test process."""

import pytest

from colorkeras import cli


@pytest.fixture
def main(monkeypatch, tmp_path, capsys):
    """Function that runs a command in an empty folder and returns (status, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run(words):
        try:
            status = cli.main(words.split())
        except SystemExit as stop:
            status = stop.code
        output, errors = capsys.readouterr()
        return status, output, errors

    return run
