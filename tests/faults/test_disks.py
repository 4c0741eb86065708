"""Full and locked disks: a clear message, nothing earlier lost, and the next start works."""

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

# A limit to the size of files stands in for a full disk: writing fails the same way.
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
    "history": "full_at(callbacks.Record, 'write', 2)",
    "events": "full_at(tensorboard.EpochSummaries, 'on_epoch_end', 2)",
    "export": "full_at(export, 'export', 1)",
}

NOBODY = """
import os, sys

# All that is imported later must be there before: nobody may not read everyone's files.
from colorkeras.training import trainer
from colorkeras.cli import main, train

os.setgid(65534)
os.setuid(65534)
sys.exit(main())
"""


@pytest.mark.parametrize("place", PLACES)
def test_a_full_disk(place, undisturbed, picture_folder, tmp_path):
    process = start_training(tmp_path, picture_folder, program=FULL + PLACES[place] + MAIN)
    status, said = end(process)
    assert status == 1, said
    assert "cannot be written" in said and "Traceback" not in said
    assert_whole(tmp_path)
    assert "Resuming after" in finish(tmp_path, picture_folder)
    assert_whole(tmp_path)
    assert result_in(tmp_path) == undisturbed


@pytest.mark.skipif(not IS_ROOT, reason="only root can become another user")
@pytest.mark.parametrize("option", ["--runs-dir", "--export-dir"])
def test_a_folder_without_permission(option, picture_folder, tmp_path):
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
    process = start("/", *WORDS, "--dataset", picture_folder, *words, program=NOBODY)
    status, said = end(process)
    assert status == 2, said
    assert f"{option} '{tmp_path / 'locked'}" in said and "not writable" in said
    assert not list(Path(tmp_path / "locked").iterdir())
