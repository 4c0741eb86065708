"""Compare models on the same images, and write tables, examples, and the best and worst images.

A bare name such as unet selects a bundled model; anything else is a path.
"""

import os
from pathlib import Path

from colorkeras import evaluation
from colorkeras.cli import DONE
from colorkeras.cli.evaluation_arguments import add_evaluation_arguments, load_models, open_dataset
from colorkeras.cli.startup import without_remapper_errors
from colorkeras.evaluation import model_comparison
from colorkeras.export import bundled
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import expand_home, require_new, require_writable


def add_arguments(parser):
    """Add the command's options."""
    add_evaluation_arguments(parser)
    parser.add_argument(
        "--output-dir",
        type=expand_home,
        required=True,
        metavar="DIR",
        help="folder for comparison.md, its images and comparison.json",
    )


def run(options):
    """Compare the models, print a table and write the files; return the exit status."""
    _require_different(options.model)
    require_writable(options.output_dir, "--output-dir")
    models = load_models(options)
    candidates = model_comparison.candidates_from(models)
    files = [Path(options.output_dir, name) for name in model_comparison.file_names(candidates)]
    require_new(files, options.overwrite)
    dataset = open_dataset(options, models)
    with without_remapper_errors():
        compared = model_comparison.compare(candidates, dataset, options.split, options.degrade)
    print(evaluation.summary(compared.reports, options.all_metrics))
    compared.save(options.output_dir)
    print(Path(options.output_dir, model_comparison.TABLE_FILE))
    return DONE


def _require_different(words):
    folders = [os.path.realpath(bundled.resolve(word)) for word in words]
    same = [word for word, folder in zip(words, folders, strict=True) if folders.count(folder) > 1]
    if same:
        raise UserError(
            f"the same model more than once: --model {' --model '.join(same)}",
            "each model once",
            "Omit the duplicates.",
        )
