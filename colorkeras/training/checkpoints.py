"""Checkpoints with all the state needed to resume a run with bit-identical results."""

import json
import logging
import re
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from colorkeras.training import run_directory
from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import atomic_write, quoted

logger = logging.getLogger(__name__)

FOLDER = "checkpoints"
"""Subfolder of the run folder for checkpoints."""

NUM_KEPT = 2
"""Number of checkpoints to keep."""

_NAME = re.compile(r"epoch-(\d+)(?:-step-(\d+))?\.npz")


@dataclass(frozen=True)
class Position:
    """Progress of a run.

    Attributes:
        num_epochs: Number of finished epochs.
        minutes: Training time so far in minutes, including the current epoch.
        history: Dict from log key to a list with one value per finished epoch.
        best_epoch: Zero-based index of the epoch to export; None until the first epoch has
            finished.
        num_steps: Number of finished steps in the current epoch.
        running_loss: `TrainingModel.running_loss` after these steps.
    """

    num_epochs: int
    minutes: float
    history: dict
    best_epoch: int | None
    num_steps: int = 0
    running_loss: list = field(default_factory=list)


START = Position(num_epochs=0, minutes=0.0, history={}, best_epoch=None)
"""Initial position of a new run."""


def save(run_folder, model, best_weights, position):
    """Write a checkpoint, delete all but the newest `NUM_KEPT`, and return the new one's path.

    The file is a NumPy archive, which includes a checksum for each array. All workers must call
    this function because reading the state is a collective operation. If `run_folder` is None,
    nothing is written. `best_weights` is a list of NumPy arrays with the weights of the EMA network
    after the best epoch. It is empty if no epoch has finished.
    """
    arrays = {"position": np.array(json.dumps(vars(position)))}
    for group, values in {**_variables(model), "best": best_weights}.items():
        for number, value in enumerate(values):
            arrays[f"{group}/{number}"] = keras.ops.convert_to_numpy(value)
    if run_folder is None:
        return None
    step = f"-step-{position.num_steps:06}" if position.num_steps else ""
    path = Path(run_folder, FOLDER, f"epoch-{position.num_epochs:04}{step}.npz")
    # Pass an open file because NumPy would append a suffix to the file name.
    with atomic_write(path, durable=True) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **arrays)
    for old in _sorted_paths(run_folder)[:-NUM_KEPT]:
        old.unlink()
    return path


