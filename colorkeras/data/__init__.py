"""Data sets of uint8 RGB images: CIFAR-10, the packaged sample, image folders.

To add a named data set, add a file with a loader and an entry to `DATASETS`.
"""

from colorkeras.data import cifar10, folder, sample
from colorkeras.data.pipeline import evaluation_batches, training_batches
from colorkeras.data.source import ArraySource, ImageDataset, Source
from colorkeras.utils.errors import UserError

__all__ = [
    "DATASETS",
    "ArraySource",
    "ImageDataset",
    "Source",
    "evaluation_batches",
    "load_dataset",
    "training_batches",
]

DATASETS = {"cifar10": cifar10.load, "sample": sample.load}
"""Loaders by name; a loader takes `data_dir` and returns an `ImageDataset` of 32x32 images."""

NATIVE_SIZE = 32
"""Height and width, in pixels, of the images of named data sets."""


def load_dataset(name=None, data_dir=None, image_size=NATIVE_SIZE, seed=0):
    """Open a data set by name or path.

    Args:
        name: Key of `DATASETS`, path of an image folder, or None: CIFAR-10 if it is prepared or can
            be downloaded, else the sample with a note.
        data_dir: Directory of prepared data sets, searched first.
        image_size: Crop size in pixels for folders; named data sets only have 32.
        seed: Seed of the random crops of a folder.

    Returns:
        `ImageDataset`.

    Raises:
        UserError: The data set does not exist, cannot be read, or not at this size.

    Example:

    >>> load_dataset("sample").train.image_size
    32
    """
    if image_size < folder.MIN_IMAGE_SIZE:
        raise UserError(
            f"--image-size {image_size}",
            f"at least {folder.MIN_IMAGE_SIZE} pixels",
            "Pass a larger --image-size.",
        )
    if name is not None and name not in DATASETS:
        return folder.load(name, image_size, seed)
    if image_size != NATIVE_SIZE:
        raise UserError(
            f"--image-size {image_size} with the data set {name or 'cifar10'}",
            f"{NATIVE_SIZE}, the size of its images",
            "Omit --image-size, or pass the path of an image folder as --dataset.",
        )
    return _load_default(data_dir) if name is None else DATASETS[name](data_dir=data_dir)


def _load_default(data_dir):
    try:
        return cifar10.load(data_dir=data_dir)
    except cifar10.UnavailableError as error:
        dataset = sample.load()
        dataset.notes.append(
            "NOT CIFAR-10: using the small sample instead, suitable for a trial only. "
            f"Reason: {error.received}"
        )
        return dataset
