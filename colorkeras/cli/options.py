"""Options that several commands share, and opening what they name.

Defaults come from `TrainingConfig`.
"""

import dataclasses

from colorkeras import evaluation
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data import DATASETS, load_dataset
from colorkeras.data.degradations import DEGRADATIONS
from colorkeras.export import bundled, saved_model


def default_of(option):
    """The default of the `TrainingConfig` field behind an option such as "--batch-size"."""
    name = option.removeprefix("--").replace("-", "_")
    return {field.name: field.default for field in dataclasses.fields(TrainingConfig)}[name]


def add_data_arguments(parser):
    """Adds --dataset, --data-dir and --image-size; a parser's own `argument_default` wins."""

    def add(option, **settings):
        default = parser.argument_default or default_of(option)
        parser.add_argument(option, default=default, **settings)

    add(
        "--dataset",
        metavar="NAME_OR_PATH",
        help=f"{', '.join(DATASETS)} or a folder of pictures "
        "(default: cifar10 where it can be had, else sample)",
    )
    add(
        "--data-dir",
        metavar="DIR",
        help="where prepared data sets are looked for first, before TFDS_DATA_DIR",
    )
    add(
        "--image-size",
        type=int,
        metavar="N",
        help=f"crop size in pixels for a folder (default {default_of('--image-size')})",
    )


def add_evaluation_arguments(parser):
    """Adds --model, those of `add_data_arguments`, --split, --degrade and --overwrite."""
    parser.add_argument(
        "--model",
        action="append",
        required=True,
        metavar="NAME_OR_PATH",
        help=f"{', '.join(bundled.BUNDLED_MODELS)} or the folder of an export; may be repeated",
    )
    add_data_arguments(parser)
    parser.add_argument("--split", choices=("test", "validation"), default="test")
    parser.add_argument(
        "--degrade",
        choices=DEGRADATIONS,
        default="none",
        help="what models are shown: luma, or a scan of an old photograph (default %(default)s)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace what is there")


def load_models(options):
    """Loads every --model: dict of `ExportedModel` by what the user wrote."""
    return {name: saved_model.load(bundled.resolve(name)) for name in options.model}


def open_dataset(options, models):
    """Opens the data, prints its notes, and checks that every model takes its pictures, in color.

    Args:
        options: With those of `add_evaluation_arguments`.
        models: What `load_models` returned.

    Returns:
        `ImageDataset`.
    """
    dataset = load_dataset(options.dataset, options.data_dir, options.image_size)
    for note in dataset.notes:
        print(f"*** {note}")
    for model in models.values():
        evaluation.check_image_size(model, getattr(dataset, options.split))
    evaluation.check_colors(dataset, options.split)
    return dataset
