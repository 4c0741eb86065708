"""Train a network in four stages: prepare, restore, fit and finish."""

import contextlib
import logging
from pathlib import Path

from colorkeras import evaluation
from colorkeras.config.validation import option_of
from colorkeras.data import evaluation_batches, training_batches
from colorkeras.training import checkpoints, run_context, run_directory, run_results, tensorboard
from colorkeras.training.callbacks import BestWeights, CheckpointCallback, HistoryLogger, StopOnNaN
from colorkeras.training.distribution import LOST_WORKER_ERRORS, lost_worker_error
from colorkeras.training.progress import EpochTimer, ProgressLogger
from colorkeras.training.run_results import Run
from colorkeras.training.stop_signals import StopRequest, stop_requests
from colorkeras.utils.errors import (
    InterruptedRunError,
    LostDataError,
    LostWorkerError,
    UserError,
    one_line,
    signal_number,
)
from colorkeras.utils.files import expand_home, printable, quoted, require_writable

logger = logging.getLogger(__name__)


def train(config, callbacks=()):
    """Train a network, export it as a SavedModel and evaluate it.

    Args:
        config: `TrainingConfig`.
        callbacks: Additional Keras callbacks; they run in all workers.

    Returns:
        `Run`, or None in workers other than the chief.

    Raises:
        UserError: A setting, the dataset or a folder is invalid. Training did not start.
        DivergedError, InterruptedRunError, LostDataError: The loss is not finite, a signal was
            received, or an image can no longer be read. If at least one epoch was finished, a model
            was exported.
        LostWorkerError: Another worker cannot be reached.

    Example:

    ```python
    config = TrainingConfig(arch="skip_cnn", dataset="sample", epochs=2)
    run = train(config)
    print(run.export_folder, run.metrics["metrics"]["psnr_pooled"])
    ```
    """
    require_writable(config.runs_dir, "--runs-dir")
    return Trainer(config, callbacks=callbacks).run()


def resume(folder, changes, callbacks=()):
    """Resume a run from its last checkpoint, or restart it if there is none.

    On the same machine, with the same number of epochs and devices, the result is bit-identical to
    that of an uninterrupted run. Changing the number of epochs changes the learning rate schedule.
    If only the final evaluation is missing, the run is evaluated without further training.

    Args:
        folder: Run folder.
        changes: Dict of settings to change; keys must be in `training_config.CHANGEABLE`.
        callbacks: See `train`.

    Returns:
        `Run` in the same folder, with the model exported as a new version.

    Raises:
        UserError: The folder does not contain an unfinished run, or a setting cannot be changed.

    For other exceptions, see `train`.
    """
    folder = Path(expand_home(folder))
    config, earlier = run_directory.read_config(folder, changes)
    require_writable(folder, "--resume")
    for name in ("init", "backbone_weights"):
        model, option = getattr(config, name), option_of(name)
        if model and name not in changes and not checkpoints.exist(folder):
            raise UserError(
                f"--resume {quoted(folder)}, which has no checkpoint and starts from {model!r}",
                f"an explicit {option}, because models can contain code",
                f"Also pass {option} {printable(model)}.",
            )
    return Trainer(config, folder, earlier, callbacks).run()


