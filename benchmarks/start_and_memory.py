"""Measure peak memory, and the time from process start to the end of the first training step.

    python benchmarks/start_and_memory.py [--data-dir DIR]

Runs `pipelines/train.py --arch unet --dataset cifar10 --epochs 1` in a child process. Targets: with
prepared data, the first step ends within 20 s, and peak resident memory stays below 2.5 GB.

Latest result (2026-11-22, two cores of an AMD EPYC, TensorFlow 2.21.0): The first step ended after
16.0 s, and peak resident memory was 1.45 GB.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time

# The child process runs the regular command and reports when the first step ends.
_CHILD = """
import functools, sys, time
import keras
from colorkeras.cli import main
from colorkeras.training import trainer

class FirstStep(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 0:
            float(logs["loss"])
            print("FIRST_STEP", time.time(), flush=True)

trainer.train = functools.partial(trainer.train, callbacks=[FirstStep()])
sys.exit(main(command="train"))
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir")
    data_dir = parser.parse_args().data_dir
    options = ["--arch", "unet", "--dataset", "cifar10", "--epochs", "1"]
    if data_dir:
        options += ["--data-dir", data_dir]
    with tempfile.TemporaryDirectory() as folder:
        options += ["--runs-dir", f"{folder}/runs", "--export-dir", f"{folder}/saved_models"]
        started = time.time()
        child = subprocess.run(
            [sys.executable, "-c", _CHILD, *options], stdout=subprocess.PIPE, text=True, check=True
        )
    (line,) = (line for line in child.stdout.splitlines() if line.startswith("FIRST_STEP"))
    # KiB on Linux.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(f"first step after {float(line.split()[1]) - started:.1f} s")
    print(f"peak resident memory {peak / 1e9:.2f} GB")


if __name__ == "__main__":
    main()
