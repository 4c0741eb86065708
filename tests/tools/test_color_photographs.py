"""Test of the script that colors the photographs of the documentation."""

from colorkeras import cli


def test_no_photographs_is_explained(run_script, tmp_path):
    words = ("--photographs", tmp_path, "--output", tmp_path / "new.png")
    status, _, errors = run_script("tools/color_photographs.py", *words)
    assert status == cli.UNUSABLE and "in which there is no JPEG file" in errors
    assert not list(tmp_path.iterdir())