class Trainer:
    """A training run in four stages.

    Args:
        config: `TrainingConfig`.
        resumed_folder: `Path` of the run to resume; None starts a new run.
        earlier: Metadata of the run to resume, from `run_directory.read_config`.
        callbacks: Additional Keras callbacks.

    Attributes:
        context: `RunContext`; set by `prepare`.
        folder, best: `Path` to the run folder, and `BestWeights`; set by `restore`.
        position: `checkpoints.Position` where training starts; set by `restore`.
        failure: Exception that stopped training, or None; set by `fit`.
    """

    def __init__(self, config, resumed_folder=None, earlier=None, callbacks=()):
        self._config = config
        self._is_resumed = resumed_folder is not None
        self._earlier = earlier or {}
        self._extra_callbacks = list(callbacks)
        self._exit_stack = contextlib.ExitStack()
        self.folder = resumed_folder
        self.position = checkpoints.START
        self.failure = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        self._exit_stack.close()
        if isinstance(error, LOST_WORKER_ERRORS) and self._config.strategy == "multi_worker":
            raise lost_worker_error(self.folder) from error

    def run(self):
        """Run all stages; return `Run`, or None in workers other than the chief."""
        with self:
            self.prepare()
            self.restore()
            self.fit()
            return self.finish()

    def prepare(self):
        """Resolve settings, open the dataset and build the model, without writing any files."""
        self._has_checkpoint = self._is_resumed and checkpoints.exist(self.folder)
        self.context = run_context.prepare(self._config, is_new=not self._has_checkpoint)
        self._config = self.context.config
        if self.context.is_chief:
            run_context.log_summary(self.context, is_new=not self._has_checkpoint)

    def restore(self):
        """Create or lock the run folder and load the last checkpoint, if there is one."""
        context = self.context
        if context.is_chief:
            self._lock_folder()
        if self._is_resumed:
            run_directory.check_same_run(self.folder, context.metadata, self._earlier)
        self.best = BestWeights(self._config.early_stopping_patience, self._config.export_epoch)
        if self._has_checkpoint:
            self.position = checkpoints.resume(context, self.folder, self.best, self._earlier)
        elif self._is_resumed:
            self._log("There is no checkpoint yet, so training starts over in the same folder.")
        if context.is_multi_worker:
            checkpoints.check_same_position(context.strategy, self.position)
        if context.is_chief:
            run_directory.write_config(self.folder, self._config, context.metadata)
        self._log("Run: %s", self.folder)
        self._timer = EpochTimer(context.batch_size, self.position.minutes)
        self._history_logger = HistoryLogger(self.folder, self.best)

    def fit(self):
        """Train the remaining epochs; if an exception stops training, store it for `finish`."""
        start, epochs = self.position, self._config.epochs
        if start.num_epochs >= epochs or self.best.is_patience_exhausted:
            return
        stop = StopRequest()
        with contextlib.ExitStack() as exit_stack:
            if not self.context.is_multi_worker:
                stop = exit_stack.enter_context(stop_requests())
            epoch, step = start.num_epochs, start.num_steps
            try:
                callbacks = self._callbacks(exit_stack, stop)
                if step:
                    # Keras treats the rest of the current epoch as a separate epoch.
                    self._fit_epochs(callbacks, epoch, epoch + 1, step)
                    epoch += 1
                self._fit_epochs(callbacks, epoch, epochs)
            except KeyboardInterrupt as interrupt:
                self.failure = InterruptedRunError(signal_number(interrupt), "Interrupted.")
            except Exception as error:
                self.failure = self._explained(error)
        if self.failure is None and stop.number is not None:
            # The signal arrived after the last checkpoint.
            self.failure = InterruptedRunError(stop.number, "Interrupted.")

    def finish(self):
        """Export the model; then evaluate it, or raise the exception that stopped training."""
        context, folder, best, failure = self.context, self.folder, self.best, self.failure
        if isinstance(failure, LostWorkerError) or not context.is_chief:
            if failure is not None:
                raise failure
            return None
        is_resumable = isinstance(failure, InterruptedRunError | LostDataError)
        if is_resumable and checkpoints.exist(folder):
            logger.info("To resume this run: colorkeras train --resume %s", folder)
        if best.epoch is None:
            logger.info("No epoch was finished, so there is nothing to export.")
            raise failure
        self._history_logger.write()
        context.metadata |= {
            "epochs": len(best.history["loss"]),
            "best_epoch": best.epoch + 1,
            "minutes": round(self._timer.minutes, 2),
            "history": best.history,
        }
        export_folder = run_results.export(context, folder, best)
        number = best.epoch + 1
        logger.info(
            "Exported the model from the %s epoch (%d) to %s", best.kind, number, export_folder
        )
        try:
            if not isinstance(failure, LostDataError):
                run_results.save_curves(context, folder, best)
            if failure is None:
                report = run_results.evaluate(context, folder, export_folder)
        except Exception as error:
            if failure is not None:
                logger.warning("The training curves could not be plotted: %s", one_line(error))
                raise failure from error
            explained = self._explained(error)
            if explained is error:
                raise
            raise explained from error
        if failure is not None:
            raise failure
        run_results.log_report(report, folder, export_folder)
        return Run(folder, export_folder, report.metrics)

    def _log(self, message, *arguments):
        if self.context.is_chief:
            logger.info(message, *arguments)

    def _lock_folder(self):
        if self.folder is None:
            self.folder = run_directory.create(Path(self._config.runs_dir, self._config.arch))
        self._exit_stack.enter_context(run_directory.locked(self.folder))
        if self._is_resumed and checkpoints.exist(self.folder) != self._has_checkpoint:
            raise UserError(
                f"--resume {quoted(self.folder)}, which another process has changed",
                "a run that is not in progress",
                "Try again.",
            )

    def _callbacks(self, exit_stack, stop):
        context, config, best, timer = self.context, self._config, self.best, self._timer
        steps_per_epoch, interval = context.steps_per_epoch, context.checkpoint_interval
        callbacks = [StopOnNaN(), timer, best, *self._extra_callbacks]
        if context.is_chief:
            truth = evaluation.sample_images(context.dataset.validation)
            displays = [
                ProgressLogger(timer, config.epochs, steps_per_epoch),
                tensorboard.EpochSummaries(self.folder, truth, f"{context.title}, validation"),
            ]
            if config.profile:
                displays.append(tensorboard.Profile(self.folder))
            for display in displays:
                # Keras does not call `on_train_end` when `fit` raises an exception.
                exit_stack.callback(display.close)
            callbacks += [self._history_logger, *displays]
        folder = self.folder if context.is_chief else None
        checkpoint = CheckpointCallback(folder, best, timer, steps_per_epoch, interval, stop)
        if self.position.num_steps:
            checkpoint.resume(self.position)
        return [*callbacks, checkpoint]

    def _fit_epochs(self, callbacks, epoch, end, step=0):
        """Train from step `step` of epoch `epoch` to the start of epoch `end`."""
        context, dataset, labels = self.context, self.context.dataset, self.context.has_class_head
        if epoch == end or context.model.stop_training:
            return
        seed, batch_size = self._config.seed, context.batch_size
        context.model.fit(
            training_batches(dataset.train, batch_size, seed, epoch, step, labels),
            steps_per_epoch=context.steps_per_epoch - step,
            initial_epoch=epoch,
            epochs=end,
            validation_data=evaluation_batches(
                dataset.validation, context.validation_batch_size, labels
            ),
            callbacks=callbacks,
            shuffle=False,
            verbose=0,
        )

    def _explained(self, error):
        """Return a clearer exception for unreadable images and lost workers, or `error` itself."""
        problem = self.context.dataset.load_error
        if problem is not None:
            return LostDataError(f"Stopped because an image can no longer be read: {problem}")
        if self.context.is_multi_worker and isinstance(error, LOST_WORKER_ERRORS):
            return lost_worker_error(self.folder)
        return error
