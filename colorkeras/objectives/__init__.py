"""Objectives: what networks are trained on and how predictions are decoded to color.

To add one, add a file with a function that returns an `Objective`, entries in `OBJECTIVES` and
`SETTINGS`, and its prediction in `PREDICTIONS`.
"""

from colorkeras.config.settings import option_of
from colorkeras.config.training_config import TrainingConfig
from colorkeras.models.predictions import PREDICTIONS
from colorkeras.objectives.classification import classification
from colorkeras.objectives.flow import flow_matching
from colorkeras.objectives.losses import LOSS_WEIGHTS
from colorkeras.objectives.objective import Objective
from colorkeras.objectives.regression import regression
from colorkeras.utils.errors import UserError

__all__ = ["OBJECTIVES", "SETTINGS", "Objective", "check_settings", "create"]

OBJECTIVES = {"regression": regression, "classification": classification, "flow": flow_matching}
"""Constructors of objectives by name, with the arguments of `create`."""

SETTINGS = {
    "regression": ("loss", "flip_tta", "smoothness_weight", "gradient_weight"),
    "classification": ("rebalance", "temperature"),
    "flow": ("flip_tta", "sampling_steps", "guidance_scale", "temperature"),
}
"""Fields of `TrainingConfig` that each objective uses and others ignore."""


def create(prediction, settings, source=None):
    """Create the objective of networks with a prediction.

    Args:
        prediction: Key of `PREDICTIONS`.
        settings: `TrainingConfig`, or any object with its attributes.
        source: `Source` of the training images, from which statistics are computed; None for an
            objective that is only used for inference.

    Returns:
        `Objective`.

    Raises:
        UserError: All training images are gray.
    """
    return OBJECTIVES[PREDICTIONS[prediction].objective](prediction, settings, source)


def check_settings(config):
    """Raise `UserError` for a setting that the objective or the loss would ignore.

    Args:
        config: `TrainingConfig` with a resolved `objective`.
    """
    defaults = TrainingConfig()
    for name in dict.fromkeys(name for names in SETTINGS.values() for name in names):
        if getattr(config, name) == getattr(defaults, name):
            continue
        for kind, users in (("objective", SETTINGS), ("loss", LOSS_WEIGHTS)):
            allowed = [user for user, names in users.items() if name in names]
            if allowed and getattr(config, kind) not in allowed:
                _refuse(config, name, kind, allowed)


def _refuse(config, name, kind, allowed):
    option, value = option_of(name), getattr(config, name)
    # A value that comes from a preset cannot be omitted.
    negation = f" or pass {option_of('no_' + name)}" if value is True else ""
    raise UserError(
        f"{option} {value} for {kind} {getattr(config, kind)!r}, which ignores it",
        f"{kind} {' or '.join(allowed)}",
        f"Omit {option}{negation}, or pass --{kind} {allowed[0]}.",
    )
