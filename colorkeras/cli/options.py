"""Options that several commands share; defaults come from `TrainingConfig`."""

import dataclasses

from colorkeras.config import TrainingConfig
from colorkeras.data import DATASETS


def default_of(option):
    """The default of the `TrainingConfig` field behind an option such as "--batch-size"."""
    name = option.removeprefix("--").replace("-", "_")
    return {field.name: field.default for field in dataclasses.fields(TrainingConfig)}[name]


def add_data_arguments(parser):
    """Adds --dataset, --data-dir and --image-size."""
    parser.add_argument(
        "--dataset",
        metavar="NAME_OR_PATH",
        default=default_of("--dataset"),
        help=f"{', '.join(DATASETS)} or a folder of pictures "
        "(default: cifar10 where it can be had, else sample)",
    )
    parser.add_argument(
        "--data-dir",
        metavar="DIR",
        default=default_of("--data-dir"),
        help="where prepared data sets are looked for first, before TFDS_DATA_DIR",
    )
    parser.add_argument(
        "--image-size",
        type=int,
        metavar="N",
        default=default_of("--image-size"),
        help="crop size in pixels for a folder (default %(default)s)",
    )
