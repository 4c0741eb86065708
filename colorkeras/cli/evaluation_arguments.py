"""Options shared by the evaluation commands, and functions that load their models and datasets."""

import logging
from pathlib import Path

from colorkeras import evaluation
from colorkeras.cli.colorize_arguments import add_model_argument
from colorkeras.config.training_config import TrainingConfig
from colorkeras.config.validation import add_options
from colorkeras.data import DATASETS, load_dataset, tfds_images
from colorkeras.evaluation.degradations import DEGRADATIONS
from colorkeras.export import bundled, saved_model
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import require_new, require_writable

DATA_SETTINGS = ("dataset", "data_dir", "image_size")
"""Fields of `TrainingConfig` that select the images."""

logger = logging.getLogger(__name__)


def add_evaluation_arguments(parser):
    """Add --model, the dataset, --split, --degrade, --all-metrics and --overwrite."""
    add_model_argument(parser, action="append", required=True)
    add_options(parser, TrainingConfig, {"dataset": DATASETS}, only=DATA_SETTINGS)
    parser.add_argument(
        "--split",
        choices=("test", "validation"),
        default="test",
        help="split of the dataset (default: %(default)s)",
    )
    parser.add_argument(
        "--degrade",
        choices=DEGRADATIONS,
        default="none",
        help="degradation to apply to the input; scan simulates a scanned old photograph "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--all-metrics",
        action="store_true",
        help="print all metrics instead of only the five most important ones",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace existing files")


def measures_own_size(options):
    """Return whether the options select a dataset of photographs at native resolution."""
    dataset = getattr(options, "dataset", None) or ""
    named = DATASETS.get(dataset)
    is_prepared = dataset.startswith(tfds_images.PREFIX) or (named and named.image_size is None)
    return bool(is_prepared) and not hasattr(options, "image_size")


def load_models(options):
    """Load every --model; return a dict of `ExportedModel` objects by option value."""
    return {name: saved_model.load(bundled.resolve(name)) for name in options.model}


def open_dataset(options, models):
    """Open the dataset, log its notes and check that every model accepts its images.

    Args:
        options: Parsed options; see `add_evaluation_arguments`.
        models: Result of `load_models`.

    Raises:
        UserError: All images are gray, or a model does not accept their size.
    """
    config = TrainingConfig.from_options(options)
    dataset = load_dataset(config.dataset, config.data_dir, config.image_size)
    for note in dataset.notes:
        logger.warning(note)
    for model in models.values():
        evaluation.check_image_size(model, getattr(dataset, options.split))
    evaluation.check_colors(dataset, options.split)
    return dataset


def adjusted_folders(options):
    """Return the names of subfolders for results with non-default saturation or temperature."""
    saturated = [] if options.saturation == 1 else [f"saturation_{options.saturation:g}"]
    heated = [] if options.temperature is None else [f"temperature_{options.temperature:g}"]
    return saturated + heated


def results_folders(options, models, folders, names):
    """Return the results folder for each model.

    Args:
        options: Parsed options with `results`, `json` and `overwrite`.
        models: Result of `load_models`.
        folders: Names of the nested folders between the --results folder and the model folders.
        names: Names of the files that will be written to each model's folder.

    Returns:
        Dict from the keys of `models` to `Path`; empty without --results.

    Raises:
        UserError: A file exists, a folder is not writable, or two models share a name.
    """
    targets = {}
    if options.results:
        parent = Path(options.results, *folders)
        targets = {n: parent / m.metadata["name"] for n, m in models.items()}
    files = [folder / name for folder in targets.values() for name in names]
    if options.json:
        files.append(Path(options.json))
    require_new(files, options.overwrite)
    if options.results:
        require_writable(options.results, "--results")
    if options.json:
        require_writable(Path(options.json).parent, "--json")
    if len(set(targets.values())) < len(targets):
        raise UserError(
            "--results with two models that have the same name",
            "models with different names",
            "Evaluate them one at a time, each with its own --results.",
        )
    return targets
