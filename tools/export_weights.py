"""Export `hint_unet` with weights from an .npz file as a SavedModel, replacing earlier exports.

    python tools/export_weights.py weights.npz priors.npy --record training.json

The arrays, sorted by name, must be in the same order as `network.weights`. The record is a JSON
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
    parser.add_argument("weights", help=".npz file with the weights")
    parser.add_argument("priors", help=".npy file with the chroma bin frequencies")
    parser.add_argument("--record", required=True, help="JSON file with metadata")
    parser.add_argument("--output", default="saved_models/photo/1", help="default: %(default)s")
    options = parser.parse_args()
    folder = Path(options.output)
    record = json.loads(Path(options.record).read_text(encoding="utf-8"))
    metadata = {"name": folder.parent.name, "git_commit": git_commit(), **record}
    network = build_network("hint_unet")
    with np.load(options.weights) as arrays:
        network.set_weights([arrays[name] for name in sorted(arrays)])
    objective = objectives.create(
        "hinted_bins", TrainingConfig(), priors=np.load(options.priors).tolist()
    )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        exported = saved_model.export(network, objective, temporary, metadata)
        shutil.rmtree(folder, ignore_errors=True)
        exported.rename(folder)
    print(folder)


if __name__ == "__main__":
    sys.exit(guarded(main))
