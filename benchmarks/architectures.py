"""Parameters, work and training speed of every architecture, at batch 128 of 32x32 pictures.

    python benchmarks/architectures.py

Speed is that of the compiled train step on one repeated batch, augmentation and weight average
included. Each setting runs in a process of its own, because op determinism, once on, stays on.
"without determinism" shows what bit-identical runs cost.

Last result (2026-11-23, a shared machine: repeated runs differ by about 10 %), before there were
residual_unet and flow_unet:
AMD EPYC, 2 cores, TensorFlow 2.21.0, images/s

| architecture | parameters | GFLOP per image | float32 | bfloat16 | bfloat16 without determinism |
| --- | ---: | ---: | ---: | ---: | ---: |
| baseline | 9,440,256 | 0.019 | 1536 | 1711 | 1862 |
| skip_cnn | 29,028 | 0.059 | 623 | 796 | 702 |
| encoder_decoder | 522,338 | 0.055 | 749 | 798 | 698 |
| unet | 1,554,788 | 0.083 | 634 | 739 | 851 |
"""

import argparse
import statistics
import subprocess
import sys
import time

import keras
import tensorflow as tf

from colorkeras import architectures, objectives
from colorkeras.augmentation import AUGMENTATIONS
from colorkeras.color import luma
from colorkeras.colorizer import Colorizer
from colorkeras.config import TrainingConfig
from colorkeras.determinism import make_deterministic
from colorkeras.precision import describe_device
from colorkeras.randomness import Randomness

BATCH_SIZE = TrainingConfig.batch_size
WARMUP_STEPS, STEPS = 5, 20
SETTINGS = {
    "float32": ("float32", True),
    "bfloat16": ("mixed_bfloat16", True),
    "bfloat16 without determinism": ("mixed_bfloat16", False),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", nargs=2, metavar=("ARCH", "SETTING"), help=argparse.SUPPRESS)
    measure = parser.parse_args().measure
    if measure:
        print(images_per_second(*measure))
        return
    print(f"{describe_device()}, TensorFlow {tf.__version__}, images/s\n")
    print("| architecture | parameters | GFLOP per image | " + " | ".join(SETTINGS) + " |")
    print("| --- " + "| ---: " * (2 + len(SETTINGS)) + "|")
    for name in architectures.ARCHITECTURES:
        network = architectures.build(name)
        cells = [name, f"{network.count_params():,}", f"{gigaflops(name, network):.3f}"]
        for setting in SETTINGS:
            command = [sys.executable, __file__, "--measure", name, setting]
            output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
            cells.append(f"{float(output.split()[-1]):.0f}")
        print("| " + " | ".join(cells) + " |", flush=True)


def default_objective(name):
    """The `Objective` of an architecture's first output."""
    _, output = architectures.choose(name, None)
    return objectives.create(output, TrainingConfig())


def gigaflops(name, network):
    """Floating-point operations of a training step's forward pass for one picture, in 10^9."""

    def forward(rgb):
        inputs, _ = default_objective(name).target(rgb, luma(rgb), Randomness(0, 0))
        return network(inputs, training=False)

    graph = tf.function(forward).get_concrete_function(tf.TensorSpec([1, 32, 32, 3])).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    return tf.compat.v1.profiler.profile(graph, options=options).total_float_ops / 1e9


def images_per_second(name, setting):
    """Median training speed of one architecture."""
    precision, deterministic = SETTINGS[setting]
    if deterministic:
        make_deterministic(seed=0)
    else:
        keras.utils.set_random_seed(0)
    network = architectures.build(name, dtype=precision)
    colorizer = Colorizer(
        network,
        architectures.build(name),
        default_objective(name),
        metrics={},
        average_decay=0.999,
        augment=AUGMENTATIONS["flip"],
        seed=0,
    )
    colorizer.compile(optimizer=keras.optimizers.AdamW(1e-3))
    images = tf.cast(tf.random.uniform([BATCH_SIZE, 32, 32, 3], 0, 256, tf.int32), tf.uint8)
    batches = iter(tf.data.Dataset.from_tensors(images).repeat())
    colorizer.make_train_function()
    train_step = colorizer.train_function
    seconds = []
    for _ in range(WARMUP_STEPS + STEPS):
        started = time.perf_counter()
        float(train_step(batches)["loss"])  # Waits until the step has really ended.
        seconds.append(time.perf_counter() - started)
    return BATCH_SIZE / statistics.median(seconds[WARMUP_STEPS:])


if __name__ == "__main__":
    main()
