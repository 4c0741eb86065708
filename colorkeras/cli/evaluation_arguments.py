"""Options of the commands that measure models, and opening what they name."""

import logging

from colorkeras import evaluation
from colorkeras.cli.colorize_arguments import add_model_argument
from colorkeras.config.settings import add_options
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data import DATASETS, load_dataset
from colorkeras.evaluation.degradations import DEGRADATIONS
from colorkeras.export import bundled, saved_model

DATA_SETTINGS = ("dataset", "data_dir", "image_size")
"""Fields of `TrainingConfig` that say which images to measure models on."""

logger = logging.getLogger(__name__)


def add_evaluation_arguments(parser):
    """Add --model, the data set, --split, --degrade, --all-metrics and --overwrite."""
    add_model_argument(parser, action="append", required=True)
    add_options(parser, TrainingConfig, {"dataset": DATASETS}, only=DATA_SETTINGS)
    parser.add_argument("--split", choices=("test", "validation"), default="test")
    parser.add_argument(
        "--degrade",
        choices=DEGRADATIONS,
        default="none",
        help="degradation of the input, such as a scan of an old photograph (default: %(default)s)",
    )
    parser.add_argument(
        "--all-metrics",
        action="store_true",
        help="print all metrics instead of the five most important ones",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace existing files")


def load_models(options):
    """Load every --model; return `ExportedModel` by the name that the user gave."""
    return {name: saved_model.load(bundled.resolve(name)) for name in options.model}


def open_dataset(options, models):
    """Open the data set, log its notices and check that every model takes its images.

    Args:
        options: Parsed options of `add_evaluation_arguments`.
        models: Result of `load_models`.

    Returns:
        `ImageDataset`.

    Raises:
        UserError: The images are all gray, or have a size that a model does not take.
    """
    config = TrainingConfig.from_options(options)
    dataset = load_dataset(config.dataset, config.data_dir, config.image_size)
    for note in dataset.notes:
        logger.warning(note)
    for model in models.values():
        evaluation.check_image_size(model, getattr(dataset, options.split))
    evaluation.check_colors(dataset, options.split)
    return dataset
