"""Tests of the named settings of training runs."""

from dataclasses import replace

import pytest

from colorkeras.architectures import ARCHITECTURES, choose
from colorkeras.augmentation import AUGMENTATIONS
from colorkeras.config import TrainingConfig
from colorkeras.losses import LOSSES
from colorkeras.objectives import check_settings
from colorkeras.optimizers import OPTIMIZERS
from colorkeras.outputs import OUTPUTS
from colorkeras.recipes import RECIPES


@pytest.mark.parametrize("name", RECIPES)
def test_settings_of_a_recipe_exist_and_go_together(name):
    config = TrainingConfig(recipe=name, **RECIPES[name].settings)
    arch, output = choose(config.arch, config.output, config.objective)
    assert output in ARCHITECTURES[arch].outputs
    check_settings(replace(config, objective=OUTPUTS[output].objective))
    assert ARCHITECTURES[arch].has_class_head or not config.class_weight
    assert config.optimizer in OPTIMIZERS
    assert config.loss in LOSSES and config.augment in AUGMENTATIONS
    assert RECIPES[name].description.strip()
