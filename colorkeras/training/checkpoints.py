"""What a run needs to go on where it stopped: one file after each epoch, and some within."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np

from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import atomic_write, quoted

FOLDER = "checkpoints"
NUM_KEPT = 2

_NAME = re.compile(r"epoch-(\d+)(?:-step-(\d+))?\.npz")


@dataclass(frozen=True)
class Position:
    """How far a run has come, beside the weights.

    Attributes:
        num_epochs: Finished epochs.
        minutes: Time spent on them, and on the one that was begun.
        history: Dict of lists, the logs of the finished epochs.
        best_epoch: Index of the epoch whose weights were to be exported; None before the first is
            finished.
        num_steps: Steps of the epoch that was begun.
        running_loss: `Colorizer.running_loss` after them.
    """

    num_epochs: int
    minutes: float
    history: dict
    best_epoch: int | None
    num_steps: int = 0
    running_loss: list = field(default_factory=list)


def save(run_folder, colorizer, best_weights, position):
    """Writes a checkpoint and removes all but the last `NUM_KEPT`.

    The file is an archive of NumPy's, which has a checksum of each array.

    Args:
        run_folder: The run's folder; None writes nothing, but reads the state, in which all
            workers of a run take part.
        colorizer: `Colorizer`, compiled.
        best_weights: NumPy arrays, the average network's after the best epoch; none before the
            first is finished.
        position: `Position`.

    Returns:
        Its path, or None.
    """
    arrays = {"position": np.array(json.dumps(vars(position)))}
    for group, values in {**_variables(colorizer), "best": best_weights}.items():
        for number, value in enumerate(values):
            arrays[f"{group}/{number}"] = keras.ops.convert_to_numpy(value)
    if run_folder is None:
        return None
    within = f"-step-{position.num_steps:06}" if position.num_steps else ""
    written = Path(run_folder, FOLDER, f"epoch-{position.num_epochs:04}{within}.npz")
    # Written as an open file: by name, NumPy would append its own suffix.
    with atomic_write(written, durable=True) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **arrays)
    for path in _newest_last(run_folder)[:-NUM_KEPT]:
        path.unlink()
    return written


def restore(run_folder, colorizer, say=print, leads=True):
    """Loads the newest checkpoint that is whole into a compiled `Colorizer` of the same settings.

    Args:
        run_folder: The run's folder.
        colorizer: `Colorizer`; nothing of it changes where no checkpoint can be used.
        say: Function of one line of text, for those that cannot be used.
        leads: Whether to rename these to `*.unusable`; of several workers one does.

    Returns:
        `(best_weights, position)` as they were passed to `save`.

    Raises:
        UserError: There is none that can be used, or the newest may not be read.
    """
    paths = _newest_last(run_folder)
    if not paths:
        raise UserError(
            f"--resume {quoted(run_folder)}, which has no checkpoint",
            "a run that has written one",
            "Start another run; --init takes the model.keras of this one, if it has one.",
        )
    variables = _variables(colorizer)
    unusable = []
    for path in reversed(paths):
        try:
            arrays, position = _read(path, variables)
            break
        except PermissionError as error:
            raise UserError(
                f"the checkpoint {quoted(path)}, which may not be read ({error.strerror})",
                "a file that you may read",
                "Change its owner or its permissions.",
            ) from error
        except MemoryError:
            raise
        except Exception as error:  # NumPy raises whatever a damaged file makes it stumble over.
            problem = one_line(error)
            unusable.append(path)
            say(f"*** The checkpoint {quoted(path)} cannot be used: {problem}")
    else:
        raise UserError(
            f"the checkpoints of {quoted(run_folder)}, which cannot be used ({problem})",
            "checkpoints as this version of colorkeras writes them",
            "Start the training anew; --init takes the model.keras of this run, if it has one.",
        )
    for group, values in variables.items():
        for variable, value in zip(values, arrays[group], strict=True):
            variable.assign(value)
    for path in unusable if leads else ():
        # Else it would be taken for the newest one again.
        path.rename(path.with_name(f"{path.name}.unusable"))
    return arrays["best"], position


def exist(run_folder):
    """Whether a run has a checkpoint to go on from."""
    return bool(_newest_last(run_folder))


def _read(path, variables):
    """Arrays by group, and the `Position`; raises what is wrong with the file."""
    # Pickled objects are refused: they could run code. Opened here, because NumPy leaves damaged
    # files open.
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
                raise ValueError(f"{value.shape} in place of {tuple(variable.shape)}")
    return arrays, position


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


def _newest_last(run_folder):
    found = {}
    for path in Path(run_folder, FOLDER).glob("*"):
        match = _NAME.fullmatch(path.name)
        if match:
            found[int(match[1]), int(match[2] or 0)] = path
    return [found[position] for position in sorted(found)]
