"""Objectives: what networks learn, and how their answers become color.

Add one by adding a file with a function that makes an `Objective`, one entry to `OBJECTIVES`, and
its output to `OUTPUTS`.
"""

from colorkeras.config.settings import option_of
from colorkeras.config.training_config import TrainingConfig
from colorkeras.models.outputs import OUTPUTS
from colorkeras.objectives import classification, flow, regression
from colorkeras.objectives.losses import LOSS_WEIGHTS
from colorkeras.objectives.objective import Objective
from colorkeras.utils.errors import UserError

__all__ = ["OBJECTIVES", "SETTINGS", "Objective", "check_settings", "create"]

OBJECTIVES = {
    "regression": regression.regression,
    "classification": classification.classification,
    "flow": flow.flow,
}
"""Functions that make an objective, by name; their arguments are those of `create`."""

SETTINGS = {
    "loss": ("regression",),
    "flip_tta": ("regression", "flow"),
    "smoothness_weight": ("regression",),
    "gradient_weight": ("regression",),
    "rebalance": ("classification",),
    "sampling_steps": ("flow",),
    "guidance_scale": ("flow",),
    "temperature": ("classification", "flow"),
}
"""Fields of `TrainingConfig` that only some objectives make use of, and which."""


def check_settings(config):
    """Raises UserError for a setting that its objective or loss would ignore.

    Args:
        config: `TrainingConfig` whose `objective` is settled.
    """

    def is_set(name):
        return getattr(config, name) != getattr(TrainingConfig, name)

    for name, objectives in SETTINGS.items():
        if not is_set(name) or config.objective in objectives:
            continue
        option, value = option_of(name), getattr(config, name)
        # A recipe's cannot be left away.
        no = f" or pass {option_of('no_' + name)}" if value is True else ""
        raise UserError(
            f"{option} {value} for objective {config.objective!r}, which has no use for it",
            f"objective {' or '.join(objectives)}",
            f"Leave {option} away{no}, or pass --objective {objectives[0]}.",
        )
    for loss, weights in LOSS_WEIGHTS.items():
        for name in weights:
            if is_set(name) and name not in LOSS_WEIGHTS.get(config.loss, ()):
                option = option_of(name)
                raise UserError(
                    f"{option} {getattr(config, name):g} for loss {config.loss!r}, which has none",
                    f"loss {loss!r}",
                    f"Leave {option} away, or pass --loss {loss}.",
                )


def create(output, settings, source=None):
    """Makes the objective of networks with an output.

    Args:
        output: Key of `OUTPUTS`.
        settings: `TrainingConfig`, or any object with its attributes.
        source: `Source` of the training pictures, from which statistics are taken; None for an
            objective that only colors.

    Returns:
        `Objective`.

    Raises:
        UserError: The pictures have no color to learn.
    """
    return OBJECTIVES[OUTPUTS[output].objective](output, settings, source)
