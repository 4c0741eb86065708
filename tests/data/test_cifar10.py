"""Tests for locating CIFAR-10, for the messages, and for the dataset itself.

Most tests use a tiny dataset with the same layout; the others require CIFAR-10 in `TFDS_DATA_DIR`.
"""

import http.server
import json
import os
import shutil
import socket
import threading
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from colorkeras.data import cifar10, load_dataset
from colorkeras.utils.errors import UserError

PARTS = ("train", "validation", "test")
NUM_TRAIN, NUM_TEST = 40, 10
RECORDS = "cifar10-{}.tfrecord-00000-of-00001"


def needs_cifar10(test):
    """Mark a test that uses the real dataset, which takes several seconds to read."""
    is_missing = not Path(os.environ.get("TFDS_DATA_DIR", ""), "cifar10").is_dir()
    skip = pytest.mark.skipif(is_missing, reason="no prepared CIFAR-10 in TFDS_DATA_DIR")
    return pytest.mark.slow(skip(test))


def _prepare(directory, num_train=NUM_TRAIN, encoding="png", shape=(32, 32, 3), image="image"):
    """Prepare `cifar10/3.0.2` with uniform images in different gray levels."""
    features = {
        image: tfds.features.Image(shape=shape, encoding_format=encoding),
        "label": tfds.features.ClassLabel(num_classes=10),
    }

    def examples(start, count):
        levels = range(start, start + count)
        return [(n, {image: np.full(shape, n, np.uint8), "label": n % 10}) for n in levels]

    tfds.dataset_builders.store_as_tfds_dataset(
        name="cifar10",
        version="3.0.2",
        data_dir=directory,
        features=tfds.features.FeaturesDict(features),
        split_datasets={"train": examples(0, num_train), "test": examples(200, NUM_TEST)},
        disable_shuffling=True,
    )
    return directory


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return _prepare(tmp_path_factory.mktemp("original"))


@pytest.fixture
def copy(original, tmp_path):
    """Directory with a copy of the tiny dataset in `cifar10/`, which tests may damage."""
    return Path(shutil.copytree(original, tmp_path / "copy"))


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """Empty home directory without prepared data or network access."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    # Close the socket, so that connections are refused.
    monkeypatch.setattr(cifar10, "DOWNLOAD_URL", f"http://127.0.0.1:{port}/cifar-10.tar.gz")
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TFDS_DATA_DIR", raising=False)
    return tmp_path / "home"


def _levels(source):
    return source.load(np.arange(source.num_examples), 0).numpy()[:, 0, 0, 0].tolist()


def test_splits_are_disjoint_and_complete(copy):
    dataset = cifar10.load(copy)
    assert _levels(dataset.train) + _levels(dataset.validation) == list(range(NUM_TRAIN))
    assert [dataset.train.num_examples, dataset.validation.num_examples] == [38, 2]
    assert _levels(dataset.test) == list(range(200, 200 + NUM_TEST))
    np.testing.assert_array_equal(dataset.test.labels, np.arange(NUM_TEST))


@pytest.mark.parametrize(
    "encoding, title", [("png", "CIFAR-10"), ("jpeg", "JPEG copy of CIFAR-10")]
)
def test_description_identifies_a_jpeg_copy(tmp_path, encoding, title):
    dataset = cifar10.load(_prepare(tmp_path, encoding=encoding))
    assert dataset.description == f"{title}, 0k/0k (38 train / 2 validation / 10 test)"


@pytest.mark.parametrize(
    "prepared, found",
    [
        (["data_dir", "environment", "default"], "data_dir"),
        (["environment", "default"], "environment"),
        (["default"], "default"),
    ],
)
def test_search_order(tmp_path, monkeypatch, offline, prepared, found):
    places = {
        "data_dir": tmp_path / "data_dir",
        "environment": tmp_path / "environment",
        "default": offline / "tensorflow_datasets",
    }
    counts = {"data_dir": 20, "environment": 40, "default": 60}
    for name in prepared:
        _prepare(places[name], counts[name])
    monkeypatch.setenv("TFDS_DATA_DIR", str(places["environment"]))
    assert cifar10.load(str(places["data_dir"])).train.num_examples == counts[found] * 95 // 100


def test_newest_complete_version_is_used(copy, tmp_path):
    older = _prepare(tmp_path / "older", 20) / "cifar10" / "3.0.2"
    older.rename(copy / "cifar10" / "3.0.1")
    (copy / "cifar10" / "incomplete.ABC_3.0.2").mkdir()
    assert cifar10.load(copy).train.num_examples == 38


def _truncate(path, records=None):
    """Truncate a record file to half its size, or to the given number of complete `records`."""
    if records is None:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        return
    kept = list(tf.data.TFRecordDataset(str(path)).take(records).as_numpy_iterator())
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in kept:
            writer.write(record)


def _flip(path):
    """Flip one bit in the middle of a record file; the records' checksums detect this."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _replace(folder, **options):
    shutil.rmtree(folder.parent)
    _prepare(folder.parent.parent, **options)


