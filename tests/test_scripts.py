"""Tests that every script starts and prints its help."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from colorkeras import cli

REPOSITORY = Path(__file__).resolve().parents[1]

# The other modules are imported by scripts or have no options.
SCRIPTS = [
    path
    for folder in ("pipelines", "benchmarks", "tools")
    for path in sorted(REPOSITORY.glob(f"{folder}/*.py"))
    if re.search(r"argparse|colorkeras\.cli", text := path.read_text(encoding="utf-8"))
    and "__main__" in text
]


EXTRAS = ("av", "cv2", "starlette")
"""Packages from extras that some scripts import."""


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_scripts_start(script, run_script):
    try:
        status, output, _ = run_script(script, "--help")
    except ImportError:
        # Not just ModuleNotFoundError: a doctest skipped because of a missing extra leaves an
        # incomplete module behind.
        missing = [name for name in EXTRAS if find_spec(name) is None]
        if not missing:
            raise
        pytest.skip(f"not installed: {', '.join(missing)}")
    if isinstance(status, str) and "is missing" in status:
        pytest.skip(status)
    command = f"colorkeras {script.stem}" if script.stem in cli.COMMANDS else script.name
    assert not status and f"usage: {command}" in output
