"""Tests for training with several worker processes on this machine."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf
from whole_runs import comparable_history, raise_at

from colorkeras.training import distribution, run_context, trainer
from colorkeras.utils.errors import LostWorkerError, UserError

SECONDS_TO_NOTICE = 60
"""Maximum time in seconds for a worker to stop after another has died."""

# Runs the command and records the mean loss after each step and the final weights.
PROGRAM = """
import functools, json, os, sys
from pathlib import Path

import keras

from colorkeras.training import trainer
from colorkeras.cli import main

losses = []

class Recorder(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        losses.append(float(logs["loss"]))
        if os.environ.get("DIE_AT") == str(len(losses)):
            os.kill(os.getpid(), 9)

    def on_train_end(self, logs=None):
        number = json.loads(os.environ.get("TF_CONFIG", '{"task": {"index": 0}}'))["task"]["index"]
        weights = [weight.tolist() for weight in self.model.network.get_weights()]
        Path(f"worker-{number}.json").write_text(json.dumps([losses, weights]))

trainer.train = functools.partial(trainer.train, callbacks=[Recorder()])
trainer.resume = functools.partial(trainer.resume, callbacks=[Recorder()])
sys.exit(main())
"""

WORDS = (
    *("train", "--arch", "skip_cnn", "--epochs", "5", "--checkpoint-every", "2steps"),
    *("--image-size", "16", "--batch-size", "4", "--precision", "float32"),
)


def start(folder, *words, config=None, **variables):
    environment = {**os.environ, **variables}
    if config is not None:
        environment["TF_CONFIG"] = json.dumps(config)
    return subprocess.Popen(
        [sys.executable, "-u", "-c", PROGRAM, *map(str, words)],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def start_workers(folder, free_ports, *words, die_at=None):
    """Start two workers; the second is killed after step `die_at`."""
    addresses = [f"localhost:{port}" for port in free_ports(2)]
    return [
        start(
            folder,
            *words,
            "--strategy",
            "multi_worker",
            config={
                "cluster": {"worker": addresses},
                "task": {"type": "worker", "index": number},
            },
            **({"DIE_AT": str(die_at)} if die_at and number == 1 else {}),
        )
        for number in range(2)
    ]


def end(processes):
    outputs = [process.communicate(timeout=600)[0] for process in processes]
    return [process.returncode for process in processes], outputs


def run_in(folder):
    (run,) = (folder / "runs" / "skip_cnn").iterdir()
    return run


@pytest.fixture(scope="module")
def launch_local():
    sys.path.insert(0, "pipelines")
    try:
        import launch_local
    finally:
        sys.path.remove("pipelines")
    return launch_local


@pytest.fixture(scope="module")
def free_ports(launch_local):
    return launch_local.free_ports


@pytest.mark.parametrize(
    ("programs", "status"),
    [
        (["", ""], 0),
        (["sys.exit(1)", "time.sleep(600)"], 1),
        (["time.sleep(600)", "os.kill(os.getpid(), 9)"], 137),
    ],
)
def test_launched_workers_end_together(programs, status, launch_local, monkeypatch):
    monkeypatch.setattr(launch_local, "SECONDS_TO_END", 0.1)
    command = [sys.executable, "-c"]
    workers = [
        subprocess.Popen([*command, f"import os, sys, time\n{program}"]) for program in programs
    ]
    assert launch_local.wait_for_all(workers) == status
    assert None not in [worker.returncode for worker in workers]


@pytest.fixture(scope="module")
def one(image_folder, tmp_path_factory):
    """Folder of a run in a single process."""
    folder = tmp_path_factory.mktemp("one")
    statuses, outputs = end([start(folder, *WORDS, "--dataset", image_folder)])
    assert statuses == [0], outputs
    return folder


@pytest.fixture(scope="module")
def two(image_folder, free_ports, tmp_path_factory):
    """Folder of the same run with two workers."""
    folder = tmp_path_factory.mktemp("two")
    statuses, outputs = end(start_workers(folder, free_ports, *WORDS, "--dataset", image_folder))
    assert statuses == [0, 0], outputs
    return folder


def recorded(folder, number=0):
    return json.loads((folder / f"worker-{number}.json").read_text())


@pytest.mark.slow
def test_two_workers_take_the_steps_of_one_process(one, two):
    losses, weights = recorded(one)
    assert len(losses) >= 20
    for number in range(2):
        np.testing.assert_allclose(recorded(two, number)[0][:20], losses[:20], rtol=1e-4)
    # Both workers have bit-identical weights, which are close to those of a single process.
    assert recorded(two, 0)[1] == recorded(two, 1)[1]
    for weight, expected in zip(recorded(two)[1], weights, strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-2, atol=1e-3)


@pytest.mark.slow
def test_only_the_chief_writes(two):
    assert len(list((two / "saved_models" / "skip_cnn").iterdir())) == 1
    assert (run_in(two) / "metrics.json").exists()
    assert len(comparable_history(run_in(two))) == 5


@pytest.mark.slow
@pytest.mark.parametrize("die_at", [7])
def test_worker_that_dies_stops_the_other_and_both_resume(
    die_at, two, free_ports, image_folder, tmp_path
):
    words = (*WORDS, "--dataset", image_folder)
    first, second = start_workers(tmp_path, free_ports, *words, die_at=die_at)
    assert end([second])[0] == [-signal.SIGKILL]
    died = time.monotonic()
    (status,), (outputs,) = end([first])
    assert time.monotonic() - died < SECONDS_TO_NOTICE
    assert status == 1, outputs
    assert "another worker cannot be reached" in outputs
    assert "Traceback" not in outputs and "Graph execution error" not in outputs
    assert f"--resume {run_in(tmp_path).relative_to(tmp_path)}" in outputs
    again = start_workers(tmp_path, free_ports, "train", "--resume", run_in(tmp_path))
    statuses, outputs = end(again)
    assert statuses == [0, 0], outputs
    assert "Resuming after step" in outputs[0]
    assert recorded(tmp_path)[1] == recorded(two)[1]
    assert comparable_history(run_in(tmp_path)) == comparable_history(run_in(two))


@pytest.mark.slow
def test_worker_without_data_stops_the_other(free_ports, image_folder, tmp_path):
    addresses = [f"localhost:{port}" for port in free_ports(2)]
    cluster = {"worker": addresses}
    workers = [
        start(
            tmp_path,
            *(*WORDS, "--strategy", "multi_worker", "--dataset", images),
            config={"cluster": cluster, "task": {"type": "worker", "index": number}},
        )
        for number, images in enumerate((image_folder, tmp_path / "missing"))
    ]
    statuses, outputs = end(workers)
    assert statuses == [1, 2], outputs
    assert "another worker cannot be reached" in outputs[0]
    assert "Traceback" not in outputs[0]


@pytest.mark.slow
def test_workers_with_different_checkpoints_are_refused(two, free_ports, tmp_path):
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        shutil.copytree(two, folder)
    newest = max((run_in(folders[1]) / "checkpoints").iterdir())
    newest.unlink()
    addresses = [f"localhost:{port}" for port in free_ports(2)]
    workers = [
        start(
            folder,
            *("train", "--resume", run_in(folder).relative_to(folder), "--epochs", "6"),
            config={
                "cluster": {"worker": addresses},
                "task": {"type": "worker", "index": number},
            },
        )
        for number, folder in enumerate(folders)
    ]
    statuses, outputs = end(workers)
    assert statuses == [2, 2], outputs
    assert all("workers that start at different steps" in each for each in outputs)


@pytest.mark.slow
@pytest.mark.parametrize("num_workers", [1, 2])
def test_launching_locally(num_workers, run_python, image_folder, tmp_path):
    process = run_python(
        *("pipelines/launch_local.py", "--workers", num_workers, "--dataset", image_folder),
        *("--arch", "skip_cnn", "--epochs", 1, "--image-size", 16, "--batch-size", 4),
        *("--runs-dir", tmp_path / "runs", "--export-dir", tmp_path / "saved_models"),
    )
    assert process.returncode == 0, process.stdout
    assert "[0] Exported the model from the best epoch (1)" in process.stdout
    assert (run_in(tmp_path) / "metrics.json").exists()


@pytest.mark.parametrize(
    ("kind", "is_lost"),
    [
        (tf.errors.UnavailableError, True),
        (tf.errors.ResourceExhaustedError, False),
        (tf.errors.InvalidArgumentError, False),
    ],
)
def test_only_connection_errors_mean_a_lost_worker(
    kind, is_lost, config_for, tmp_path, monkeypatch
):
    monkeypatch.setattr(run_context.RunContext, "is_multi_worker", True)
    error = kind(None, None, "why")
    with trainer.Trainer(config_for(tmp_path), callbacks=[raise_at(error, epoch=0)]) as one:
        one.prepare()
        monkeypatch.setattr(trainer.checkpoints, "check_same_position", lambda *arguments: None)
        one.restore()
        one.fit()
    assert isinstance(one.failure, LostWorkerError) if is_lost else one.failure is error


@pytest.mark.parametrize(
    "config",
    [
        None,
        "{",
        "[]",
        "{}",
        '{"cluster": {}, "task": {"type": "worker", "index": 0}}',
        '{"cluster": {"worker": "a:1"}, "task": {"type": "worker", "index": 0}}',
        '{"cluster": {"worker": ["a:1"]}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "chief", "index": 0}}',
        '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 2}}',
        '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": "0"}}',
        '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker"}}',
        '{"cluster": {"worker": ["a"]}, "task": {"type": "worker", "index": 0}}',
        '{"cluster": {"ps": ["a:1"]}, "task": {"type": "ps", "index": 0}}',
    ],
)
def test_invalid_cluster_is_refused(config, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if config is not None:
        monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(UserError) as error:
        distribution.choose_strategy("multi_worker", batch_size=4)
    received, expected, fix = str(error.value).splitlines()
    assert "TF_CONFIG" in received and "cluster" in expected and "TF_CONFIG" in fix
