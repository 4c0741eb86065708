"""Tests for opening datasets by name or path, with different image sizes."""

import numpy as np
import pytest

from colorkeras.data import cifar10, sample
from colorkeras.data.datasets import DATASETS, NamedDataset, load_dataset
from colorkeras.utils.errors import UserError

PARTS = ("train", "validation", "test")


@pytest.fixture
def no_cifar10(monkeypatch):
    def fail(data_dir=None):
        raise cifar10.UnavailableError("CIFAR-10, not found", "a network", "Connect.")

    monkeypatch.setattr(cifar10, "load", fail)


def test_names():
    assert set(DATASETS) == {"cifar10", "sample", "photographs"}


def test_sample_by_name():
    dataset = load_dataset("sample")
    assert (dataset.name, dataset.notes) == ("sample", [])
    for part in PARTS:
        source = getattr(dataset, part)
        assert (source.num_examples, source.image_size) == (len(sample.load_images(part)), 32)
        assert str(source.num_examples) in dataset.description
        np.testing.assert_array_equal(source.load([3, 1], 0), sample.load_images(part)[[3, 1]])
    # The dataset is opened only once.
    assert dataset.train is dataset.train


def test_cifar10_by_name_receives_the_data_dir(monkeypatch):
    loader = NamedDataset(lambda data_dir: ("opened", data_dir), 32)
    monkeypatch.setitem(DATASETS, "cifar10", loader)
    assert load_dataset("cifar10", data_dir="somewhere") == ("opened", "somewhere")


def test_folder_by_path(image_folder):
    dataset = load_dataset(str(image_folder), image_size=12, seed=1)
    assert dataset.name == image_folder.name
    assert dataset.train.image_size == dataset.validation.image_size == 12


def test_default_is_cifar10_if_available(monkeypatch):
    monkeypatch.setattr(cifar10, "load", lambda data_dir: ("opened", data_dir))
    assert load_dataset(data_dir="somewhere") == ("opened", "somewhere")


def test_default_falls_back_to_the_sample_with_a_note(no_cifar10):
    dataset = load_dataset()
    assert dataset.name == "sample"
    (note,) = dataset.notes
    assert "NOT CIFAR-10" in note and note.endswith("Reason: CIFAR-10, not found")


def test_default_does_not_hide_damage(monkeypatch):
    def fail(data_dir=None):
        raise UserError("a damaged CIFAR-10", "a whole one", "Delete it.")

    monkeypatch.setattr(cifar10, "load", fail)
    with pytest.raises(UserError, match="damaged"):
        load_dataset()


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            {"name": "cifar11"},
            "'cifar11', which is neither.*Expected: cifar10, photographs, sample, tfds:NAME",
        ),
        ({"name": "CIFAR-10"}, "'CIFAR-10', which is neither.*Fix: Did you mean cifar10?"),
        ({"name": "no/such/folder"}, "no/such/folder.*Fix: Check the spelling"),
        ({"name": "n" * 300}, "neither a dataset nor a folder"),
        ({"name": __file__}, "which is neither a dataset nor a folder"),
        ({"name": ""}, "neither a dataset nor a folder"),
        ({"name": "sample", "image_size": 64}, "--image-size 64 with the sample dataset"),
        ({"name": None, "image_size": 16}, "--image-size 16 with the cifar10 dataset"),
        ({"name": "sample", "image_size": 7}, "--image-size 7.*at least 8"),
        ({"name": ".", "image_size": 0}, "--image-size 0"),
        ({"name": ".", "image_size": -32}, "--image-size -32"),
    ],
)
def test_unusable_arguments_are_rejected(arguments, message):
    with pytest.raises(UserError, match=f"(?s)^Received: .*{message}"):
        load_dataset(**arguments)


def test_home_is_expanded(image_folder, monkeypatch):
    monkeypatch.setenv("HOME", str(image_folder.parent))
    assert load_dataset(f"~/{image_folder.name}").name == image_folder.name
