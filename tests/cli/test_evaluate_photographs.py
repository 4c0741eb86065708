"""Tests for `colorkeras evaluate` on a prepared dataset at native resolution."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from colorkeras import cli

pytest.importorskip("skimage")

SOURCES = ("faces", "places")


def _example(number):
    pixels = np.random.default_rng(number).integers(0, 256, (4, 5, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).resize((40 + number, 36)).save(buffer, "PNG")
    return {"image": io.BytesIO(buffer.getvalue()), "source": SOURCES[number % 2]}


@pytest.fixture
def toys(tmp_path):
    """Directory with a `toys` dataset of six images from two sources per split."""
    tfds.dataset_builders.store_as_tfds_dataset(
        name="toys",
        version="1.0.0",
        features=tfds.features.FeaturesDict(
            {"image": tfds.features.Image(encoding_format="png"), "source": tfds.features.Text()}
        ),
        split_datasets={
            split: [(number, _example(number)) for number in range(6)]
            for split in ("train", "validation", "test")
        },
        data_dir=tmp_path / "tfds",
    )
    return tmp_path / "tfds"


def test_photographs_are_measured_at_their_own_size(main, exports, toys):
    words = f"evaluate --model {exports('skip_cnn').folder} --dataset tfds:toys --data-dir {toys}"
    status, output, _ = main(f"{words} --results results --json all.json")
    assert status == cli.DONE
    assert "toys 1.0.0, test" in output and "faces (3)" in output
    (metrics,) = json.loads(Path("all.json").read_text(encoding="utf-8")).values()
    name = metrics["model"]["name"]
    saved = Path("results", name, "tfds_toys.json").read_text(encoding="utf-8")
    assert json.loads(saved) == metrics
    assert metrics["num_images"] == {"faces": 3, "places": 3}
    assert list(metrics["errors"]) == ["grayscale baseline", "mean chroma", "model"]
    assert set(metrics["skin"]["model"]) == {"faces"}
    assert "hints" not in metrics and "variations" not in metrics
    status, _, errors = main(f"{words} --results results")
    assert status == cli.UNUSABLE and "--overwrite" in errors


def test_image_size_selects_crops(main, exports, toys):
    words = f"evaluate --model {exports('skip_cnn').folder} --dataset tfds:toys --data-dir {toys}"
    status, output, _ = main(f"{words} --image-size 16")
    assert status == cli.DONE and "crops of 16x16" in output
