"""Tests for model cards."""

import json

import pytest

from colorkeras.export import bundled, model_card, saved_model, signatures
from colorkeras.export.metadata import CARD_FILE, METADATA_FILE
from colorkeras.utils.files import RESULTS_BEGIN, RESULTS_END


def without_metrics(card):
    before, _, rest = card.partition(RESULTS_BEGIN)
    return before, rest.partition(RESULTS_END)[2]


def card_of(folder):
    return (folder / CARD_FILE).read_text(encoding="utf-8")


def test_only_settings_that_are_set_are_listed(exports, tmp_path):
    made = exports("skip_cnn")
    metadata = {
        "name": "plain",
        "dataset": "none",
        "seed": 0,
        "aux_class_loss_weight": 0.0,
        "flip_tta": False,
    }
    folder = saved_model.export(made.network, made.objective, tmp_path, metadata)
    card = card_of(folder)
    assert "- seed: 0\n" in card and "class loss weight" not in card
    assert "flip test-time" not in card


def test_card_describes_the_model(exported):
    metadata = json.loads((exported.folder / METADATA_FILE).read_text(encoding="utf-8"))
    assert metadata == exported.model.metadata
    assert metadata["architecture"] == exported.network.name
    assert metadata["num_parameters"] == exported.network.count_params()
    card = card_of(exported.folder)
    endpoints = exported.model.endpoints
    assert set(endpoints) == set(exported.model.saved_model.signatures)
    for line in signatures.table(endpoints).splitlines():
        assert line in card
    assert card.count("\n| `") == len(endpoints)
    assert ("different plausible colorization" in card) == exported.model.samples
    for section in ("Intended use", "Training data", "Training", "Metrics", "Limitations"):
        assert f"\n## {section}\n" in card
    assert ("must be 32" if exported.model.image_size else "any size") in card
    render_size = f"longer side of {exported.model.render_size} pixels"
    assert (render_size in card) == (exported.model.image_size is None)


@pytest.mark.parametrize("name", bundled.BUNDLED_MODELS)
def test_cards_of_bundled_models_follow_the_template(name):
    model = saved_model.load(bundled.resolve(name))
    rendered = model_card.render(model.metadata, model.endpoints, model.image_size)
    assert without_metrics(card_of(model.path)) == without_metrics(rendered)


def test_update_keeps_the_metrics(exports, tmp_path):
    made = exports("skip_cnn")
    folder = saved_model.export(
        made.network, made.objective, tmp_path, {"name": "plain", "dataset": "none"}
    )
    text = f"old\n{RESULTS_BEGIN}\n| PSNR | 24 |\n{RESULTS_END}\nold\n"
    (folder / CARD_FILE).write_text(text, encoding="utf-8")
    model = saved_model.load(folder)
    model_card.update(model)
    card = card_of(folder)
    assert f"{RESULTS_BEGIN}\n| PSNR | 24 |\n{RESULTS_END}\n" in card
    rendered = model_card.render(model.metadata, model.endpoints, model.image_size)
    assert without_metrics(card) == without_metrics(rendered)
