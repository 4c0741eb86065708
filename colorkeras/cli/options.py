"""Options that several commands share; defaults come from `TrainingConfig`."""

import dataclasses

from colorkeras.config import TrainingConfig
from colorkeras.data import DATASETS


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
