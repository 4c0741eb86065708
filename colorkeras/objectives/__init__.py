"""Objectives: what networks learn, and how their answers become color.

Add one by adding a file with a function that makes an `Objective`, one entry to `OBJECTIVES`, and
its output to `OUTPUTS`.
"""

from colorkeras.objectives.classification import classification
from colorkeras.objectives.flow import flow
from colorkeras.objectives.objective import Objective
from colorkeras.objectives.regression import regression
from colorkeras.outputs import OUTPUTS

__all__ = ["OBJECTIVES", "Objective", "create"]

OBJECTIVES = {"regression": regression, "classification": classification, "flow": flow}
"""Functions that make an objective, by name; their arguments are those of `create`."""


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
