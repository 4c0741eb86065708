"""Fuzz tests: damaged files and requests are read or rejected; nothing crashes or hangs.

pytest -m faults tests/faults/test_fuzz.py --fuzz-cases 20000
"""

import subprocess
import sys
from pathlib import Path

import pytest
from faults import fuzz

pytestmark = pytest.mark.faults

PER_MODEL = 100
"""Number of other cases per case that loads a model, because loading is slow."""


@pytest.mark.parametrize("kind", fuzz.KINDS)
def test_damaged_files_are_read_or_refused(kind, request, tmp_path):
    count = request.config.getoption("--fuzz-cases")
    if kind == "models":
        count = max(count // PER_MODEL, 10)
    process = subprocess.run(
        [sys.executable, Path(fuzz.__file__), kind, "0", str(count), tmp_path],
        capture_output=True,
        text=True,
        errors="replace",
    )
    *_, last = process.stdout.splitlines() or ["nothing"]
    assert process.returncode == 0, f"case {last}: {process.stderr[-3000:]}"
    # Damage goes undetected in some cases, but not in all.
    assert count // 10 < int(last.removeprefix("refused ")) < count
