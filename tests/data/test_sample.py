"""Tests for the packaged `sample` dataset."""

import hashlib
from importlib import resources

import numpy as np
import pytest
from PIL import Image

from colorkeras.data import sample

ALLOWED_LICENSES = {"CC0-1.0", "Public domain"}
PHOTOGRAPHS = resources.files("colorkeras.data") / "sample_photographs"


@pytest.mark.parametrize("split", sample.SPLITS)
def test_crops_are_small_uint8_color_images(split):
    images = sample.load_images(split)
    assert images.dtype == np.uint8
    assert images.shape[1:] == (32, 32, 3)
    assert len(images) >= 200


def test_train_has_most_of_at_least_5000_crops():
    counts = {split: len(sample.load_images(split)) for split in sample.SPLITS}
    assert sum(counts.values()) >= 5000
    assert counts["train"] >= 0.75 * sum(counts.values())


def test_order_is_fixed():
    np.testing.assert_array_equal(
        sample.load_images("validation"), sample.load_images("validation")
    )


def test_first_crops_follow_the_rows_of_the_first_photograph():
    file = next(item["file"] for item in sample.sources() if item["split"] == "train")
    with (PHOTOGRAPHS / file).open("rb") as stream, Image.open(stream) as image:
        pixels = np.asarray(image)
    images = sample.load_images("train")
    np.testing.assert_array_equal(images[0], pixels[:32, :32])
    np.testing.assert_array_equal(images[1], pixels[:32, 16:48])


def test_unknown_split_is_rejected():
    with pytest.raises(ValueError, match="expected one of"):
        sample.load_images("training")


def test_splits_share_no_photograph():
    photographs = sample.sources()
    assert {item["split"] for item in photographs} == set(sample.SPLITS)
    for key in ("file", "source", "sha256"):
        assert len({item[key] for item in photographs}) == len(photographs) >= 5


def test_every_photograph_is_listed_and_they_stay_small():
    files = {item.name: item.read_bytes() for item in PHOTOGRAPHS.iterdir()}
    files.pop("sources.json")
    assert set(files) == {item["file"] for item in sample.sources()}
    assert sum(len(data) for data in files.values()) <= 4_000_000


@pytest.mark.parametrize("photograph", sample.sources(), ids=lambda item: item["file"])
def test_photograph_is_free_unchanged_and_in_color(photograph):
    assert photograph["license"] in ALLOWED_LICENSES
    assert photograph["author"] and photograph["license_url_or_text"]
    data = (PHOTOGRAPHS / photograph["file"]).read_bytes()
    assert hashlib.sha256(data).hexdigest() == photograph["sha256"]
    with (PHOTOGRAPHS / photograph["file"]).open("rb") as stream, Image.open(stream) as image:
        assert image.mode == "RGB"
        chroma = np.asarray(image.convert("YCbCr"), dtype="float32")[..., 1:] - 128.0
    # Grayscale images, even if stored as RGB, have a mean chroma near 0.
    assert np.hypot(chroma[..., 0], chroma[..., 1]).mean() > 5.0
