"""Test for `tools/color_photographs.py`."""

from colorkeras import cli


def test_missing_photographs_are_an_error(run_script, tmp_path):
    words = ("--photographs", tmp_path, "--output", tmp_path / "new.png")
    status, _, errors = run_script("tools/color_photographs.py", *words)
    assert status == cli.UNUSABLE and "without JPEG files" in errors
    assert not list(tmp_path.iterdir())
