"""Helpers for a short training run in a separate process, for fault injection."""

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
    """Start a command in a folder with stderr redirected to stdout."""
    return subprocess.Popen(
        [sys.executable, "-u", "-c", program, *map(str, words)],
        cwd=folder,
        # The command also sets this, but too late for programs that import TensorFlow first.
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def start_training(folder, images, program=MAIN):
    """Start the short run in a folder."""
    return start(folder, *WORDS, "--dataset", images, program=program)


def wait_for(process, text):
    """Read a process's output until a line contains the text; return whether one does."""
    return any(text in line for line in process.stdout)


def end(process):
    """Wait for a process to end; return its exit status and the rest of its output."""
    with process:
        output, _ = process.communicate(timeout=600)
    return process.returncode, output


def run_in(folder):
    """Return the folder of the only run that has a config.json, or None."""
    found = list(Path(folder, "runs", "skip_cnn").glob("*/config.json"))
    assert len(found) <= 1
    return found[0].parent if found else None


def finish(folder, images):
    """Resume a run, or restart it if it cannot be resumed; return the output."""
    run = run_in(folder)
    if run is None:
        status, output = end(start_training(folder, images))
    else:
        status, output = end(start(folder, "train", "--resume", run))
        if status == 2 and "stopped after epoch 3" in output:
            # The run was stopped after its last step.
            assert all((run / name).exists() for name in ("samples.png", "worst.png", "images.png"))
            return output
    assert status == 0, output
    return output


def result_in(folder):
    """Return all results that must be bit-identical even after an interruption."""
    run = run_in(folder)
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    weights = keras.saving.load_model(run / "model.keras").get_weights()
    return [weight.tobytes() for weight in weights], comparable_history(run), metrics["metrics"]


def assert_whole(folder):
    """Fail if a checkpoint, an export or the settings are incomplete."""
    for path in Path(folder, "saved_models").glob("skip_cnn/[0-9]*"):
        checksums.verify(path, required=True)
    run = run_in(folder)
    if run is not None:
        run_directory.read_config(run, {"export_dir": "saved_models"})
        for path in (run / checkpoints.FOLDER).glob("epoch-*.npz"):
            with np.load(path, allow_pickle=False) as stored:
                assert len(dict(stored)) > 10
