"""Data sets of uint8 RGB images: CIFAR-10, the packaged sample, data sets of TFDS, image folders.

To add a named data set, add a file with a loader and an entry to `DATASETS`.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass

from colorkeras.data import cifar10, folder, sample, tfds_images
from colorkeras.data.crops import MIN_IMAGE_SIZE
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


@dataclass(frozen=True)
class NamedDataset:
    """A data set that has a name of its own.

    Attributes:
        load: Function of `data_dir` and, unless the image size is fixed, `image_size` and `seed`,
            that returns an `ImageDataset`.
        image_size: Fixed height and width of the images in pixels, or None for crops of any size.
    """

    load: Callable
    image_size: int | None = None


NATIVE_SIZE = 32
"""Height and width of CIFAR-10 images in pixels."""

DATASETS = {
    "cifar10": NamedDataset(cifar10.load, NATIVE_SIZE),
    "sample": NamedDataset(sample.load, NATIVE_SIZE),
    "photographs": NamedDataset(functools.partial(tfds_images.load, "photographs")),
}
"""Named data sets."""


def load_dataset(name=None, data_dir=None, image_size=NATIVE_SIZE, seed=0):
    """Open a data set by name or path.

    Args:
        name: Key of `DATASETS`, "tfds:" and the name of a prepared data set, path of an image
            folder, or None: CIFAR-10 if it is prepared or can be downloaded, else the sample with
            a note.
        data_dir: Directory of prepared data sets, searched first.
        image_size: Height and width of crops in pixels; CIFAR-10 and the sample only have 32.
        seed: Seed of random crops.

    Returns:
        `ImageDataset`.

    Raises:
        UserError: The data set does not exist, cannot be read, or not at this size.

    Example:

    >>> load_dataset("sample").train.image_size
    32
    """
    if image_size < MIN_IMAGE_SIZE:
        raise UserError(
            f"--image-size {image_size}",
            f"at least {MIN_IMAGE_SIZE} pixels",
            "Pass a larger --image-size.",
        )
    if name is not None and name.startswith(tfds_images.PREFIX):
        name = name.removeprefix(tfds_images.PREFIX)
        return tfds_images.load(name, data_dir, image_size, seed)
    if name is not None and name not in DATASETS:
        return folder.load(name, image_size, seed)
    named = DATASETS[name or "cifar10"]
    if named.image_size is None:
        return named.load(data_dir=data_dir, image_size=image_size, seed=seed)
    if image_size != named.image_size:
        raise UserError(
            f"--image-size {image_size} with the data set {name or 'cifar10'}",
            f"{named.image_size}, the size of its images",
            "Omit --image-size, or choose a data set of larger images.",
        )
    return _load_default(data_dir) if name is None else named.load(data_dir=data_dir)


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
