"""Measure the overhead of a second worker on one machine and the time to detect a lost worker.

    python benchmarks/workers.py

Trains `unet` on the sample dataset at the same batch size in a single process, with one worker and
with two workers, and reports the speed of the last epoch. Then kills one of two workers and
measures how long the other takes to stop. Workers on one machine share its processors, so no
speedup is possible.

Latest result (2026-11-26, two cores of an AMD EPYC, medians of three runs): The speed is 727
images/s (660 to 756) in one process, 787 images/s (784 to 808) with one worker, and 358 images/s
(319 to 367) with two workers. A worker stops 8.0 s (2.5 to 9.0) after the other is killed.
"""

import argparse
import contextlib
import csv
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from colorkeras.training.precision import describe_device

ROOT = Path(__file__).resolve().parents[1]

EPOCHS, BATCH_SIZE = 4, 128

REPEATS = 3

COMMON = ("--dataset", "sample", "--arch", "unet", "--batch-size", BATCH_SIZE)


def main():
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    sys.path.insert(0, str(ROOT / "pipelines"))
    import launch_local

    print(f"{describe_device()}, batches of {BATCH_SIZE}, medians of {REPEATS}")
    programs = {
        "one process": ("pipelines/train.py",),
        "one worker": ("pipelines/launch_local.py", "--workers", 1),
        "two workers": ("pipelines/launch_local.py", "--workers", 2),
    }
    for name, words in programs.items():
        speeds = [speed(words) for _ in range(REPEATS)]
        print(
            f"{name}: {statistics.median(speeds):.0f} images/s ({min(speeds):.0f} to "
            f"{max(speeds):.0f})"
        )
    seconds = [seconds_to_notice(launch_local) for _ in range(REPEATS)]
    print(
        f"after a worker is killed, the other takes {statistics.median(seconds):.1f} s "
        f"({min(seconds):.1f} to {max(seconds):.1f}) to stop"
    )


def options_in(folder, epochs):
    """Return the command-line arguments for a run that writes to a folder."""
    folders = ("--runs-dir", folder / "runs", "--export-dir", folder / "saved_models")
    return [*map(str, (*COMMON, "--epochs", epochs, *folders))]


def history_in(folder):
    """Return the rows of the run's history so far."""
    for path in folder.glob("runs/*/*/history.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    return []


def speed(words):
    """Train; return the speed of the last epoch in images per second."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        command = [sys.executable, *map(str, words), *options_in(folder, EPOCHS)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        return float(history_in(folder)[-1]["images_per_second"])


def seconds_to_notice(launch_local):
    """Kill one of two workers; return the seconds until the other has stopped."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(ROOT):
        folder = Path(folder)
        addresses = [f"localhost:{port}" for port in launch_local.free_ports(2)]
        words = [*options_in(folder, 1000), "--strategy", "multi_worker"]
        first, second = (launch_local.start_worker(addresses, number, words) for number in range(2))
        while not history_in(folder):
            assert first.poll() is None and second.poll() is None
            time.sleep(0.1)
        second.kill()
        killed = time.monotonic()
        assert first.wait() == 1
        return time.monotonic() - killed


if __name__ == "__main__":
    main()
