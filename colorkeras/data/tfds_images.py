"""Any prepared image data set of tensorflow-datasets, with images of any size.

Encoded images are read by number from the TFRecord files, so that memory does not grow with the
data set.
"""

import io
import os
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from PIL import Image

from colorkeras.data.crops import CropSource
from colorkeras.data.source import ImageDataset
from colorkeras.utils.errors import UserError, one_line

PREFIX = "tfds:"
"""Begins the name of such a data set, as in "tfds:imagenette/320px"."""

_NAME = re.compile(r"(\w+)(?:/([\w.-]+))?(?::(\d+\.\d+\.\d+))?", re.ASCII)
_HEADER = struct.Struct("<QI")
"""Length of a record and the checksum of the length, before the data."""

_FOOTER_SIZE = 4
"""Bytes of the checksum after the data."""


def load(name, data_dir=None, image_size=128, seed=0):
    """Open a prepared data set with a feature `image`.

    Data sets without a validation or test split use parts of the training split: 5 % each.

    Args:
        name: Name as in `tfds.load`: NAME, NAME/CONFIG or NAME/CONFIG:VERSION.
        data_dir: Directory of prepared data sets, or None for `TFDS_DATA_DIR`, or else the default
            directory of tensorflow-datasets.
        image_size: Height and width of the crops in pixels.
        seed: Seed of the random crops of training images.

    Returns:
        `ImageDataset`.

    Raises:
        UserError: The data set is not prepared, damaged, or has no images.
    """
    builder = _find(name, data_dir)
    if "image" not in builder.info.features:
        raise UserError(
            f"the data set {name}, which has no feature `image`",
            "an image data set",
            "Choose another data set.",
        )
    splits = {part: _records(builder, split) for part, split in _splits(builder).items()}
    title = f"{builder.info.name} {builder.info.version}"
    counts = " / ".join(f"{len(records)} {part}" for part, records in splits.items())
    return ImageDataset(
        name=builder.info.name,
        description=f"{title} ({counts} images, crops of {image_size}x{image_size})",
        open_split=lambda part: TfdsSource(
            splits[part], title, image_size, seed if part == "train" else None
        ),
    )


@dataclass(frozen=True)
class Records:
    """Places of records in TFRecord files.

    Attributes:
        paths: Files.
        places: int64 `[n, 3]`: number of the file, offset and length in bytes of each record.
    """

    paths: list[Path]
    places: np.ndarray

    def __len__(self):
        return len(self.places)

    def read(self, index):
        """Return the bytes of record number `index`."""
        number, offset, length = self.places[index]
        with self.paths[number].open("rb") as file:
            file.seek(offset)
            return file.read(length)


class TfdsSource(CropSource):
    """Crops of encoded images in TFRecord files.

    Args:
        records: `Records`.
        title: Name of the data set, for messages.
        image_size: Height and width of the crops in pixels.
        seed: Seed of random crops, or None for center crops.
    """

    def __init__(self, records, title, image_size, seed):
        super().__init__(len(records), image_size, seed)
        self._records = records
        self._title = title

    def open_image(self, index):
        """See `CropSource.open_image`."""
        example = tf.train.Example.FromString(self._records.read(index))
        (encoded,) = example.features.feature["image"].bytes_list.value
        with Image.open(io.BytesIO(encoded)) as image:
            return image.convert("RGB")

    def title(self, index):
        """See `CropSource.title`."""
        return f"image {index} of {self._title}"


def _find(name, data_dir):
    match = _NAME.fullmatch(name)
    directory = Path(data_dir or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets")
    folder = directory.expanduser()
    if match:
        dataset, config, version = match.groups()
        folder = folder / dataset / (config or "")
        versions = [path.parent for path in folder.glob("*/dataset_info.json")]
        versions = [path for path in versions if version in (None, path.name)]
        if versions:
            try:
                return tfds.builder_from_directory(max(versions, key=_version))
            except Exception as error:  # TFDS raises many kinds for damaged files.
                raise UserError(
                    f"{folder}, which cannot be read as a data set ({one_line(error)})",
                    "a directory as tensorflow-datasets prepares it",
                    "Prepare it again.",
                ) from error
    raise UserError(
        f"the data set {name!r}, which is not in {folder}",
        "NAME, NAME/CONFIG or NAME/CONFIG:VERSION of a prepared data set",
        "Prepare it, for example with `tfds build`, and pass its directory as --data-dir.",
    )


def _version(folder):
    return [int(part) if part.isdecimal() else -1 for part in folder.name.split(".")]


def _splits(builder):
    """Return the split of tensorflow-datasets for each part."""
    splits = {part: part for part in ("train", "validation", "test")}
    missing = [part for part in ("validation", "test") if part not in builder.info.splits]
    last = 100
    for part in missing:
        splits[part] = f"train[{last - 5}%:{last}%]"
        last -= 5
    if missing:
        splits["train"] = f"train[:{last}%]"
    return splits


def _records(builder, split):
    paths, places = [], []
    try:
        for number, instruction in enumerate(builder.info.splits[split].file_instructions):
            paths.append(Path(instruction.filename))
            stop = None if instruction.take == -1 else instruction.skip + instruction.take
            found = _places(paths[-1])[instruction.skip : stop]
            places.append(np.insert(found, 0, number, axis=1))
    except Exception as error:
        raise UserError(
            f"split {split} of {builder.info.name} ({one_line(error)})",
            "TFRecord files as tensorflow-datasets prepares them",
            "Prepare the data set again with file_format='tfrecord'.",
        ) from error
    return Records(paths, np.concatenate(places))


def _places(path):
    """Return offset and length in bytes of the records of a TFRecord file, int64 `[n, 2]`."""
    found, position, size = [], 0, path.stat().st_size
    with path.open("rb") as file:
        while position < size:
            file.seek(position)
            length, _ = _HEADER.unpack(file.read(_HEADER.size))
            found.append((position + _HEADER.size, length))
            position += _HEADER.size + length + _FOOTER_SIZE
    if position != size:
        raise ValueError(f"{path.name} is truncated")
    return np.array(found, np.int64)
