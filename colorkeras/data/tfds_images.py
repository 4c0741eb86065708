"""Load image datasets prepared by tensorflow-datasets, with images of any size.

Encoded images are read from the TFRecord files by index, so memory use does not depend on the size
of the dataset.
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
from colorkeras.utils.files import expand_home

PREFIX = "tfds:"
"""Prefix for dataset names, as in "tfds:imagenette/320px"."""

_NAME = re.compile(r"(\w+)(?:/([\w.-]+))?(?::(\d+\.\d+\.\d+))?", re.ASCII)
_HEADER = struct.Struct("<QI")
"""Record header: data length and checksum of the length."""

_FOOTER_SIZE = 4
"""Size in bytes of the checksum after the data."""


def load(name, data_dir=None, image_size=128, seed=0):
    """Open a prepared dataset that has an `image` feature.

    If the validation or test split is missing, 5% of the training split is used instead.

    Args:
        name: Name as passed to `tfds.load`: NAME, NAME/CONFIG or NAME/CONFIG:VERSION.
        data_dir: Directory of prepared datasets. None selects `TFDS_DATA_DIR` or, if it is unset,
            the default directory of tensorflow-datasets.
        image_size: Height and width of the crops in pixels.
        seed: Seed for random crops of training images.

    Returns:
        `ImageDataset`.

    Raises:
        UserError: The dataset is not prepared, is damaged or does not contain images.
    """
    builder = _find(name, data_dir)
    if "image" not in builder.info.features:
        raise UserError(
            f"the {name} dataset, which does not have an `image` feature",
            "an image dataset",
            "Choose another dataset.",
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
    """Index of the records in TFRecord files.

    Attributes:
        paths: Paths to the files.
        places: int64 `[n, 3]`: the index of the file, the offset in bytes and the length in bytes
            for each record.
    """

    paths: list[Path]
    places: np.ndarray

    def __len__(self):
        return len(self.places)

    def read(self, index):
        """Return the record at `index` as bytes."""
        number, offset, length = self.places[index]
        with self.paths[number].open("rb") as file:
            file.seek(offset)
            return file.read(length)


class TfdsSource(CropSource):
    """Crops of encoded images in TFRecord files.

    Args:
        records: `Records`.
        title: Name and version of the dataset, for messages and results.
        image_size: Height and width of the crops in pixels.
        seed: Seed for the random crops, or None for center crops.
    """

    def __init__(self, records, title, image_size, seed):
        super().__init__(len(records), image_size, seed)
        self.dataset_title = title
        self._records = records

    def open_image(self, index):
        """See `CropSource.open_image`."""
        (encoded,) = self._values(index, "image")
        with Image.open(io.BytesIO(encoded)) as image:
            return image.convert("RGB")

    def group(self, index):
        """Return the `source` text feature of the image at `index`, or "" if it has none."""
        return "".join(value.decode() for value in self._values(index, "source"))

    def title(self, index):
        """See `CropSource.title`."""
        return f"image {index} of {self.dataset_title}"

    def _values(self, index, feature):
        example = tf.train.Example.FromString(self._records.read(index))
        return example.features.feature[feature].bytes_list.value


def _find(name, data_dir):
    match = _NAME.fullmatch(name)
    directory = data_dir or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets"
    folder = Path(expand_home(directory))
    if match:
        dataset, config, version = match.groups()
        folder = folder / dataset / (config or "")
        versions = [path.parent for path in folder.glob("*/dataset_info.json")]
        versions = [path for path in versions if version in (None, path.name)]
        if versions:
            try:
                return tfds.builder_from_directory(max(versions, key=_version))
            except Exception as error:  # TFDS raises many types of exceptions for damaged files.
                raise UserError(
                    f"{folder}, which cannot be read as a dataset ({one_line(error)})",
                    "a directory prepared by tensorflow-datasets",
                    "Prepare the dataset again.",
                ) from error
    raise UserError(
        f"the {name!r} dataset, which is not in {folder}",
        "a prepared dataset: NAME, NAME/CONFIG or NAME/CONFIG:VERSION",
        "Prepare it, for example with `tfds build`, and pass its parent directory as --data-dir.",
    )


def _version(folder):
    return [int(part) if part.isdecimal() else -1 for part in folder.name.split(".")]


def _splits(builder):
    """Map each of our splits to a split in tensorflow-datasets notation."""
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
            f"the {split} split of {builder.info.name}, which cannot be read ({one_line(error)})",
            "TFRecord files prepared by tensorflow-datasets",
            "Prepare the dataset again with file_format='tfrecord'.",
        ) from error
    return Records(paths, np.concatenate(places))


def _places(path):
    """Return the offset and length in bytes of each record in a TFRecord file, int64 `[n, 2]`."""
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