DAMAGE = {
    "garbage as description": lambda folder: (folder / "dataset_info.json").write_text("{garbage"),
    "empty description": lambda folder: (folder / "dataset_info.json").write_text(""),
    "features are gone": lambda folder: (folder / "features.json").unlink(),
    "test records cut": lambda folder: _truncate(folder / RECORDS.format("test")),
    "test records empty": lambda folder: (folder / RECORDS.format("test")).write_bytes(b""),
    "test records too few": lambda folder: _truncate(folder / RECORDS.format("test"), 7),
    "test records gone": lambda folder: (folder / RECORDS.format("test")).unlink(),
    "test records flipped": lambda folder: _flip(folder / RECORDS.format("test")),
    "train records cut": lambda folder: _truncate(folder / RECORDS.format("train")),
    "train records too few": lambda folder: _truncate(folder / RECORDS.format("train"), 37),
    "no split": lambda folder: _drop_splits(folder / "dataset_info.json"),
    "another dataset": lambda folder: _replace(folder, image="photograph"),
    "images of another size": lambda folder: _replace(folder, shape=(28, 28, 3)),
    "gray images of another size": lambda folder: _replace(folder, shape=(28, 28, 1)),
}


def _drop_splits(path):
    path.write_text(json.dumps({**json.loads(path.read_text()), "splits": []}))


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_files_are_rejected(copy, damage, offline):
    DAMAGE[damage](copy / "cifar10" / "3.0.2")
    with pytest.raises(UserError) as raised:
        # Without a dataset name, training must not silently fall back to the sample dataset.
        dataset = load_dataset(data_dir=str(copy))
        for part in PARTS:
            getattr(dataset, part)
    assert not isinstance(raised.value, cifar10.UnavailableError)
    received, _, fix = str(raised.value).splitlines()
    assert received.startswith(f"Received: {copy / 'cifar10'}")
    assert "cannot be read as CIFAR-10 (" in received
    assert fix.startswith("Fix: Delete the directory")


def test_neither_prepared_nor_reachable(tmp_path, monkeypatch, offline):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "environment"))
    with pytest.raises(cifar10.UnavailableError) as raised:
        cifar10.load(tmp_path / "data_dir")
    message = str(raised.value)
    for place in (
        tmp_path / "data_dir",
        tmp_path / "environment",
        offline / "tensorflow_datasets",
        cifar10.DOWNLOAD_URL,
    ):
        assert str(place) in message
    assert "--dataset sample" in message
    # Searching creates no files.
    assert not list(tmp_path.iterdir())


def test_default_without_cifar10_is_the_sample(offline):
    dataset = load_dataset()
    assert dataset.name == "sample"
    (note,) = dataset.notes
    assert "NOT CIFAR-10" in note and cifar10.DOWNLOAD_URL in note
    with pytest.raises(cifar10.UnavailableError):
        load_dataset("cifar10")


def test_hanging_name_resolution_times_out(monkeypatch, offline):
    release, ended = threading.Event(), threading.Event()

    def hang(request, timeout):
        release.wait(20)  # Longer than the probe's timeout.
        ended.set()
        raise OSError("no such host")

    monkeypatch.setattr("urllib.request.urlopen", hang)
    monkeypatch.setattr(cifar10, "PROBE_SECONDS", 0.05)
    with pytest.raises(cifar10.UnavailableError, match=r"did not respond within 0\.05 s"):
        cifar10.load()
    assert not ended.is_set()
    release.set()
    ended.wait()


