"""What a second worker costs on one machine, and how soon a worker notices that the other died.

    python benchmarks/workers.py

Trains `unet` on the pictures that come with colorkeras, in one process and in two workers on the
loopback, at the same batch, and takes the speed of the last epoch. Then kills one of two workers,
and takes the time until the other has ended. On one machine two workers share its processors: no
speed-up is to be had.

Last result (2026-11-26, two cores of an AMD EPYC, medians of 3): one process 727 images/s (660 to
756), a cluster of one worker 787 (784 to 808), of two workers 358 (319 to 367); a worker ends 8.0 s
after the other one was killed (2.5 to 9.0).
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
        f"a dead worker: the other one ends after {statistics.median(seconds):.1f} s "
        f"({min(seconds):.1f} to {max(seconds):.1f})"
    )


def options_in(folder, epochs):
    """Words of a run in a folder."""
    folders = ("--runs-dir", folder / "runs", "--export-dir", folder / "saved_models")
    return [*map(str, (*COMMON, "--epochs", epochs, *folders))]


def history_in(folder):
    """Rows of the run's history, as far as it is written."""
    for path in folder.glob("runs/*/*/history.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    return []


def speed(words):
    """Images a second in the last epoch of a run."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        command = [sys.executable, *map(str, words), *options_in(folder, EPOCHS)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        return float(history_in(folder)[-1]["images_per_second"])


def seconds_to_notice(launch_local):
    """How long a worker goes on after the death of the other one, in the middle of a run."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(ROOT):
        folder = Path(folder)
        addresses = [f"localhost:{port}" for port in launch_local.free_ports(2)]
        words = [*options_in(folder, 1000), "--strategy", "multi_worker"]
        first, second = (launch_local.started(addresses, number, words) for number in range(2))
        while not history_in(folder):
            assert first.poll() is None and second.poll() is None
            time.sleep(0.1)
        second.kill()
        killed = time.monotonic()
        assert first.wait() == 1
        return time.monotonic() - killed


if __name__ == "__main__":
    main()
