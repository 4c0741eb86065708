"""Export `hint_unet` with weights from .npz files as a SavedModel, replacing earlier exports.

    python tools/export_weights.py priors.npy weights.npz --record training.json
    python tools/export_weights.py priors.npy first.npz second.npz --shares 0.3 0.7 \\
        --layers d8_hints d8_spread d8_block1 d4 hidden points logits --record training.json

The weighted mean of two sets of weights can have lower errors than each of them if one was trained
from the other (https://arxiv.org/abs/2109.01903). With `--layers`, only layers whose names start
with one of the given prefixes are averaged; the others have the first set's weights. In each file,
the arrays, sorted by name, must be in the same order as `network.weights`. The record is a JSON
object with metadata for the export, such as `{"dataset": ..., "minutes": ...}`.
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

from colorkeras import objectives
from colorkeras.cli import guarded
from colorkeras.config.training_config import TrainingConfig
from colorkeras.export import saved_model
from colorkeras.models.build import build_network
from colorkeras.utils.version import git_commit


def main():
    """Export the weights given on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("priors", help=".npy file with the chroma bin frequencies")
    parser.add_argument("weights", nargs="+", help=".npz files with weights")
    parser.add_argument(
        "--shares", nargs="+", type=float, help="weight of each file in the mean (default: equal)"
    )
    parser.add_argument(
        "--layers", nargs="+", default=[""], help="prefixes of layers to average (default: all)"
    )
    parser.add_argument("--record", required=True, help="JSON file with metadata")
    parser.add_argument("--output", default="saved_models/photo/1", help="default: %(default)s")
    options = parser.parse_args()
    folder = Path(options.output)
    record = json.loads(Path(options.record).read_text(encoding="utf-8"))
    metadata = {"name": folder.parent.name, "git_commit": git_commit(), **record}
    network = build_network("hint_unet")
    sets = [_read_arrays(path) for path in options.weights]
    paths = [weight.path for weight in network.weights]
    for prefix in options.layers:
        if not any(path.startswith(prefix) for path in paths):
            parser.error(f"--layers {prefix} matches no layer.")
    if options.shares and len(options.shares) != len(sets):
        parser.error(f"--shares requires {len(sets)} values.")
    for weight, *values in zip(network.weights, *sets, strict=True):
        is_averaged = weight.path.startswith(tuple(options.layers))
        values = values if is_averaged else values[:1]
        shares = options.shares if is_averaged else None
        weight.assign(np.average(values, axis=0, weights=shares))
    objective = objectives.create(
        "hinted_bins", TrainingConfig(), priors=np.load(options.priors).tolist()
    )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        exported = saved_model.export(network, objective, temporary, metadata)
        shutil.rmtree(folder, ignore_errors=True)
        exported.rename(folder)
    print(folder)


def _read_arrays(path):
    with np.load(path) as arrays:
        return [arrays[name].astype(np.float32) for name in sorted(arrays)]


if __name__ == "__main__":
    sys.exit(guarded(main))
