"""A short training in a process of its own, to be disturbed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
from whole_runs import comparable_history

from colorkeras.export import checksums
from colorkeras.training import checkpoints, run_directory

WORDS = (
    *("train", "--arch", "skip_cnn", "--epochs", "3", "--checkpoint-every", "2steps"),
    *("--image-size", "16", "--batch-size", "4", "--precision", "float32"),
)

MAIN = """
import sys

from colorkeras.cli import main

sys.exit(main())
"""


def start(folder, *words, program=MAIN):
    """Starts a command in a folder; its output and errors come as one."""
    return subprocess.Popen(
        [sys.executable, "-u", "-c", program, *map(str, words)],
        cwd=folder,
        # What the command itself asks for, too late in programs that have loaded TensorFlow.
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def start_training(folder, pictures, program=MAIN):
    """Starts the short run in a folder."""
    return start(folder, *WORDS, "--dataset", pictures, program=program)


def wait_for(process, text):
    """Reads what a process says up to a line with a text; returns whether it came."""
    return any(text in line for line in process.stdout)


def end(process):
    """Waits for the end of a process; returns its status and what was not yet read."""
    with process:
        said, _ = process.communicate(timeout=600)
    return process.returncode, said


def run_in(folder):
    """The folder of the only run that has settings, or None."""
    found = list(Path(folder, "runs", "skip_cnn").glob("*/config.json"))
    assert len(found) <= 1
    return found[0].parent if found else None


def finish(folder, pictures):
    """Goes on with what was stopped as a user would; returns all that was said."""
    run = run_in(folder)
    if run is None:
        status, said = end(start_training(folder, pictures))
    else:
        status, said = end(start(folder, "train", "--resume", run))
        if status == 2 and "has finished 3" in said:
            # It was stopped when nothing was left to do.
            assert all((run / name).exists() for name in ("samples.png", "worst.png", "images.png"))
            return said
    assert status == 0, said
    return said


def result_in(folder):
    """What must be the same, bit by bit, however a run came to its end."""
    run = run_in(folder)
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    weights = keras.saving.load_model(run / "model.keras").get_weights()
    return [weight.tobytes() for weight in weights], comparable_history(run), metrics["metrics"]


def assert_whole(folder):
    """Fails if a checkpoint cannot be read, or an export or the settings are not whole."""
    for path in Path(folder, "saved_models").glob("skip_cnn/[0-9]*"):
        checksums.verify(path, required=True)
    run = run_in(folder)
    if run is not None:
        run_directory.read_config(run, {"export_dir": "saved_models"})
        for path in (run / checkpoints.FOLDER).glob("epoch-*.npz"):
            with np.load(path, allow_pickle=False) as stored:
                assert len(dict(stored)) > 10
