"""Start several workers of one training on this machine, to try `--strategy multi_worker`.

    python pipelines/launch_local.py --workers 2 --dataset sample --arch skip_cnn --epochs 1
    python pipelines/launch_local.py --workers 2 --resume runs/skip_cnn/20260101-120000

All other options are those of `pipelines/train.py`. Lines of a worker begin with its number. On
several machines, start `pipelines/train.py --strategy multi_worker` on each with its TF_CONFIG, and
with a folder for runs that all of them see.
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
"""For workers of which another one has failed; they find out by themselves, see
`docs/operations.md`."""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, default=2, metavar="N")
    options, words = parser.parse_known_args()
    if options.workers < 1:
        parser.error(f"--workers {options.workers}: at least 1 is needed")
    words = [*words, "--strategy", "multi_worker"]
    addresses = [f"localhost:{port}" for port in free_ports(options.workers)]
    workers = [started(addresses, number, words) for number in range(options.workers)]

    def pass_on(number, frame):
        for worker in workers:
            worker.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, pass_on)
    return ended(workers)


def free_ports(count):
    """Ports of this machine that nobody listens at."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("localhost", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def started(addresses, number, words):
    """Starts a worker, whose lines are printed behind its number."""
    task = {"type": "worker", "index": number}
    config = json.dumps({"cluster": {"worker": addresses}, "task": task})
    worker = subprocess.Popen(
        [sys.executable, "-u", str(TRAIN), *words],
        env={**os.environ, "TF_CONFIG": config},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A signal from the keyboard reaches it through this program, once.
        start_new_session=True,
    )

    def show():
        for line in worker.stdout:
            print(f"[{number}] {line}", end="", flush=True)

    # The program does not end before all is printed.
    threading.Thread(target=show).start()
    return worker


def ended(workers):
    """Waits for all workers; returns the first exit status that is not 0, if there is one."""
    status, deadline = 0, math.inf
    while True:
        statuses = [worker.poll() for worker in workers]
        failed = [each for each in statuses if each]
        if failed and not status:
            # That of a shell for what a signal ended.
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
