"""Tests for prepared TFDS datasets, which the tests create themselves."""

import io
import shutil

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from colorkeras.data import load_dataset, training_batches
from colorkeras.utils.errors import UserError

COLORS = np.random.default_rng(0).integers(0, 256, (40, 3), np.uint8)
SIZES = [(20 + number, 50 - number) for number in range(40)]


def _encoded(number):
    buffer = io.BytesIO()
    Image.new("RGB", SIZES[number], tuple(map(int, COLORS[number]))).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """Directory with two datasets of uniform images: `plain` has all splits, `bare` just one."""
    folder = tmp_path_factory.mktemp("tfds")
    features = tfds.features.FeaturesDict({"image": tfds.features.Image(encoding_format="png")})
    for name, splits in (
        ("plain", {"train": range(30), "validation": range(30, 35), "test": range(35, 40)}),
        ("bare", {"train": range(40)}),
    ):
        tfds.dataset_builders.store_as_tfds_dataset(
            name=name,
            version="1.0.0",
            features=features,
            split_datasets={
                split: [(number, {"image": io.BytesIO(_encoded(number))}) for number in numbers]
                for split, numbers in splits.items()
            },
            data_dir=folder,
            disable_shuffling=True,
        )
    return folder


def _colors(source):
    crops = source.load(np.arange(source.num_examples), 0).numpy()
    assert (crops == crops[:, :1, :1]).all()
    return crops[:, 0, 0]


def test_parts_are_the_splits(data_dir):
    dataset = load_dataset("tfds:plain", data_dir, image_size=8)
    assert dataset.description == (
        "plain 1.0.0 (30 train / 5 validation / 5 test images, crops of 8x8)"
    )
    for part, expected in (("train", COLORS[:30]), ("validation", COLORS[30:35])):
        np.testing.assert_array_equal(_colors(getattr(dataset, part)), expected)


def test_missing_parts_are_taken_from_the_training_split(data_dir):
    dataset = load_dataset("tfds:bare:1.0.0", data_dir, image_size=8)
    parts = [_colors(getattr(dataset, part)) for part in ("train", "test", "validation")]
    assert [len(part) for part in parts] == [36, 2, 2]
    np.testing.assert_array_equal(np.concatenate(parts), COLORS)


def test_training_crops_follow_from_seed_epoch_and_number(data_dir):
    def batch(seed=0, epoch=0):
        dataset = load_dataset("tfds:plain", data_dir, image_size=16, seed=seed)
        return next(iter(training_batches(dataset.train, 4, seed, epoch))).numpy()

    assert batch().shape == (4, 16, 16, 3)
    np.testing.assert_array_equal(batch(), batch())
    assert (batch() != batch(epoch=1)).any()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tfds:missing", "the 'missing' dataset, which is not in"),
        ("tfds:plain:2.0.0", "the 'plain:2.0.0' dataset, which is not in"),
        ("tfds:../plain", "the '../plain' dataset, which is not in"),
        ("tfds:", "the '' dataset, which is not in"),
    ],
)
def test_data_sets_that_are_not_prepared_are_explained(name, message, data_dir):
    with pytest.raises(UserError, match=f"(?s)^Received: {message}.*tfds build"):
        load_dataset(name, data_dir, image_size=8)


def test_damaged_files_are_explained(data_dir, tmp_path):
    shutil.copytree(data_dir / "plain", tmp_path / "plain")
    (file,) = (tmp_path / "plain" / "1.0.0").glob("*validation*tfrecord*")
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(
        UserError, match=r"the validation split of plain, which cannot be read \(.*truncated"
    ):
        load_dataset("tfds:plain", tmp_path, image_size=8)
    (tmp_path / "plain" / "1.0.0" / "dataset_info.json").write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match="cannot be read as a dataset"):
        load_dataset("tfds:plain", tmp_path, image_size=8)


@pytest.mark.parametrize("where", ["option", "variable"])
def test_home_is_expanded(where, data_dir, monkeypatch):
    monkeypatch.setenv("HOME", str(data_dir.parent))
    folder = f"~/{data_dir.name}"
    monkeypatch.setenv("TFDS_DATA_DIR", "~/missing" if where == "option" else folder)
    dataset = load_dataset("tfds:plain", folder if where == "option" else None)
    assert dataset.train.num_examples == 30
