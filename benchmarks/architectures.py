"""Measure the parameter count, FLOPs and training speed of each architecture.

    python benchmarks/architectures.py

Runs the compiled train step repeatedly, including augmentation and EMA, on one batch of 128 images
of 32x32 pixels. Each setting runs in a separate process, because op determinism and oneDNN cannot
be disabled once they are enabled. The "without determinism" column shows the cost of bit-identical
runs. Running without oneDNN is TensorFlow's default on CPUs without neural network instructions.
bfloat16 is omitted on CPUs that only emulate it.

The latest results were measured on shared machines, where repeated runs differ by about 10%.
Speeds are in images/s with TensorFlow 2.21.0. This table was measured on two cores of an AMD EPYC
with AVX512-BF16 (2026-11-23), before residual_unet and flow_unet were added:

| architecture | parameters | GFLOP per image | float32 | bfloat16 | bfloat16 without determinism |
| --- | ---: | ---: | ---: | ---: | ---: |
| baseline | 9,440,256 | 0.019 | 1536 | 1711 | 1862 |
| skip_cnn | 29,028 | 0.059 | 623 | 796 | 702 |
| encoder_decoder | 522,338 | 0.055 | 749 | 798 | 698 |
| unet | 1,554,788 | 0.083 | 634 | 739 | 851 |

This table was measured on two cores of an AMD EPYC with AVX2 only (2026-11-27):

| architecture | parameters | GFLOP per image | float32 | float32 without oneDNN |
| --- | ---: | ---: | ---: | ---: |
| baseline | 9,440,256 | 0.019 | 1043 | 539 |
| skip_cnn | 29,028 | 0.059 | 377 | 236 |
| encoder_decoder | 522,338 | 0.055 | 435 | 281 |
| unet | 1,554,788 | 0.083 | 247 | 185 |
| residual_unet | 2,209,412 | 0.199 | 166 | 101 |
| flow_unet | 2,317,326 | 0.223 | 113 | 89 |
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

import keras
import tensorflow as tf

from colorkeras import objectives
from colorkeras.color.spaces import luma
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data.stateless_random import Randomness
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.models.build import build_network, choose_architecture
from colorkeras.training.precision import choose_precision, describe_device
from colorkeras.training.train_step import TrainingModel
from colorkeras.utils.determinism import make_deterministic

BATCH_SIZE = TrainingConfig.batch_size
WARMUP_STEPS, STEPS = 5, 20
SETTINGS = {
    "float32": ("float32", True, "1"),
    "float32 without oneDNN": ("float32", True, "0"),
    "bfloat16": ("mixed_bfloat16", True, "1"),
    "bfloat16 without determinism": ("mixed_bfloat16", False, "1"),
}
"""Precision policy, op determinism and TF_ENABLE_ONEDNN_OPTS for each column title."""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", nargs=2, metavar=("ARCH", "SETTING"), help=argparse.SUPPRESS)
    measure = parser.parse_args().measure
    if measure:
        print(images_per_second(*measure))
        return
    native = {"float32", choose_precision()[0]}
    settings = [name for name, (policy, *_) in SETTINGS.items() if policy in native]
    print(f"{describe_device()}, TensorFlow {tf.__version__}, images/s\n")
    print("| architecture | parameters | GFLOP per image | " + " | ".join(settings) + " |")
    print("| --- " + "| ---: " * (2 + len(settings)) + "|")
    for name in ARCHITECTURES:
        network = build_network(name)
        cells = [name, f"{network.count_params():,}", f"{gigaflops(name, network):.3f}"]
        for setting in settings:
            command = [sys.executable, __file__, "--measure", name, setting]
            environment = {**os.environ, "TF_ENABLE_ONEDNN_OPTS": SETTINGS[setting][-1]}
            process = subprocess.run(
                command, env=environment, stdout=subprocess.PIPE, text=True, check=True
            )
            cells.append(f"{float(process.stdout.split()[-1]):.0f}")
        print("| " + " | ".join(cells) + " |", flush=True)


def default_objective(name):
    """Return the `Objective` for an architecture's default prediction."""
    _, output = choose_architecture(name, None)
    return objectives.create(output, TrainingConfig())


def gigaflops(name, network):
    """Return the floating-point operations of one image's forward pass, in billions."""

    def forward(rgb):
        inputs, _ = default_objective(name).target(rgb, luma(rgb), Randomness(0, 0))
        return network(inputs, training=False)

    graph = tf.function(forward).get_concrete_function(tf.TensorSpec([1, 32, 32, 3])).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    return tf.compat.v1.profiler.profile(graph, options=options).total_float_ops / 1e9


def images_per_second(name, setting):
    """Return the median training speed of one architecture in images per second."""
    precision, deterministic, _ = SETTINGS[setting]
    if deterministic:
        make_deterministic(seed=0)
    else:
        keras.utils.set_random_seed(0)
    network = build_network(name, dtype=precision)
    model = TrainingModel(
        network,
        build_network(name),
        default_objective(name),
        TrainingConfig(),
    )
    model.compile(optimizer=keras.optimizers.AdamW(1e-3))
    images = tf.cast(tf.random.uniform([BATCH_SIZE, 32, 32, 3], 0, 256, tf.int32), tf.uint8)
    batches = iter(tf.data.Dataset.from_tensors(images).repeat())
    model.make_train_function()
    train_step = model.train_function
    seconds = []
    for _ in range(WARMUP_STEPS + STEPS):
        started = time.perf_counter()
        float(train_step(batches)["loss"])  # Blocks until the step has finished.
        seconds.append(time.perf_counter() - started)
    return BATCH_SIZE / statistics.median(seconds[WARMUP_STEPS:])


if __name__ == "__main__":
    main()
