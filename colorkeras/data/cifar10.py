"""CIFAR-10 from tensorflow-datasets, with an answer within seconds where it cannot be had."""

import contextlib
import http.client
import os
import threading
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from colorkeras.data.source import ArraySource, ImageDataset
from colorkeras.utils.errors import UserError, one_line

DOWNLOAD_URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
"""What tensorflow-datasets downloads; asked first, because its own retries take minutes."""

PROBE_SECONDS = 4.0

_NO_DECODING = {"image": tfds.decode.SkipDecoding()}
_JPEG_MAGIC = b"\xff\xd8"

SPLITS = {"train": "train[:95%]", "validation": "train[95%:]", "test": "test"}
"""Slices in the notation of tensorflow-datasets, which shuffled the pictures when it wrote them."""


class UnavailableError(UserError):
    """CIFAR-10 is nowhere prepared and cannot be downloaded."""


def load(data_dir=None):
    """Finds CIFAR-10, or downloads it.

    Searched in this order: `data_dir`, the environment variable `TFDS_DATA_DIR`, the default
    directory of tensorflow-datasets. The first of these that is given is where it is downloaded
    to if none holds it.

    Args:
        data_dir: A directory of prepared data sets, or None.

    Returns:
        `ImageDataset` of 32x32 pictures with labels.

    Raises:
        UnavailableError: It is not there and cannot be downloaded.
        UserError: What is there is damaged.
    """
    directories = _search_path(data_dir)
    builder = _find_prepared(directories)
    if builder is None:
        builder = _download(directories)
    counts = {name: _num_examples(builder, split) for name, split in SPLITS.items()}
    return ImageDataset(
        name="cifar10",
        description=f"{_title(builder)} ({_parts(counts)})",
        open_split=lambda split: _read(builder, split),
    )


def _title(builder):
    """Names the copy: figures on JPEG pictures differ from those on the original pixels."""
    with _damage_explained(builder.data_path):
        examples = builder.as_dataset(split="test[:1]", decoders=_NO_DECODING)
        (example,) = examples.as_numpy_iterator()
    copy = "JPEG copy of " if example["image"].startswith(_JPEG_MAGIC) else ""
    thousands = "/".join(f"{_num_examples(builder, part) // 1000}k" for part in ("train", "test"))
    return f"{copy}CIFAR-10, {thousands}"


def _parts(counts):
    return " / ".join(f"{count} {split}" for split, count in counts.items())


def _search_path(data_dir):
    default = Path("~/tensorflow_datasets").expanduser()
    candidates = (data_dir, os.environ.get("TFDS_DATA_DIR"), default)
    return [Path(directory) for directory in candidates if directory]


def _find_prepared(directories):
    for directory in directories:
        folder = directory / "cifar10"
        if not folder.is_dir():
            continue
        with _damage_explained(folder):
            versions = [path for path in folder.iterdir() if tfds.core.Version.is_valid(path.name)]
            for version in sorted(versions, key=_version, reverse=True):
                if (version / "dataset_info.json").exists():
                    return tfds.builder_from_directory(version)
    return None


def _version(folder):
    return tfds.core.Version(folder.name)


def _download(directories):
    if not _answers(DOWNLOAD_URL):
        raise UnavailableError(
            "CIFAR-10, which is not prepared in " + " or ".join(map(str, directories)) + ", and "
            f"{DOWNLOAD_URL} did not answer within {PROBE_SECONDS:g} s",
            "a directory that holds cifar10/<version>/ as tensorflow-datasets prepares it, or a "
            "network connection",
            "Pass --data-dir or set TFDS_DATA_DIR, connect to the network, or train on the "
            "pictures that come with the package (--dataset sample) or on a folder of your own "
            "(--dataset PATH).",
        )
    builder = tfds.builder("cifar10", data_dir=directories[0])
    try:
        builder.download_and_prepare()
    except Exception as error:
        raise UnavailableError(
            f"a failed download of CIFAR-10 to {directories[0]}: {one_line(error)}",
            "a complete download and a directory that can be written",
            "Check the network, the free space and the directory's permissions, and start again.",
        ) from error
    return builder


def _answers(url):
    """Whether the host of `url` answers within `PROBE_SECONDS`, whatever it answers."""
    answered = threading.Event()

    def probe():
        request = urllib.request.Request(url, method="HEAD")
        try:
            urllib.request.urlopen(request, timeout=PROBE_SECONDS).close()
        except (urllib.error.HTTPError, http.client.HTTPException):
            pass
        except OSError:
            return
        answered.set()

    # Name resolution obeys no timeout, hence a thread that may be left behind.
    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    thread.join(PROBE_SECONDS)
    return answered.is_set()


def _num_examples(builder, split):
    with _damage_explained(builder.data_path):
        return builder.info.splits[split].num_examples


def _read(builder, split):
    """Decodes one split, once, into memory."""
    with _damage_explained(builder.data_path):
        examples = builder.as_dataset(split=SPLITS[split], decoders=_NO_DECODING)
        examples = examples.map(
            lambda example: (
                tf.ensure_shape(tf.io.decode_image(example["image"], 3), [32, 32, 3]),
                example["label"],
            ),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        images, labels = zip(*examples.batch(1024).as_numpy_iterator(), strict=True)
        source = ArraySource(np.concatenate(images), np.concatenate(labels))
    if source.num_examples != _num_examples(builder, SPLITS[split]):
        _raise_damaged(builder.data_path, f"only {source.num_examples} pictures in {split!r}")
    return source


@contextlib.contextmanager
def _damage_explained(folder):
    """Turns whatever TFDS and TensorFlow raise on foreign or damaged files into a UserError."""
    try:
        yield
    except Exception as error:
        _raise_damaged(folder, f"{type(error).__name__}: {error}", error)


def _raise_damaged(folder, detail, cause=None):
    raise UserError(
        f"{folder}, which cannot be read as CIFAR-10 ({one_line(detail)})",
        "a cifar10/<version>/ directory as tensorflow-datasets prepares it",
        "Delete that directory so that it is prepared anew, or pass another --data-dir.",
    ) from cause
