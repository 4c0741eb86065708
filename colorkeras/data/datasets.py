"""Open datasets by name: CIFAR-10, the bundled sample, TFDS datasets and image folders.

To add a named dataset, write a module with a loader and add it to `DATASETS`.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass

from colorkeras.data import cifar10, folder, sample, tfds_images
from colorkeras.data.crops import MIN_IMAGE_SIZE
from colorkeras.utils.errors import UserError, did_you_mean
from colorkeras.utils.files import expand_home, is_folder


@dataclass(frozen=True)
class NamedDataset:
    """Entry in `DATASETS`.

    Attributes:
        load: Function that returns an `ImageDataset`. It takes `data_dir` and, unless the image
            size is fixed, `image_size` and `seed`.
        image_size: Fixed image height and width in pixels, or None for crops of any size.
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
"""Datasets by name."""


def load_dataset(name=None, data_dir=None, image_size=NATIVE_SIZE, seed=0, include_gray=False):
    """Open a dataset by name or path.

    Args:
        name: Key in `DATASETS`, "tfds:NAME" for a prepared dataset, or path to an image folder.
            None opens CIFAR-10 if it is prepared or can be downloaded, otherwise the sample.
        data_dir: Directory of prepared datasets, used instead of `TFDS_DATA_DIR`. For CIFAR-10,
            both directories are searched.
        image_size: Height and width of crops in pixels; must be 32 for CIFAR-10 and the sample.
        seed: Seed for the random crops.
        include_gray: Whether to include gray images (image folders only).

    Returns:
        `ImageDataset`.

    Raises:
        UserError: The dataset does not exist, is damaged or does not support this image size.

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
        return folder.load(_existing_folder(name), image_size, seed, include_gray)
    named = DATASETS[name or "cifar10"]
    if named.image_size is None:
        return named.load(data_dir=data_dir, image_size=image_size, seed=seed)
    if image_size != named.image_size:
        raise UserError(
            f"--image-size {image_size} with the {name or 'cifar10'} dataset",
            f"{named.image_size}, the size of its images",
            "Omit --image-size or choose another dataset.",
        )
    return _load_default(data_dir) if name is None else named.load(data_dir=data_dir)


def _existing_folder(path):
    path = expand_home(path)
    if is_folder(path):
        return path
    raise UserError(
        f"--dataset {path!r}, which is neither a dataset nor a folder",
        f"{', '.join(sorted(DATASETS))}, tfds:NAME, or the path to an image folder",
        did_you_mean(path, DATASETS, "Check the spelling."),
    )


def _load_default(data_dir):
    try:
        return cifar10.load(data_dir=data_dir)
    except cifar10.UnavailableError as error:
        dataset = sample.load()
        dataset.notes.append(
            "NOT CIFAR-10: using the small sample dataset, which is only suitable for trials. "
            f"Reason: {error.received}"
        )
        return dataset
