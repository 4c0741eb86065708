"""Checkpoints: everything that a run needs to resume with bit-identical results."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np

from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import atomic_write, quoted

FOLDER = "checkpoints"
"""Folder of the checkpoints in a run's folder."""

NUM_KEPT = 2
"""Number of checkpoints that are kept."""

_NAME = re.compile(r"epoch-(\d+)(?:-step-(\d+))?\.npz")


@dataclass(frozen=True)
class Position:
    """Progress of a run, apart from its weights.

    Attributes:
        num_epochs: Number of finished epochs.
        minutes: Training time so far, including the current epoch.
        history: Dict of lists, the logs of the finished epochs.
        best_epoch: Index of the epoch to export; None before the first epoch has finished.
        num_steps: Number of finished steps of the current epoch.
        running_loss: `TrainingModel.running_loss` after these steps.
    """

    num_epochs: int
    minutes: float
    history: dict
    best_epoch: int | None
    num_steps: int = 0
    running_loss: list = field(default_factory=list)


START = Position(num_epochs=0, minutes=0.0, history={}, best_epoch=None)
"""Position of a new run."""


def save(run_folder, model, best_weights, position):
    """Write a checkpoint and remove all but the newest `NUM_KEPT`.

    The file is a NumPy archive, which stores a checksum for each array.

    Args:
        run_folder: The run's folder; None reads the state, in which all workers must take part,
            without writing it.
        model: `TrainingModel`, compiled.
        best_weights: List of NumPy arrays, the weights of the EMA network after the best epoch;
            empty before the first epoch has finished.
        position: `Position`.

    Returns:
        `Path` of the checkpoint, or None.
    """
    arrays = {"position": np.array(json.dumps(vars(position)))}
    for group, values in {**_variables(model), "best": best_weights}.items():
        for number, value in enumerate(values):
            arrays[f"{group}/{number}"] = keras.ops.convert_to_numpy(value)
    if run_folder is None:
        return None
    step = f"-step-{position.num_steps:06}" if position.num_steps else ""
    path = Path(run_folder, FOLDER, f"epoch-{position.num_epochs:04}{step}.npz")
    # Passed as an open file, because NumPy appends a suffix to names.
    with atomic_write(path, durable=True) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **arrays)
    for old in _sorted_paths(run_folder)[:-NUM_KEPT]:
        old.unlink()
    return path


def restore(run_folder, model, is_chief=True):
    """Load the newest intact checkpoint; the chief renames unusable ones to `*.unusable`.

    Args:
        run_folder: The run's folder.
        model: Compiled `TrainingModel` with the same settings.
        is_chief: Whether this process writes files.

    Returns:
        `(best_weights, position, notices)`: the first two as passed to `save`; a list of str, one
        for each checkpoint that cannot be used.

    Raises:
        UserError: There is no usable checkpoint, or the newest one must not be read.
    """
    variables = _variables(model)
    problems = {}
    for path in reversed(_sorted_paths(run_folder)):
        try:
            arrays, position = _read(path, variables)
            break
        except PermissionError as error:
            raise UserError(
                f"the checkpoint {quoted(path)}, which cannot be read ({error.strerror})",
                "a readable file",
                "Change its owner or its permissions.",
            ) from error
        except MemoryError:
            raise
        except Exception as error:  # NumPy raises all kinds of errors for damaged files.
            problems[path] = one_line(error)
    else:
        *_, problem = ["there are none", *problems.values()]
        raise UserError(
            f"the checkpoints of {quoted(run_folder)}, which cannot be used ({problem})",
            "checkpoints of this version of colorkeras",
            "Start a new run. If this run left a model.keras, pass it as --init.",
        )
    for group, values in variables.items():
        for variable, value in zip(values, arrays[group], strict=True):
            variable.assign(value)
    for path in problems if is_chief else ():
        # Otherwise the next start would try it again.
        path.rename(path.with_name(f"{path.name}.unusable"))
    notices = [f"The checkpoint {quoted(p)} cannot be used: {problems[p]}" for p in problems]
    return arrays["best"], position, notices


def exist(run_folder):
    """Return whether a run has a checkpoint."""
    return bool(_sorted_paths(run_folder))


def _read(path, variables):
    # Pickled objects are refused because they can run code. The file is opened here because NumPy
    # does not close damaged files.
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
        contents = dict(stored)
    position = Position(**json.loads(str(contents["position"])))
    arrays = {}
    for group in (*variables, "best"):
        count = sum(name.startswith(f"{group}/") for name in contents)
        arrays[group] = [contents[f"{group}/{number}"] for number in range(count)]
    for group, values in variables.items():
        for variable, value in zip(values, arrays[group], strict=True):
            if tuple(variable.shape) != value.shape:
                raise ValueError(
                    f"an array has shape {value.shape} instead of {tuple(variable.shape)}"
                )
    return arrays, position


def _variables(model):
    """Return the variables of a run's state by group, always in the same order."""
    with model.distribute_strategy.scope():
        model.optimizer.build(model.network.trainable_variables)
    return {
        # Includes the states of random generators, such as those of dropout layers.
        "network": model.network.variables,
        "ema": model.ema_network.weights,
        "optimizer": model.optimizer.variables,
    }


def _sorted_paths(run_folder):
    """Return the paths of a run's checkpoints, oldest first."""
    found = {}
    for path in Path(run_folder, FOLDER).glob("*"):
        match = _NAME.fullmatch(path.name)
        if match:
            found[int(match[1]), int(match[2] or 0)] = path
    return [found[position] for position in sorted(found)]
