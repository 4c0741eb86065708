"""Names that settings of a training run choose from."""

from types import MappingProxyType

from colorkeras.config.presets import PRESETS
from colorkeras.data.augmentation import AUGMENTATIONS
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.models.predictions import PREDICTIONS
from colorkeras.objectives import OBJECTIVES
from colorkeras.objectives.losses import LOSSES
from colorkeras.training.distribution import STRATEGIES
from colorkeras.training.optimizers import OPTIMIZERS
from colorkeras.training.precision import PRECISIONS

REGISTRIES = MappingProxyType(
    {
        "preset": PRESETS,
        "augment": AUGMENTATIONS,
        "arch": ARCHITECTURES,
        "prediction": PREDICTIONS,
        "objective": OBJECTIVES,
        "loss": LOSSES,
        "optimizer": OPTIMIZERS,
        "precision": PRECISIONS,
        "strategy": STRATEGIES,
    }
)
"""Registry of each field of `TrainingConfig` that names an entry of one."""
