"""Load a run's last checkpoint and check that the run can continue from it."""

import logging

import tensorflow as tf

from colorkeras.training import checkpoints, run_directory
from colorkeras.utils.errors import UserError

logger = logging.getLogger(__name__)


def load_checkpoint(context, folder, best, earlier):
    """Load the model and `best` from the last checkpoint of a run.

    Args:
        context: `RunContext`; gets notices and metadata.
        folder: The run's folder.
        best: `BestWeights`.
        earlier: The run metadata before the resume.

    Returns:
        `checkpoints.Position`.

    Raises:
        UserError: No checkpoint can be used, or nothing is left to do.
    """
    config, model = context.config, context.model
    weights, position, notices = checkpoints.restore(folder, model, context.is_chief)
    context.notices += notices
    finished = position.num_epochs
    # Within an epoch, the EMA weights no longer belong to the last finished epoch.
    if config.export_epoch == "last" and finished and not position.num_steps:
        best.set_state(finished - 1, model.ema_network.get_weights(), position.history)
    else:
        best.set_state(position.best_epoch, weights, position.history)
    is_complete = config.epochs == finished or best.is_patience_exhausted
    # A run that was stopped between its last epoch and its evaluation still gets the latter.
    has_results = run_directory.has_results(folder, finished)
    if config.epochs < finished or (is_complete and has_results):
        patience = " (--early-stopping-patience)" if best.is_patience_exhausted else ""
        raise UserError(
            f"--resume {str(folder)!r} for {config.epochs} epochs, but {finished} are finished"
            + patience,
            f"more than {finished} epochs",
            f"Pass --epochs {2 * finished}, for example.",
        )
    context.metadata["resumed_after"] = [*earlier.get("resumed_after", []), finished]
    if context.is_chief:
        for notice in notices:
            logger.warning(notice)
        _log_position(context, position, earlier)
    return position


def _log_position(context, position, earlier):
    step = f"step {position.num_steps} of " if position.num_steps else ""
    epoch = position.num_epochs + bool(position.num_steps)
    epochs, planned = context.config.epochs, earlier["epochs_planned"]
    logger.info("Resuming after %sepoch %d of %d.", step, epoch, epochs)
    if epochs != planned:
        schedules = f"the schedule for {epochs} epochs, not that for {planned}"
        logger.warning(f"The learning rate now follows {schedules}.")
    for key in ("device", "versions", "git_commit"):
        before, now = earlier.get(key), context.metadata[key]
        if now != before:
            logger.warning("The %s changed: %s, now %s.", key.replace("_", " "), before, now)


def check_same_position(strategy, position):
    """Raise UserError unless all workers of a strategy start at the same position."""
    own = tf.constant([position.num_epochs, position.num_steps])
    total = strategy.reduce(tf.distribute.ReduceOp.SUM, strategy.run(lambda: own), axis=None)
    if tf.reduce_any(total != own * strategy.num_replicas_in_sync):
        raise UserError(
            f"workers that start at different steps; this one at epoch {position.num_epochs + 1}, "
            f"step {position.num_steps + 1}",
            "the same run folder, with the same checkpoints, on all machines",
            "Pass --resume with a folder on a shared file system.",
        )
