"""Tests that the bundled models are present, small enough, and produce unchanged outputs."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from golden.make import FOLDER, golden_strip
from PIL import Image

import colorkeras
from colorkeras.evaluation import format_value
from colorkeras.export import bundled, saved_model
from colorkeras.export.metadata import CARD_FILE, is_same_model, read_metadata
from colorkeras.utils.errors import UserError

pytestmark = pytest.mark.parametrize("name", bundled.BUNDLED_MODELS)

MAX_BYTES = 30 * 10**6


def test_output_is_golden(name):
    with Image.open(FOLDER / f"{name}.png") as image:
        golden = np.asarray(image).astype(int)
    # Other processors may sum in a different order, which can change rounding by one level.
    np.testing.assert_allclose(golden_strip(name).astype(int), golden, atol=1)


def test_size(name):
    files = [path for path in bundled.resolve(name).rglob("*") if path.is_file()]
    assert files
    assert sum(path.stat().st_size for path in files) <= MAX_BYTES


def test_metrics_and_card_are_those_of_this_model(name):
    folder = bundled.resolve(name)
    results = Path(__file__).resolve().parents[2] / "results" / name / "metrics.json"
    if not results.exists():
        pytest.skip("not measured on CIFAR-10")
    metrics = json.loads(results.read_text(encoding="utf-8"))
    assert is_same_model(metrics["model"], read_metadata(folder))
    card = (folder / CARD_FILE).read_text(encoding="utf-8")
    for figure in ("psnr_pooled", "ciede2000", "colorfulness"):
        assert f"| {format_value(metrics['metrics'][figure], figure)} |" in card


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "size"), [("PNG", (2500, 1600)), ("JPEG", (6250, 4000))])
def test_bytes_endpoint_matches_the_predictor_on_large_images(name, kind, size):
    coarse = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(coarse).resize(size).save(buffer, kind)
    model = colorkeras.load(name)
    endpoint = model.exported.saved_model.signatures["colorize_bytes"]
    (result,) = endpoint(image_bytes=tf.constant([buffer.getvalue()]))["image_bytes"].numpy()
    expected = np.asarray(model.colorize(Image.open(buffer))).astype(np.int16)
    assert np.abs(expected - np.asarray(Image.open(io.BytesIO(result)))).max() <= 1


@pytest.mark.slow
def test_xla_compiles_the_model(name):
    model = saved_model.load(bundled.resolve(name))
    grayscale = np.random.default_rng(0).random((2, 32, 32, 1), np.float32)

    def color(grayscale):
        # The noise with XLA differs.
        noisy = model.samples and "temperature" in model.metadata
        return model.color(grayscale, temperature=0.0 if noisy else None)

    compiled = tf.function(color, jit_compile=True)
    np.testing.assert_allclose(compiled(grayscale), color(grayscale), atol=1e-4)
    rgb = tf.function(model.color, jit_compile=True)(grayscale).numpy()
    assert rgb.shape == (2, 32, 32, 3) and rgb.min() >= 0 and rgb.max() <= 1
    assert rgb.std(axis=-1).max() > 0.01  # Any colors are valid.


def test_bare_name_wins_over_a_folder_of_that_name(name, tmp_path, monkeypatch):
    (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    assert bundled.resolve(name).is_absolute()
    assert bundled.resolve(f"./{name}").resolve() == tmp_path / name


def test_misspelled_names_get_a_suggestion(name):
    misspelled = name.replace(name[1], "m")
    with pytest.raises(UserError) as error:
        bundled.resolve(misspelled)
    received, expected, fix = str(error.value).splitlines()
    assert misspelled in received and name in expected and f"Did you mean {name}?" in fix


def test_misspelled_names_of_folders_are_paths(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    misspelled = name.replace(name[1], "m")
    (tmp_path / misspelled).mkdir()
    assert bundled.resolve(misspelled) == Path(misspelled)


def test_home_is_expanded(name, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert bundled.resolve(f"~/{name}/1") == tmp_path / name / "1"
    assert bundled.resolve(300 * name).name == 300 * name
