"""Export a trained model anew with other settings of how it colors; its weights stay.

    python tools/reexport.py --model saved_models/unet_vivid/1 --sampling-steps 8 --guidance-scale 2

Everything else that the export tells of itself is kept. What is not given stays as it was.
"""

import argparse
import sys
from pathlib import Path

from colorkeras import objectives
from colorkeras.cli import guarded
from colorkeras.config.training_config import TrainingConfig
from colorkeras.export import bundled, restore, saved_model
from colorkeras.models.predictions import PREDICTIONS
from colorkeras.utils.version import git_commit


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("--model", required=True, help="a bundled model's name or an export")
    parser.add_argument("--flip-tta", action=argparse.BooleanOptionalAction)
    parser.add_argument("--sampling-steps", type=int)
    parser.add_argument("--guidance-scale", type=float)
    parser.add_argument("--temperature", type=float)
    parser.add_argument("--export-dir", default="saved_models")
    options = vars(parser.parse_args())
    model, parent = options.pop("model"), options.pop("export_dir")
    metadata = saved_model.read_metadata(bundled.resolve(model))
    output = metadata["prediction"]
    config = TrainingConfig(
        objective=PREDICTIONS[output].objective, **{**restore.color_settings(model), **options}
    )
    objectives.check_settings(config)
    objective = objectives.create(output, config)
    metadata["exported_again_by"] = git_commit()
    if objective.is_stochastic:  # Others' description is of the loss alone, which stays.
        metadata["loss"] = objective.description
    folder = Path(parent, metadata["name"])
    print(saved_model.export(restore.load(model), objective, folder, metadata))


if __name__ == "__main__":
    sys.exit(guarded(main))
