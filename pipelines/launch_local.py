"""Start several workers on this machine for one training run, to try out `--strategy multi_worker`.

    python pipelines/launch_local.py --workers 2 --dataset sample --arch skip_cnn --epochs 1
    python pipelines/launch_local.py --workers 2 --resume runs/skip_cnn/20260101-120000

All other options are passed to `colorkeras train`. Each output line starts with the number of the
worker that printed it. To use several machines, start `colorkeras train --strategy multi_worker` on
each of them, with a suitable TF_CONFIG and a `--runs-dir` on a shared file system.
"""

import argparse
import json
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from colorkeras.cli import guarded

TRAIN = Path(__file__).with_name("train.py")

SECONDS_TO_END = 120
"""Time in seconds that the other workers are given to stop on their own after one has failed."""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--workers", type=int, default=2, metavar="N", help="Number of workers. Default: 2."
    )
    options, words = parser.parse_known_args()
    if options.workers < 1:
        parser.error(f"--workers {options.workers}: must be at least 1")
    words = [*words, "--strategy", "multi_worker"]
    addresses = [f"localhost:{port}" for port in free_ports(options.workers)]
    workers = [start_worker(addresses, number, words) for number in range(options.workers)]

    def forward(number, frame):
        for worker in workers:
            worker.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, forward)
    return wait_for_all(workers)


def free_ports(count):
    """Return unused ports on this machine."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("localhost", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def start_worker(addresses, number, words):
    """Start a worker and print its output, prefixing each line with the worker's number.

    Args:
        addresses: List with the `host:port` of each worker.
        number: Index of this worker.
        words: Command-line arguments.

    Returns:
        `subprocess.Popen`.
    """
    task = {"type": "worker", "index": number}
    config = json.dumps({"cluster": {"worker": addresses}, "task": task})
    worker = subprocess.Popen(
        [sys.executable, "-u", str(TRAIN), *words],
        env={**os.environ, "TF_CONFIG": config},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # This process forwards Ctrl-C, so the terminal must not also send it to the workers.
        start_new_session=True,
    )

    def show():
        for line in worker.stdout:
            print(f"[{number}] {line}", end="", flush=True)

    # Not a daemon thread, so that all output is printed before this process ends.
    threading.Thread(target=show).start()
    return worker


def wait_for_all(workers):
    """Wait for all workers; return the first nonzero exit status, or 0 if there is none."""
    status, deadline = 0, math.inf
    while True:
        statuses = [worker.poll() for worker in workers]
        failed = [each for each in statuses if each]
        if failed and not status:
            # Like a shell, report 128 plus the number of the signal that ended a process.
            status = failed[0] if failed[0] > 0 else 128 - failed[0]
            deadline = time.monotonic() + SECONDS_TO_END
        if None not in statuses:
            return status
        if time.monotonic() > deadline:
            for worker in workers:
                worker.kill()
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(guarded(main))
