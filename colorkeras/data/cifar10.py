"""Load CIFAR-10 with tensorflow-datasets, and fail within seconds if it is not available."""

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
from colorkeras.utils.files import expand_home

DOWNLOAD_URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
"""Download URL. It is probed first because tensorflow-datasets would keep retrying for minutes."""

PROBE_SECONDS = 4.0
"""Probe timeout in seconds."""

_NO_DECODING = {"image": tfds.decode.SkipDecoding()}
_JPEG_MAGIC = b"\xff\xd8"

SPLITS = {"train": "train[:95%]", "validation": "train[95%:]", "test": "test"}
"""Splits in tensorflow-datasets slice notation; the prepared images are already shuffled."""


class UnavailableError(UserError):
    """CIFAR-10 is not prepared and cannot be downloaded."""


def load(data_dir=None):
    """Open CIFAR-10 (32x32 images with labels), downloading it if necessary.

    Searches `data_dir`, the directory in the environment variable `TFDS_DATA_DIR`, and the default
    directory of tensorflow-datasets, in this order. If none of them contains CIFAR-10, it is
    downloaded to the first one that is set.

    Raises:
        UnavailableError: CIFAR-10 is not prepared and cannot be downloaded.
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
    """Return the dataset's title, which identifies JPEG copies because their metrics differ."""
    with _explain_damage(builder.data_path):
        examples = builder.as_dataset(split="test[:1]", decoders=_NO_DECODING)
        (example,) = examples.as_numpy_iterator()
    copy = "JPEG copy of " if example["image"].startswith(_JPEG_MAGIC) else ""
    thousands = "/".join(f"{_num_examples(builder, name) // 1000}k" for name in ("train", "test"))
    return f"{copy}CIFAR-10, {thousands}"


def _search_path(data_dir):
    candidates = (data_dir, os.environ.get("TFDS_DATA_DIR"), "~/tensorflow_datasets")
    return [Path(expand_home(directory)) for directory in candidates if directory]


def _find_prepared(directories):
    for directory in directories:
        folder = directory / "cifar10"
        if not folder.is_dir():
            continue
        with _explain_damage(folder):
            versions = [path for path in folder.iterdir() if tfds.core.Version.is_valid(path.name)]
            versions.sort(key=lambda path: tfds.core.Version(path.name), reverse=True)
            for version in versions:
                if (version / "dataset_info.json").exists():
                    return tfds.builder_from_directory(version)
    return None


def _download(directories):
    if not _is_reachable(DOWNLOAD_URL):
        raise UnavailableError(
            f"CIFAR-10, which was not found in {' or '.join(map(str, directories))} and cannot be "
            f"downloaded because {DOWNLOAD_URL} did not respond within {PROBE_SECONDS:g} s",
            "a directory that contains cifar10/<version>/ as prepared by tensorflow-datasets, or a "
            "network connection",
            "Pass --data-dir or set TFDS_DATA_DIR, connect to the network, or train on the "
            "bundled images (--dataset sample) or your own image folder (--dataset PATH).",
        )
    builder = tfds.builder("cifar10", data_dir=directories[0])
    try:
        builder.download_and_prepare()
    except Exception as error:
        raise UnavailableError(
            f"a failed download of CIFAR-10 to {directories[0]}: {one_line(error)}",
            "a complete download and a writable directory",
            "Check the network, free disk space and the directory's permissions, then try again.",
        ) from error
    return builder


def _is_reachable(url):
    """Return whether the host responds within `PROBE_SECONDS`, with any HTTP status."""
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

    # Name resolution has no timeout, so the probe runs in a thread that may outlive this call.
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
    """Convert the exceptions that TFDS and TensorFlow raise for invalid files to `UserError`."""
    try:
        yield
    except Exception as error:
        _raise_damaged(folder, f"{type(error).__name__}: {error}", error)


def _raise_damaged(folder, detail, cause=None):
    raise UserError(
        f"{folder}, which cannot be read as CIFAR-10 ({one_line(detail)})",
        "a cifar10/<version>/ directory as prepared by tensorflow-datasets",
        "Delete the directory so that it will be prepared again, or pass a different --data-dir.",
    ) from cause
