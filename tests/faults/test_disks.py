"""Tests for full and read-only disks: clear messages, intact earlier results, and resumption."""

import os
from pathlib import Path

import pytest
from faults.short_run import (
    MAIN,
    WORDS,
    assert_whole,
    end,
    finish,
    result_in,
    start,
    start_training,
)

pytestmark = pytest.mark.faults

IS_ROOT = getattr(os, "geteuid", lambda: 1)() == 0

# A file size limit simulates a full disk, because writing fails in the same way.
FULL = """
import resource, sys

from colorkeras.export import saved_model
from colorkeras.training import callbacks, checkpoints, tensorboard

def full_at(place, name, number):
    function, calls = getattr(place, name), []

    def starved(*arguments, **settings):
        calls.append(name)
        if len(calls) == number:
            _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
        return function(*arguments, **settings)

    setattr(place, name, starved)

"""

PLACES = {
    "checkpoint": "full_at(checkpoints, 'save', 4)",
    "history": "full_at(callbacks.HistoryLogger, 'write', 2)",
    "events": "full_at(tensorboard.EpochSummaries, 'on_epoch_end', 2)",
    "export": "full_at(saved_model, 'export', 1)",
}

NOBODY = """
import os, sys

# Imported first, because the user "nobody" may not be allowed to read the files.
from colorkeras.training import trainer
from colorkeras.cli import main, train

os.setgid(65534)
os.setuid(65534)
sys.exit(main())
"""


@pytest.mark.parametrize("place", PLACES)
def test_full_disk(place, undisturbed, image_folder, tmp_path):
    process = start_training(tmp_path, image_folder, program=FULL + PLACES[place] + MAIN)
    status, output = end(process)
    assert status == 1, output
    assert "cannot be written" in output and "Traceback" not in output
    assert_whole(tmp_path)
    assert "Resuming after" in finish(tmp_path, image_folder)
    assert_whole(tmp_path)
    assert result_in(tmp_path) == undisturbed


@pytest.mark.skipif(not IS_ROOT, reason="only root can become another user")
@pytest.mark.parametrize("option", ["--runs-dir", "--export-dir"])
def test_folder_without_permission(option, image_folder, tmp_path):
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid():
            folder.chmod(folder.stat().st_mode | 0o055)
        if folder.name.startswith("pytest-of"):
            break
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "locked").mkdir(mode=0o755)
    places = {"--runs-dir": tmp_path / "open", "--export-dir": tmp_path / "open"}
    places[option] = tmp_path / "locked"
    words = [word for pair in places.items() for word in pair]
    process = start("/", *WORDS, "--dataset", image_folder, *words, program=NOBODY)
    status, output = end(process)
    assert status == 2, output
    assert f"{option} '{tmp_path / 'locked'}" in output and "not writable" in output
    assert not list(Path(tmp_path / "locked").iterdir())
