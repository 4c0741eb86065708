"""CIFAR-10 from tensorflow-datasets, which fails within seconds if it is not available."""

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
"""URL of the download; probed first, because tensorflow-datasets retries for minutes."""

PROBE_SECONDS = 4.0
"""Timeout of the probe."""

_NO_DECODING = {"image": tfds.decode.SkipDecoding()}
_JPEG_MAGIC = b"\xff\xd8"

SPLITS = {"train": "train[:95%]", "validation": "train[95%:]", "test": "test"}
"""Slices in the notation of tensorflow-datasets, which shuffles the images when it writes them."""


class UnavailableError(UserError):
    """CIFAR-10 is neither prepared nor can it be downloaded."""


def load(data_dir=None):
    """Open CIFAR-10, and download it if necessary.

    Search order: `data_dir`, the environment variable `TFDS_DATA_DIR`, the default directory of
    tensorflow-datasets. Downloads go to the first of these that is set.

    Args:
        data_dir: Directory of prepared data sets, or None.

    Returns:
        `ImageDataset` of 32x32 images with labels.

    Raises:
        UnavailableError: It is neither prepared nor can it be downloaded.
        UserError: The prepared files are damaged.
    """
    directories = _search_path(data_dir)
    builder = _find_prepared(directories)
    if builder is None:
        builder = _download(directories)
    counts = " / ".join(f"{_num_examples(builder, SPLITS[split])} {split}" for split in SPLITS)
    return ImageDataset(
        name="cifar10",
        description=f"{_title(builder)} ({counts})",
        open_split=lambda split: _read(builder, split),
    )


def _title(builder):
    """Name the copy: metrics on JPEG images differ from those on the original pixels."""
    with _explain_damage(builder.data_path):
        examples = builder.as_dataset(split="test[:1]", decoders=_NO_DECODING)
        (example,) = examples.as_numpy_iterator()
    copy = "JPEG copy of " if example["image"].startswith(_JPEG_MAGIC) else ""
    thousands = "/".join(f"{_num_examples(builder, name) // 1000}k" for name in ("train", "test"))
    return f"{copy}CIFAR-10, {thousands}"


def _search_path(data_dir):
    default = Path("~/tensorflow_datasets").expanduser()
    candidates = (data_dir, os.environ.get("TFDS_DATA_DIR"), default)
    return [Path(directory) for directory in candidates if directory]


def _find_prepared(directories):
    for directory in directories:
        folder = directory / "cifar10"
        if not folder.is_dir():
            continue
        with _explain_damage(folder):
            versions = [path for path in folder.iterdir() if tfds.core.Version.is_valid(path.name)]
            for version in sorted(versions, key=_version, reverse=True):
                if (version / "dataset_info.json").exists():
                    return tfds.builder_from_directory(version)
    return None


def _version(folder):
    return tfds.core.Version(folder.name)


def _download(directories):
    if not _is_reachable(DOWNLOAD_URL):
        raise UnavailableError(
            "CIFAR-10, which is not prepared in " + " or ".join(map(str, directories)) + ", and "
            f"{DOWNLOAD_URL} did not answer within {PROBE_SECONDS:g} s",
            "a directory that holds cifar10/<version>/ as tensorflow-datasets prepares it, or a "
            "network connection",
            "Pass --data-dir or set TFDS_DATA_DIR, connect to the network, or train on the "
            "packaged images (--dataset sample) or your own image folder (--dataset PATH).",
        )
    builder = tfds.builder("cifar10", data_dir=directories[0])
    try:
        builder.download_and_prepare()
    except Exception as error:
        raise UnavailableError(
            f"a failed download of CIFAR-10 to {directories[0]}: {one_line(error)}",
            "a complete download and a writable directory",
            "Check the network, the free space and the directory's permissions, and try again.",
        ) from error
    return builder


def _is_reachable(url):
    """Return whether the host responds within `PROBE_SECONDS`, with any status."""
    responded = threading.Event()

    def probe():
        request = urllib.request.Request(url, method="HEAD")
        try:
            urllib.request.urlopen(request, timeout=PROBE_SECONDS).close()
        except (urllib.error.HTTPError, http.client.HTTPException):
            pass
        except OSError:
            return
        responded.set()

    # Name resolution has no timeout, hence a thread that may outlive this call.
    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    thread.join(PROBE_SECONDS)
    return responded.is_set()


def _num_examples(builder, split):
    with _explain_damage(builder.data_path):
        return builder.info.splits[split].num_examples


def _read(builder, split):
    """Decode one split into memory."""
    with _explain_damage(builder.data_path):
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
        _raise_damaged(builder.data_path, f"only {source.num_examples} images in {split!r}")
    return source


@contextlib.contextmanager
def _explain_damage(folder):
    """Convert any error of TFDS and TensorFlow about foreign or damaged files to a `UserError`."""
    try:
        yield
    except Exception as error:
        _raise_damaged(folder, f"{type(error).__name__}: {error}", error)


def _raise_damaged(folder, detail, cause=None):
    raise UserError(
        f"{folder}, which cannot be read as CIFAR-10 ({one_line(detail)})",
        "a cifar10/<version>/ directory as tensorflow-datasets prepares it",
        "Delete that directory so that it is prepared again, or pass another --data-dir.",
    ) from cause