def test_silent_host_times_out(monkeypatch, offline):
    monkeypatch.setattr(cifar10, "PROBE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not cifar10._is_reachable(f"http://127.0.0.1:{silent.getsockname()[1]}/")


@pytest.mark.parametrize("answer", [b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.0 404 \r\n\r\n", b"?\r\n"])
def test_any_response_counts_as_reachable(answer, offline):
    class Handler(http.server.BaseHTTPRequestHandler):
        def handle_one_request(self):
            self.rfile.readline()
            self.wfile.write(answer)

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert cifar10._is_reachable(f"http://127.0.0.1:{server.server_port}/")
        thread.join()


class _Download:
    """Fake dataset builder, because the real one would access the network."""

    def __init__(self, directory, source):
        self.directory, self.source = directory, source

    def download_and_prepare(self):
        if self.source is None:
            raise OSError("No space left\non device")
        shutil.copytree(self.source, self.directory)

    def __getattr__(self, name):
        prepared = tfds.builder_from_directory(self.directory / "cifar10" / "3.0.2")
        return getattr(prepared, name)


@pytest.mark.parametrize("place", ["data_dir", "environment", "default"])
def test_download_goes_to_the_first_directory_given(
    tmp_path, monkeypatch, offline, original, place
):
    monkeypatch.setattr(cifar10, "_is_reachable", lambda url: True)
    monkeypatch.setattr(tfds, "builder", lambda name, data_dir: _Download(data_dir, original))
    if place != "default":
        monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "environment"))
    dataset = cifar10.load(tmp_path / "data_dir" if place == "data_dir" else None)
    assert dataset.test.num_examples == NUM_TEST
    home = offline / "tensorflow_datasets"
    expected = {"default": home}.get(place, tmp_path / place)
    assert (expected / "cifar10" / "3.0.2").is_dir()
    # The next call finds the dataset there.
    monkeypatch.setattr(cifar10, "_is_reachable", lambda url: pytest.fail("asked again"))
    cifar10.load(tmp_path / "data_dir" if place == "data_dir" else None)


def test_failed_download_is_reported(tmp_path, monkeypatch, offline):
    monkeypatch.setattr(cifar10, "_is_reachable", lambda url: True)
    monkeypatch.setattr(tfds, "builder", lambda name, data_dir: _Download(data_dir, None))
    with pytest.raises(
        cifar10.UnavailableError, match=r"No space left on device\n.*\n.*free disk space"
    ):
        cifar10.load(tmp_path / "data_dir")
    assert load_dataset(data_dir=tmp_path / "data_dir").name == "sample"


@pytest.fixture(scope="module")
def real():
    return cifar10.load()


@needs_cifar10
def test_real_counts_and_types(real):
    folder = max(Path(os.environ["TFDS_DATA_DIR"], "cifar10").glob("*/dataset_info.json")).parent
    splits = json.loads((folder / "dataset_info.json").read_text())["splits"]
    counts = {split["name"]: sum(map(int, split["shardLengths"])) for split in splits}
    assert real.train.num_examples + real.validation.num_examples == counts["train"] >= 40_000
    assert real.validation.num_examples == pytest.approx(0.05 * counts["train"], abs=1)
    assert real.test.num_examples == counts["test"] == 10_000

    record = next(iter(tf.data.TFRecordDataset(str(next(folder.glob("*test.tfrecord*")))))).numpy()
    title = "JPEG copy of CIFAR-10" if b"\xff\xd8\xff" in record else "CIFAR-10"
    thousands = f"{counts['train'] // 1000}k/{counts['test'] // 1000}k"
    assert real.description.startswith(f"{title}, {thousands} (")
    for part in PARTS:
        source = getattr(real, part)
        assert source.image_size == 32
        assert source.labels.dtype == np.int64 and source.labels.shape == (source.num_examples,)
        assert set(source.labels) == set(range(10))
        assert source.load(np.arange(5), 0).dtype == tf.uint8


@needs_cifar10
def test_real_images_are_in_color_and_splits_share_none(real):
    images = {
        part: getattr(real, part).load(np.arange(getattr(real, part).num_examples), 0).numpy()
        for part in PARTS
    }
    sets = {part: {image.tobytes() for image in images[part]} for part in PARTS}
    for part in PARTS:
        # The published mean of CIFAR-10 (125.3, 123.0, 113.9) reveals the channel order.
        np.testing.assert_allclose(images[part].mean((0, 1, 2)), [125.3, 123.0, 113.9], atol=2.5)
        assert len(sets[part]) > 0.99 * len(images[part])
    assert not sets["train"] & sets["validation"]
    assert not sets["train"] & sets["test"]


@needs_cifar10
def test_truncated_real_records_are_rejected(real, tmp_path):
    folder = max(Path(os.environ["TFDS_DATA_DIR"], "cifar10").glob("*/dataset_info.json")).parent
    copy = shutil.copytree(folder, tmp_path / "cifar10" / folder.name)
    _truncate(next(copy.glob("*test.tfrecord*")))
    with pytest.raises(UserError, match=r"cannot be read as CIFAR-10 \("):
        _ = cifar10.load(tmp_path).test
