"""Re-export a trained model with the current endpoints and, optionally, new inference settings.

    python tools/reexport.py --model saved_models/unet_vivid/1 --sampling-steps 8 --guidance-scale 2
    python tools/reexport.py --model unet --replace

Weights, other settings and metadata do not change. By default, a new version is written to
`--export-dir`. With `--replace`, the new export replaces the original, whose metrics are kept. With
`--card`, only the model card is rewritten.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

from colorkeras import objectives
from colorkeras.cli import guarded
from colorkeras.config.training_config import TrainingConfig
from colorkeras.export import bundled, model_card, restore, saved_model
from colorkeras.export.metadata import CARD_FILE, METRICS_FILE
from colorkeras.models.predictions import PREDICTIONS
from colorkeras.utils.version import git_commit


def main():
    """Re-export the model given on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("--model", required=True, help="bundled model or path to an export")
    parser.add_argument("--flip-tta", action=argparse.BooleanOptionalAction)
    parser.add_argument("--sampling-steps", type=int)
    parser.add_argument("--guidance-scale", type=float)
    parser.add_argument("--temperature", type=float)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--export-dir", default="saved_models", help="default: %(default)s")
    where.add_argument("--replace", action="store_true", default=False)
    where.add_argument("--card", action="store_true", default=False)
    options = vars(parser.parse_args())
    replace, card = options.pop("replace"), options.pop("card")
    export_dir, folder = options.pop("export_dir"), bundled.resolve(options.pop("model"))
    if card:
        model_card.update(saved_model.load(folder))
    elif replace:
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            _replace(folder, export_again(folder, options, temporary))
    else:
        folder = export_again(folder, options, export_dir)
    print(folder)


def export_again(folder, settings, parent):
    """Re-export a model as the next version in `parent/<name>`; return the folder."""
    exported = saved_model.load(folder)
    metadata = {**exported.metadata, "exported_again_by": git_commit()}
    output = metadata["prediction"]
    config = TrainingConfig(
        objective=PREDICTIONS[output].objective, **{**restore.color_settings(folder), **settings}
    )
    objectives.check_settings(config)
    objective = objectives.create(output, config, priors=metadata.get("priors"))
    if settings and objective.is_stochastic:  # Other descriptions are independent of settings.
        metadata["loss"] = objective.description
    network, _ = restore.rebuild(exported)
    again = saved_model.export(network, objective, Path(parent, metadata["name"]), metadata)
    loaded = saved_model.load(again)
    pairs = zip(exported.signature.variables, loaded.signature.variables, strict=True)
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)
    return again


def _replace(folder, again):
    """Replace an export with another export of the same model, keeping its metrics."""
    if (folder / METRICS_FILE).exists():
        shutil.copy2(folder / METRICS_FILE, again / METRICS_FILE)
    card = (folder / CARD_FILE).read_bytes()
    shutil.rmtree(folder)
    again.rename(folder)
    (folder / CARD_FILE).write_bytes(card)
    model_card.update(saved_model.load(folder))


if __name__ == "__main__":
    sys.exit(guarded(main))
