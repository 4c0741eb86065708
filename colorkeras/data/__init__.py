"""Data sets of uint8 RGB pictures: CIFAR-10, the packaged sample, a folder of one's own.

Add a named data set by adding a file with a loader and one entry to `DATASETS`.
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


def _load_sample(data_dir=None):
    del data_dir  # The sample is inside the package.
    counts = " / ".join(f"{len(sample.load(split))} {split}" for split in sample.SPLITS)
    return ImageDataset(
        name="sample",
        description=f"sample photographs ({counts} crops of 32x32; not for quality claims)",
        open_split=lambda split: ArraySource(sample.load(split)),
    )


DATASETS = {"cifar10": cifar10.load, "sample": _load_sample}
"""Named data sets; a loader takes `data_dir` and returns an `ImageDataset` of 32x32 pictures."""

NATIVE_SIZE = 32
"""Pixels: height and width of the pictures in the named data sets."""


def load_dataset(name=None, data_dir=None, image_size=NATIVE_SIZE, seed=0):
    """Opens a data set by name or path.

    Args:
        name: A key of `DATASETS`, the path of a folder, or None: CIFAR-10 where it is prepared
            or can be downloaded, else the sample, which the result's notes then say.
        data_dir: Where to look for prepared data sets first.
        image_size: Crop size in pixels for folders; named data sets have 32 only.
        seed: Seeds the random crops of a folder.

    Returns:
        `ImageDataset`.

    Raises:
        UserError: Nothing that can be read has this name, or not at this size.

    >>> load_dataset("sample").train.image_size
    32
    """
    if image_size < folder.MIN_IMAGE_SIZE:
        raise UserError(
            f"an image size of {image_size}",
            f"at least {folder.MIN_IMAGE_SIZE} pixels",
            "Pass a larger --image-size.",
        )
    if name is not None and name not in DATASETS:
        return folder.load(name, image_size, seed)
    if image_size != NATIVE_SIZE:
        raise UserError(
            f"--image-size {image_size} with the data set {name or 'cifar10'}",
            f"{NATIVE_SIZE}, the size of its pictures",
            "Leave --image-size away, or name a folder of pictures with --dataset.",
        )
    if name is None:
        return _load_default(data_dir)
    return DATASETS[name](data_dir=data_dir)


def _load_default(data_dir):
    try:
        return cifar10.load(data_dir=data_dir)
    except cifar10.UnavailableError as error:
        dataset = _load_sample()
        reason = str(error).splitlines()[0].removeprefix("Received: ")
        dataset.notes.append(
            f"NOT CIFAR-10: using the small sample instead, good for a trial only. Reason: {reason}"
        )
        return dataset
