"""What a run needs to go on where it stopped: one file after each epoch."""

import json
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from colorkeras.errors import UserError, one_line
from colorkeras.files import writing

FOLDER = "checkpoints"
NUM_KEPT = 2


@dataclass(frozen=True)
class Position:
    """How far a run has come, beside the weights.

    Attributes:
        num_epochs: Finished epochs.
        minutes: Time spent on them.
        history: Dict of lists, the logs of the finished epochs.
        best_epoch: Index of the epoch whose weights were to be exported.
    """

    num_epochs: int
    minutes: float
    history: dict
    best_epoch: int


def save(run_folder, colorizer, best_weights, position):
    """Writes a checkpoint and removes all but the last `NUM_KEPT`.

    Args:
        run_folder: The run's folder.
        colorizer: `Colorizer`, compiled.
        best_weights: NumPy arrays, the average network's after that epoch.
        position: `Position`.
    """
    arrays = {"position": np.array(json.dumps(vars(position)))}
    for group, values in {**_variables(colorizer), "best": best_weights}.items():
        for number, value in enumerate(values):
            arrays[f"{group}/{number}"] = keras.ops.convert_to_numpy(value)
    folder = Path(run_folder, FOLDER)
    # Written as an open file: by name, NumPy would append its own suffix.
    path = folder / f"epoch-{position.num_epochs:04}.npz"
    with writing(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **arrays)
    for path in _newest_last(folder)[:-NUM_KEPT]:
        path.unlink()


def restore(run_folder, colorizer):
    """Loads the newest checkpoint into a compiled `Colorizer` of the same settings.

    Returns:
        `(best_weights, position)` as they were passed to `save`.

    Raises:
        UserError: There is none, or it does not fit.
    """
    paths = _newest_last(Path(run_folder, FOLDER))
    if not paths:
        raise UserError(
            f"--resume {str(run_folder)!r}, which has no checkpoint",
            "a run of which at least one epoch was finished",
            "Start another run; --init takes the model.keras of this one, if it has one.",
        )
    variables = _variables(colorizer)
    try:
        # Pickled objects are refused: they could run code. Opened here, because NumPy leaves
        # damaged files open.
        with paths[-1].open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            arrays = dict(stored)
        position = Position(**json.loads(str(arrays["position"])))
        for group in variables:
            for variable, value in zip(variables[group], _group(arrays, group), strict=True):
                variable.assign(value)
        return _group(arrays, "best"), position
    except Exception as error:  # NumPy raises whatever a damaged file makes it stumble over.
        raise UserError(
            f"the checkpoint {str(paths[-1])!r}, which cannot be used ({one_line(error)})",
            "a checkpoint as this version of colorkeras writes it",
            "Remove this file, if an older one is beside it, or start the training anew.",
        ) from error


def exist(run_folder):
    """Whether a run has a checkpoint to go on from."""
    return bool(_newest_last(Path(run_folder, FOLDER)))


def _variables(colorizer):
    """The variables that make a run's state, by group, always in the same order."""
    with colorizer.distribute_strategy.scope():
        colorizer.optimizer.build(colorizer.network.trainable_variables)
    return {
        # Beside the weights: what draws of layers such as dropout follow from.
        "network": colorizer.network.variables,
        "average": colorizer.average.weights,
        "optimizer": colorizer.optimizer.variables,
    }


def _group(arrays, group):
    count = sum(name.startswith(f"{group}/") for name in arrays)
    return [arrays[f"{group}/{number}"] for number in range(count)]


def _newest_last(folder):
    return sorted(folder.glob("epoch-*.npz"), key=lambda path: int(path.stem.split("-")[1]))
