"""Objectives: training targets, losses, and decoding of predictions to color.

To add an objective, write a module with a function that returns an `Objective`. Add the function to
`OBJECTIVES`, the objective's settings to `SETTINGS`, and its prediction to `PREDICTIONS`.
"""

from colorkeras.config.training_config import TrainingConfig
from colorkeras.config.validation import option_of
from colorkeras.models.predictions import PREDICTIONS
from colorkeras.objectives.classification import classification
from colorkeras.objectives.flow import flow_matching
from colorkeras.objectives.hinted import hinted
from colorkeras.objectives.losses import LOSS_WEIGHTS
from colorkeras.objectives.objective import Objective
from colorkeras.objectives.regression import regression
from colorkeras.utils.errors import UserError

__all__ = ["OBJECTIVES", "SETTINGS", "Objective", "check_settings", "create"]

OBJECTIVES = {
    "regression": regression,
    "classification": classification,
    "flow": flow_matching,
    "hinted": hinted,
}
"""Functions that create objectives, by name; they take the same arguments as `create`."""

SETTINGS = {
    "regression": ("loss", "flip_tta", "smoothness_weight", "gradient_weight"),
    "classification": ("rebalance", "temperature"),
    "flow": ("flip_tta", "sampling_steps", "guidance_scale", "temperature"),
    "hinted": (),
}
"""`TrainingConfig` fields that are specific to each objective."""


def create(prediction, settings, source=None, priors=None):
    """Create the objective for a prediction.

    Args:
        prediction: Key in `PREDICTIONS`.
        settings: `TrainingConfig`, or any object with the same attributes.
        source: `Source` of training images, for computing statistics; None if the objective is only
            used for inference.
        priors: Chroma bin frequencies from a trained model's metadata. None computes them from
            `source`.

    Raises:
        UserError: All training images are gray.
    """
    return OBJECTIVES[PREDICTIONS[prediction].objective](prediction, settings, source, priors)


def check_settings(config):
    """Raise `UserError` if a setting would have no effect on the resolved objective or loss."""
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
    # A value set by a preset cannot be omitted.
    negation = f" or pass {option_of('no_' + name)}" if value is True else ""
    raise UserError(
        f"{option} {value} for {kind} {getattr(config, kind)!r}, which ignores it",
        f"{kind} {' or '.join(allowed)}",
        f"Omit {option}{negation}, or pass --{kind} {allowed[0]}.",
    )
