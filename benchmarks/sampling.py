"""In how many steps, and at which times, does a flow color a picture?

    python benchmarks/sampling.py --model unet_vivid --looks 3:2.5 --looks 4:2.2 --looks 5:2.2

Each `--looks` is a number of steps, in each of which the guide looks once, and the exponent that
`colorkeras.objectives.flow.TIME_WARP` would have. For each: how colorful pictures become, beside
the truth; how many fool a network at 4x4 pixels; top-1 accuracy and Frechet distance. On the
validation part, because `test` is not to choose by; the network learns from few pictures there, and
so is fooled more often. `latency.py` tells what steps cost, of an export.

Last result: none yet.
"""

import argparse
import sys

import tensorflow as tf

from colorkeras import judge, objectives, pretrained
from colorkeras.cli import guarded
from colorkeras.config import TrainingConfig
from colorkeras.data import load_dataset
from colorkeras.evaluation import evaluate, recolor
from colorkeras.objectives import flow
from colorkeras.precision import describe_device


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True)
    parser.add_argument("--looks", action="append", required=True, metavar="STEPS:EXPONENT")
    parser.add_argument("--data-dir")
    options = parser.parse_args()
    network, settings = pretrained.load(options.model), pretrained.color_settings(options.model)
    source = load_dataset("cifar10", options.data_dir).validation
    print(f"{describe_device()}, TensorFlow {tf.__version__}; {source.num_examples:,} pictures")
    for looks in options.looks:
        steps, exponent = looks.split(":")
        flow.TIME_WARP = float(exponent)
        config = TrainingConfig(**{**settings, "steps": int(steps)})
        objective = objectives.create("velocity", config)

        def color(grayscale, seeds, objective=objective):
            return objective.color(network, grayscale, seeds)

        truth, recolored = recolor(color, source)
        judged = judge.judge(truth, source.labels, recolored, sizes=(4,), say=lambda line: None)
        figures = {
            "colorfulness_ratio": evaluate(color, source)["colorfulness_ratio"],
            **judged["figures"],
        }
        print(f"{steps} steps, exponent {exponent}: ", end="")
        print(", ".join(f"{name} {value:.2f}" for name, value in figures.items()), flush=True)


if __name__ == "__main__":
    sys.exit(guarded(main))
