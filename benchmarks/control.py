"""Find the saturation at which one model is as colorful as another.

    python benchmarks/control.py --model unet --like unet_vivid
    python pipelines/evaluate.py --model unet --saturation FACTOR --learned-metrics \\
        --results results

Colorfulness can be increased simply by scaling chroma. To show that a vivid model does more than
that, compare it with another model whose saturation is increased until both are equally colorful.
The first command prints the factor to pass to the second.

Latest result (2026-11-26, test split): unet_vivid has a colorfulness of 27.53. unet reaches the
same value with --saturation 1.76.
"""

import argparse
import sys

from colorkeras import evaluation
from colorkeras.cli import guarded
from colorkeras.color.spaces import luma
from colorkeras.config.colorize_options import MAX_SATURATION
from colorkeras.data import load_dataset
from colorkeras.evaluation.evaluator import compute_per_image, finalize
from colorkeras.evaluation.metrics import METRICS
from colorkeras.export import bundled, saved_model

NAME = "colorfulness"
"""Key in `METRICS` of the metric to equalize."""

PRECISION = 0.01
"""Precision of the saturation factor. Smaller differences are invisible."""


def colorfulness(colorize, source):
    """Return the mean colorfulness of a colorizer's output on a `Source`."""
    return finalize(compute_per_image(luma, colorize, source, {NAME: METRICS[NAME]}))[NAME]


def equal_saturation(model, wanted, source):
    """Find the saturation factor that gives the target colorfulness, by bisection."""
    low, high = 0.0, MAX_SATURATION
    if colorfulness(evaluation.adjusted_colorizer(model, high), source) < wanted:
        raise SystemExit(f"Even --saturation {high:g} does not reach this colorfulness.")
    while high - low > PRECISION / 2:
        middle = (low + high) / 2
        if colorfulness(evaluation.adjusted_colorizer(model, middle), source) < wanted:
            low = middle
        else:
            high = middle
    return round((low + high) / 2, 2)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True)
    parser.add_argument("--like", required=True)
    parser.add_argument("--data-dir")
    options = parser.parse_args()
    source = load_dataset("cifar10", options.data_dir).test
    wanted = colorfulness(saved_model.load(bundled.resolve(options.like)).color, source)
    factor = equal_saturation(saved_model.load(bundled.resolve(options.model)), wanted, source)
    print(f"{options.like}: {NAME} {wanted:.2f}; {options.model}: --saturation {factor}")


if __name__ == "__main__":
    sys.exit(guarded(main))
