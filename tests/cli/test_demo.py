"""Tests for options that `colorkeras demo` rejects before starting the server."""

import pytest

from colorkeras import cli


@pytest.mark.parametrize(
    ("words", "received"),
    [
        ("--model nomodel", "'nomodel'"),
        ("--port 0", "--port 0"),
        ("--max-megabytes 0", "--max-megabytes 0"),
        ("--max-megapixels -1", "--max-megapixels -1"),
        ("--allow-host https://a.example", "--allow-host 'https://a.example'"),
        ("--allow-host a.example --allow-host a.example:80", "--allow-host 'a.example:80'"),
        ("--allow-host *", "--allow-host '*'"),
    ],
)
def test_bad_input_is_explained(words, received, main):
    status, output, errors = main(f"demo {words}")
    assert status == cli.UNUSABLE and not output
    assert errors.startswith("\nReceived: ") and received in errors
    assert "Expected: " in errors and "Fix: " in errors and "Traceback" not in errors


def test_a_missing_library_is_explained(main, monkeypatch):
    monkeypatch.setattr("colorkeras.cli.demo.importlib.util.find_spec", lambda name: None)
    status, _, errors = main("demo")
    assert status == cli.UNUSABLE and "pip install 'colorkeras[demo]'" in errors
