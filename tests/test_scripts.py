"""Tests that every script starts."""

import re
from pathlib import Path

import pytest

from colorkeras import cli

REPOSITORY = Path(__file__).resolve().parents[1]

# Other modules are imported by scripts, or take no options.
SCRIPTS = [
    path
    for folder in ("pipelines", "benchmarks", "tools")
    for path in sorted(REPOSITORY.glob(f"{folder}/*.py"))
    if re.search(r"argparse|colorkeras\.cli", text := path.read_text(encoding="utf-8"))
    and "__main__" in text
]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_scripts_start(script, run_script):
    status, output, _ = run_script(script, "--help")
    if isinstance(status, str) and "is missing" in status:
        pytest.skip(status)
    command = f"colorkeras {script.stem}" if script.stem in cli.COMMANDS else script.name
    assert not status and f"usage: {command}" in output
