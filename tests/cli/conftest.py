"""The command line in process, for all tests of commands."""

import pytest

from colorkeras import cli


@pytest.fixture
def main(monkeypatch, tmp_path, capsys):
    """Function that runs words in an empty folder; returns exit status, output and errors."""
    monkeypatch.chdir(tmp_path)

    def run(words):
        try:
            status = cli.main(words.split())
        except SystemExit as stop:
            status = stop.code
        output, errors = capsys.readouterr()
        return status, output, errors

    return run
