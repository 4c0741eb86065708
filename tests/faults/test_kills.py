"""Tests that runs killed at any time and then resumed give bit-identical results.

pytest -m faults tests/faults/test_kills.py --kills 30
"""

import signal
import time

import numpy as np
import pytest
from faults.short_run import (
    MAIN,
    assert_whole,
    end,
    finish,
    result_in,
    start_training,
    wait_for,
)

pytestmark = pytest.mark.faults

PAUSES = """
import sys, time

def paused():
    print("HALF WRITTEN", flush=True)
    time.sleep(600)

"""

PAUSED_IN_CHECKPOINT = """
import numpy

savez, written = numpy.savez, []

def half_of_the_second(stream, **arrays):
    written.append(stream)
    names = list(arrays)
    count = len(names) if len(written) == 1 else len(names) // 2
    savez(stream, **{name: arrays[name] for name in names[:count]})
    if len(written) == 2:
        stream.flush()
        paused()

numpy.savez = half_of_the_second
"""

PAUSED_IN_EXPORT = """
from colorkeras.export import saved_model

saved_model.write_text = lambda *arguments: paused()
"""


def pytest_generate_tests(metafunc):
    if "number" in metafunc.fixturenames:
        metafunc.parametrize("number", range(metafunc.config.getoption("--kills")))


@pytest.fixture(scope="module")
def seconds(image_folder, tmp_path_factory):
    """Duration of the short run in seconds."""
    started = time.monotonic()
    status, output = end(start_training(tmp_path_factory.mktemp("timed"), image_folder))
    assert status == 0, output
    return time.monotonic() - started


def test_killed_at_any_moment(number, seconds, undisturbed, image_folder, tmp_path):
    """Runs are killed at random times, mostly late, because startup takes half of the time."""
    process = start_training(tmp_path, image_folder)
    time.sleep(seconds * np.sqrt(np.random.default_rng(number).uniform(0.05, 1)))
    process.send_signal(signal.SIGKILL)
    end(process)
    assert_whole(tmp_path)
    finish(tmp_path, image_folder)
    assert_whole(tmp_path)
    assert result_in(tmp_path) == undisturbed


@pytest.mark.parametrize("pause", [PAUSED_IN_CHECKPOINT, PAUSED_IN_EXPORT], ids=["npz", "export"])
def test_killed_while_writing(pause, undisturbed, image_folder, tmp_path):
    process = start_training(tmp_path, image_folder, program=PAUSES + pause + MAIN)
    assert wait_for(process, "HALF WRITTEN")
    process.send_signal(signal.SIGKILL)
    end(process)
    assert_whole(tmp_path)
    output = finish(tmp_path, image_folder)
    assert "Resuming after" in output
    assert_whole(tmp_path)
    assert result_in(tmp_path) == undisturbed


def test_two_runs_at_once_give_two_results(undisturbed, image_folder, tmp_path):
    processes = [start_training(tmp_path, image_folder) for _ in range(2)]
    assert [end(process)[0] for process in processes] == [0, 0]
    folders = sorted((tmp_path / "runs" / "skip_cnn").iterdir())
    assert len(folders) == 2
    names = sorted(path.name for path in (tmp_path / "saved_models" / "skip_cnn").iterdir())
    assert names == ["1", "2"]
    for folder in folders:
        alone = tmp_path / f"alone-{folder.name}"
        (alone / "runs" / "skip_cnn").mkdir(parents=True)
        folder.rename(alone / "runs" / "skip_cnn" / folder.name)
        assert result_in(alone) == undisturbed