def restore(run_folder, model, is_chief=True):
    """Load the newest intact checkpoint; the chief renames damaged checkpoints to `*.unusable`.

    `model` is a compiled `TrainingModel` with the same settings.

    Returns:
        `(best_weights, position, notices)`: the values that were passed to `save`, and a list with
        one message per unusable checkpoint.

    Raises:
        UserError: There is no usable checkpoint, or access to the newest one is denied.
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
                "Change its owner or permissions.",
            ) from error
        except MemoryError:
            raise
        except Exception as error:  # NumPy raises various exceptions for damaged files.
            problems[path] = one_line(error)
    else:
        *_, problem = ["no checkpoint was found", *problems.values()]
        raise UserError(
            f"the checkpoints in {quoted(run_folder)}, which cannot be used ({problem})",
            "checkpoints written by this version of colorkeras",
            "Start a new run. If this run's folder contains model.keras, pass it as --init.",
        )
    for group, values in variables.items():
        for variable, value in zip(values, arrays[group], strict=True):
            variable.assign(value)
    for path in problems if is_chief else ():
        # Otherwise, this checkpoint would be read again the next time the run is resumed.
        path.rename(path.with_name(f"{path.name}.unusable"))
    notices = [f"The checkpoint {quoted(p)} cannot be used: {problems[p]}" for p in problems]
    return arrays["best"], position, notices


def resume(context, folder, best, earlier):
    """Restore the model and `best` from a run's last checkpoint.

    Also adds notices and metadata to the `RunContext`. `earlier` is the metadata of the run so far.

    Returns:
        `Position`.

    Raises:
        UserError: There is no usable checkpoint, the run is complete, or the best epoch is to be
            exported but its weights were not kept.
    """
    config, model = context.config, context.model
    weights, position, notices = restore(folder, model, context.is_chief)
    context.notices += notices
    finished = position.num_epochs
    if config.export_epoch == "best" and finished:
        _check_best(position)
    # Partway through an epoch, the EMA weights have changed since the end of the last epoch.
    if config.export_epoch == "last" and finished and not position.num_steps:
        best.set_state(finished - 1, model.ema_network.get_weights(), position.history)
    else:
        best.set_state(position.best_epoch, weights, position.history)
    is_complete = config.epochs == finished or best.is_patience_exhausted
    # A run that was stopped after its last epoch still needs to be evaluated.
    has_results = run_directory.has_results(folder, finished)
    if config.epochs < finished or (is_complete and has_results):
        patience = " (--early-stopping-patience)" if best.is_patience_exhausted else ""
        raise UserError(
            f"--resume {str(folder)!r} with --epochs {config.epochs}, but training stopped after "
            f"epoch {finished}{patience}",
            f"--epochs greater than {finished}",
            f"For example, pass --epochs {2 * finished}.",
        )
    context.metadata["resumed_after"] = [*earlier.get("resumed_after", []), finished]
    if context.is_chief:
        for notice in notices:
            logger.warning(notice)
        _log_position(context, position, earlier)
    return position


def _check_best(position):
    """Raise UserError if the weights of the best epoch were not kept."""
    losses = position.history["val_loss"]
    if losses[position.best_epoch] > min(losses):
        raise UserError(
            "--export-epoch best for a run that kept the weights of its last epoch "
            f"({position.best_epoch + 1}) but not of its best epoch "
            f"({losses.index(min(losses)) + 1})",
            "--export-epoch last",
            "Pass --export-epoch last, or start a new run.",
        )


def _log_position(context, position, earlier):
    step = f"step {position.num_steps} of " if position.num_steps else ""
    epoch = position.num_epochs + bool(position.num_steps)
    epochs, planned = context.config.epochs, earlier["epochs_planned"]
    logger.info("Resuming after %sepoch %d of %d.", step, epoch, epochs)
    if epochs != planned:
        schedules = f"the schedule for {epochs} epochs instead of {planned}"
        logger.warning(f"The learning rate now follows {schedules}.")
    for key in ("device", "versions", "git_commit"):
        before, now = earlier.get(key), context.metadata[key]
        if now != before:
            logger.warning("The %s changed from %s to %s.", key.replace("_", " "), before, now)


def check_same_position(strategy, position):
    """Raise UserError unless all workers resume from the same epoch and step."""
    own = tf.constant([position.num_epochs, position.num_steps])
    total = strategy.reduce(tf.distribute.ReduceOp.SUM, strategy.run(lambda: own), axis=None)
    if tf.reduce_any(total != own * strategy.num_replicas_in_sync):
        raise UserError(
            f"workers that start at different steps (this one at epoch {position.num_epochs + 1}, "
            f"step {position.num_steps + 1})",
            "the same run folder, with the same checkpoints, on all machines",
            "Pass --resume with a folder on a shared file system.",
        )


def exist(run_folder):
    """Return whether a run has any checkpoints."""
    return bool(_sorted_paths(run_folder))


def _read(path, variables):
    # Reject pickled objects because loading them can run arbitrary code. Open the file here because
    # NumPy does not close damaged files.
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
    """Return the variables that contain a run's state, as a dict of lists in a fixed order."""
    with model.distribute_strategy.scope():
        model.optimizer.build(model.network.trainable_variables)
    return {
        # Includes the states of random number generators, for example in dropout layers.
        "network": model.network.variables,
        "ema": model.ema_network.weights,
        "optimizer": model.optimizer.variables,
    }


def _sorted_paths(run_folder):
    """Return the paths of all checkpoints in a run folder, oldest first."""
    found = {}
    for path in Path(run_folder, FOLDER).glob("*"):
        match = _NAME.fullmatch(path.name)
        if match:
            found[int(match[1]), int(match[2] or 0)] = path
    return [found[position] for position in sorted(found)]
