"""Tests for the presets."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from colorkeras.config.presets import PRESETS
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data.augmentation import AUGMENTATIONS
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.models.build import choose_architecture
from colorkeras.models.predictions import PREDICTIONS
from colorkeras.objectives import check_settings
from colorkeras.objectives.losses import LOSSES
from colorkeras.training.optimizers import OPTIMIZERS


@pytest.mark.parametrize("name", PRESETS)
def test_settings_of_a_preset_exist_and_fit_together(name):
    config = TrainingConfig(preset=name, **PRESETS[name].settings)
    arch, output = choose_architecture(config.arch, config.prediction, config.objective)
    assert output in ARCHITECTURES[arch].predictions
    check_settings(replace(config, objective=PREDICTIONS[output].objective))
    assert ARCHITECTURES[arch].has_class_head or not config.aux_class_loss_weight
    assert config.optimizer in OPTIMIZERS
    assert config.loss in LOSSES and config.augment in AUGMENTATIONS
    assert PRESETS[name].description.strip()


# The bundled `photo` model was trained before its preset existed.
@pytest.mark.parametrize("name", sorted(PRESETS.keys() - {"photo"}))
def test_metrics_in_a_description_are_those_of_its_model(name):
    folder = Path(__file__).resolve().parents[2] / "results" / PRESETS[name].settings["name"]
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    # The metadata contains the preset's name from version 0.1.
    recorded = {"accurate": "faithful"}.get(name, name)
    assert metrics["model"]["preset"] == recorded
    measured, text = metrics["metrics"], " ".join(PRESETS[name].description.split())
    expected = [f"{metrics['model']['minutes']:.1f} minutes"]
    if "best_of_8" in measured:
        expected += [f"{measured['best_of_8']:.2f} dB", f"{measured['colorfulness_ratio']:.1f}%"]
    else:
        expected += [
            f"{measured['psnr_pooled']:.2f} dB",
            f"CIEDE2000 of {measured['ciede2000']:.2f}",
        ]
    for part in expected:
        assert part in text
