"""One training run from settings to export, in the order in which things happen."""

import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf

from colorkeras import evaluation, objectives
from colorkeras.config.settings import option_of
from colorkeras.data import evaluation_batches, load_dataset, training_batches
from colorkeras.data.augmentation import AUGMENTATIONS
from colorkeras.evaluation.metrics import METRICS, VALIDATION_METRICS
from colorkeras.export import restore, saved_model
from colorkeras.models.build import build_network, check_image_size
from colorkeras.models.class_head import NUM_CLASSES, remove_class_head, reset_class_head
from colorkeras.models.selection import check_class_head
from colorkeras.training import checkpoints, optimizers, resolve, run_directory, tensorboard
from colorkeras.training.callbacks import BestEpoch, Checkpoints, Progress, Record, StopOnNaN
from colorkeras.training.distribution import (
    choose_strategy,
    even_batch_size,
    is_chief,
    is_multi_worker,
)
from colorkeras.training.precision import choose_precision
from colorkeras.training.registries import REGISTRIES
from colorkeras.training.stop_signals import signals_ignored, stop_requests
from colorkeras.training.train_step import Colorizer
from colorkeras.utils import plots
from colorkeras.utils.determinism import make_deterministic
from colorkeras.utils.errors import (
    InterruptedRunError,
    LostDataError,
    LostWorkerError,
    UserError,
    signal_number,
)
from colorkeras.utils.files import atomic_write, printable, quoted, require_writable

_PEER_IS_GONE = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError)
"""What TensorFlow raises in a worker whose collective operations lack another one."""


@dataclass(frozen=True)
class Run:
    """What a finished run left.

    Attributes:
        folder: Its folder below `runs/`.
        export_folder: The SavedModel.
        metrics: Content of its `metrics.json`.
    """

    folder: Path
    export_folder: Path
    metrics: dict


def train(config, say=print):
    """Trains, exports and evaluates; see the README for what a run leaves.

    Args:
        config: `TrainingConfig`.
        say: Function of one line of text, for what the user should know.

    Returns:
        `Run`; None in a worker that is not the first one.

    Raises:
        UserError: Nothing could start: a setting, the data or a folder is unusable.
        DivergedError: The loss became NaN. The best finished epoch is exported.
        InterruptedRunError: SIGINT or SIGTERM. The best finished epoch is exported.
    """
    require_writable(config.runs_dir, "--runs-dir")
    with _lost_workers_explained(config, None), contextlib.ExitStack() as held:
        return _run(config, None, {}, say, held)


def resume(folder, changes, say=print):
    """Goes on with a run after its last checkpoint, or from its start where there is none.

    With the same `epochs` the result is that of a run that was never stopped, to the last bit on
    the same machine with as many devices. Other `epochs` lay out the schedule of the learning rate
    anew. A run whose epochs are all finished, but not its results, only gets these.

    Args:
        folder: The run's folder.
        changes: Dict of settings that differ, of which `runs.CHANGEABLE` may.
        say: As for `train`, like what is raised.

    Returns:
        `Run`, in the same folder; its export is a new version.
    """
    config, earlier = run_directory.read_config(folder, changes)
    require_writable(folder, "--resume")
    if config.init and "init" not in changes and not checkpoints.exist(folder):
        raise UserError(
            f"--resume {quoted(folder)}, without a checkpoint, which starts from {config.init!r}",
            "a model that you name: it may be a program, and the run another's",
            f"Pass --init {printable(config.init)} as well.",
        )
    with _lost_workers_explained(config, folder), contextlib.ExitStack() as held:
        return _run(config, Path(folder), earlier, say, held)


@contextlib.contextmanager
def _lost_workers_explained(config, folder):
    """Raises LostWorkerError where others end before or after the epochs, see `_explained`."""
    try:
        yield
    except _PEER_IS_GONE as error:
        if config.strategy != "multi_worker":
            raise
        raise _lost_worker(folder) from error


def _run(config, resumed_folder, earlier, say, held):
    config.check_names(REGISTRIES)

    # ------------------------------------------------------------- settings
    strategy = choose_strategy(config.strategy, config.batch_size)
    # Of several workers one speaks and writes; the others take part in all that is computed.
    leads = is_chief(strategy)
    say = say if leads else lambda line: None
    precision, precision_reason = choose_precision(config.precision)
    is_resumed = resumed_folder is not None and checkpoints.exist(resumed_folder)
    config, weights = resolve.settle(config, new=not is_resumed)
    if config.aux_class_loss_weight:
        check_class_head(config.arch)
    require_writable(Path(config.export_dir, config.name), "--export-dir")

    # ----------------------------------------------------------------- data
    dataset = load_dataset(config.dataset, config.data_dir, config.image_size, config.seed)
    config = resolve.with_labels(config, dataset)
    evaluation.check_colors(dataset, "train")
    batch_size = resolve.batch_size_for(config, dataset, strategy.num_replicas_in_sync)
    validation_size = even_batch_size(
        dataset.validation.num_examples, batch_size, strategy.num_replicas_in_sync
    )
    steps_per_epoch = dataset.train.num_examples // batch_size

    # -------------------------------------------------------------- network
    # Before anything that counts is drawn.
    make_deterministic(config.seed)
    with strategy.scope():
        num_classes = NUM_CLASSES if config.aux_class_loss_weight else 0
        network = build_network(config.arch, config.prediction, precision, num_classes)
        average = build_network(config.arch, config.prediction, num_classes=num_classes)
    if weights is not None:
        remove_class_head(network).set_weights(weights)
        if not num_classes:
            reset_class_head(network)
    check_image_size(network, config.image_size, config.image_size)
    objective = objectives.create(config.prediction, config, dataset.train)

    # ------------------------------------------------------------------ run
    facts = resolve.facts_of(config, network, objective, dataset, batch_size, precision, strategy)
    for note in dataset.notes:
        say(f"*** {note}")
    say(f"Data: {dataset.description}")
    say(
        f"Network: {config.arch}, {facts['num_parameters']:,} parameters, "
        f"prediction {config.prediction}" + (f", from {config.init}" if config.init else "")
    )
    if weights is not None:
        for name, value in restore.color_settings(config.init).items():
            if objective.metadata[name] != value:
                option = f"{option_of(name)} {'' if value is True else value}".strip()
                say(f"*** {config.init} colors with {option}, this run does not")
    say(f"Precision: {precision} ({precision_reason}) on {facts['device']}")
    with strategy.scope():
        colorizer = Colorizer(
            network,
            average,
            objective,
            {metric: METRICS[metric] for metric in VALIDATION_METRICS},
            config.ema_decay,
            AUGMENTATIONS[config.augment],
            config.seed,
            config.aux_class_loss_weight,
        )
        colorizer.compile(optimizer=optimizers.create(config, config.epochs * steps_per_epoch))
    best = BestEpoch(config.early_stopping_patience, config.export_epoch == "last")
    folder = resumed_folder
    if leads and folder is None:
        folder = run_directory.new_folder(Path(config.runs_dir, config.arch))
    if leads:
        held.enter_context(run_directory.claimed(folder))
        if resumed_folder is not None and checkpoints.exist(folder) != is_resumed:
            raise UserError(
                f"--resume {quoted(folder)}, which another process began to train meanwhile",
                "a run that was stopped",
                "Start again.",
            )
    start = checkpoints.Position(num_epochs=0, minutes=0.0, history={}, best_epoch=None)
    if resumed_folder is not None:
        _check_same(folder, facts, earlier)
    if is_resumed:
        start = _restore(folder, config, facts, earlier, colorizer, best, leads, say)
    elif resumed_folder is not None:
        say("No checkpoint was written yet: starting anew in the same folder.")
    if is_multi_worker(strategy):
        _check_agreement(strategy, start)
    if leads:
        run_directory.write_config(folder, config, facts)
    say(f"Run: {folder}")
    num_left = (config.epochs - start.num_epochs) * steps_per_epoch - start.num_steps
    progress = Progress(batch_size, num_left, say, start.minutes)
    record = Record(folder, best)
    stop, stopped_by = None, None
    if num_left > 0 and not best.patience_ended:
        with contextlib.ExitStack() as stack:
            every = config.checkpoint_interval
            written = []
            if not is_multi_worker(strategy):
                stop = stack.enter_context(stop_requests())
            elif every and every[1] == "min":
                # Clocks differ, and all workers take part in a checkpoint.
                every = None
                say(
                    "Several workers: checkpoints after each epoch only, or --checkpoint-every "
                    "with a number of steps."
                )
            if leads:
                summaries = _summaries(config, dataset, folder, facts)
                written = [record, *stack.enter_context(summaries)]
            keeping = Checkpoints(
                folder if leads else None, best, progress, steps_per_epoch, every, stop
            )
            stopped_by = _fit(
                colorizer,
                lambda epoch, step: training_batches(
                    dataset.train,
                    batch_size,
                    config.seed,
                    epoch,
                    step,
                    config.aux_class_loss_weight > 0,
                ),
                evaluation_batches(
                    dataset.validation, validation_size, labels=config.aux_class_loss_weight > 0
                ),
                [StopOnNaN(), progress, best, *written, keeping],
                start,
                steps_per_epoch,
                config.epochs,
                leads,
            )
    if stopped_by is None and stop is not None and stop.number is not None:
        # It came between the last checkpoint and here.
        stopped_by = InterruptedRunError(stop.number, "Interrupted.")
    stopped_by = stopped_by and _explained(stopped_by, dataset, strategy, folder)
    if isinstance(stopped_by, LostWorkerError) or not leads:
        if stopped_by is not None:
            raise stopped_by
        return None
    if isinstance(stopped_by, InterruptedRunError | LostDataError) and checkpoints.exist(folder):
        say(f"To go on where it stopped: --resume {folder}")
    if best.epoch is None:
        say("No epoch was finished, so there is nothing to export.")
        raise stopped_by
    record.write()

    # -------------------------------------------------------------- results
    facts["epochs"] = len(best.history["loss"])
    facts["best_epoch"] = best.epoch + 1
    facts["minutes"] = round(progress.minutes, 2)
    facts["history"] = best.history
    export_folder = _export(objective, best, folder, config, facts)
    say(f"Exported the {config.export_epoch} epoch, {best.epoch + 1}, to {export_folder}")
    if not isinstance(stopped_by, LostDataError):
        _save_curves(folder, best, dataset, facts)
    if stopped_by is not None:
        raise stopped_by
    # Eight samples of each picture take longer than an epoch: that is left to `evaluate`.
    try:
        setup = evaluation.prepare(dataset, "test")
        report = evaluation.evaluate_model(saved_model.load(export_folder), setup, samples=False)
    except Exception as error:
        explained = _explained(error, dataset, strategy, folder)
        if explained is error:
            raise
        raise explained from error
    tensorboard.write_comparison(folder, config, dataset.name, facts, report.metrics["metrics"])
    # Last: its figures say that nothing is left to do.
    report.save(folder)
    say(report.table())
    say(f"Pictures, curves and figures are in {folder}")
    return Run(folder, export_folder, report.metrics)


def _export(objective, best, folder, config, facts):
    """Writes the best epoch as a SavedModel and as `model.keras`; returns the former's folder."""
    # A second Ctrl-C would leave nothing to load; two files are soon written.
    with signals_ignored():
        # Out of the strategy's scope: other workers take no part in it.
        num_classes = NUM_CLASSES if config.aux_class_loss_weight else 0
        trained = build_network(config.arch, config.prediction, num_classes=num_classes)
        trained.set_weights(best.weights)
        network = remove_class_head(trained)
        parent = Path(config.export_dir, config.name)
        export_folder = saved_model.export(network, objective, parent, facts)
        with atomic_write(folder / "model.keras") as temporary:
            network.save(temporary)
    return export_folder


def _check_same(folder, facts, earlier):
    """Raises UserError unless data and devices are those with which a run began."""
    unknown = earlier.keys() - facts.keys() - {"epochs_planned", "resumed_after"}
    if unknown:
        raise UserError(
            f"--resume {quoted(folder)}, whose settings have {', '.join(sorted(unknown))}",
            "a run of this version",
            "Start another run; --init takes the model.keras of this one.",
        )
    for key in ("dataset", "dataset_fingerprint", "batch_size", "precision"):
        if facts[key] != earlier.get(key):
            raise UserError(
                f"--resume {str(folder)!r} with {key.replace('_', ' ')} {facts[key]!r}",
                f"that of the run, {earlier.get(key)!r}",
                "Make the same data and devices available, or start another run.",
            )


def _check_agreement(strategy, start):
    """Raises UserError unless all workers begin at the same step."""
    own = tf.constant([start.num_epochs, start.num_steps])
    total = strategy.reduce(tf.distribute.ReduceOp.SUM, strategy.run(lambda: own), axis=None)
    if tf.reduce_any(total != own * strategy.num_replicas_in_sync):
        raise UserError(
            f"workers that do not all begin at epoch {start.num_epochs + 1}, step "
            f"{start.num_steps + 1}, as this one does",
            "the same folder of the run, with the same checkpoints, on all machines",
            "Pass --resume with a folder that all of them see.",
        )


def _restore(folder, config, facts, earlier, colorizer, best, leads, say):
    """Puts a run back to its last checkpoint; returns the `checkpoints.Position`."""

    def warn(line):
        facts["notes"] = [*facts["notes"], line.removeprefix("*** ")]
        say(line)

    weights, position = checkpoints.restore(folder, colorizer, warn, leads)
    finished = position.num_epochs
    # Within an epoch the average is not the last epoch's any more.
    if config.export_epoch == "last" and finished and not position.num_steps:
        best.put(finished - 1, colorizer.average.get_weights(), position.history)
    else:
        best.put(position.best_epoch, weights, position.history)
    is_complete = config.epochs == finished or best.patience_ended
    # A run that was stopped between its last epoch and its results still gets these.
    if config.epochs < finished or (is_complete and run_directory.has_results(folder, finished)):
        raise UserError(
            f"--resume {str(folder)!r} for {config.epochs} epochs, of which it has finished "
            f"{finished}"
            + (", as --early-stopping-patience wanted" if best.patience_ended else ""),
            f"more than {finished} epochs",
            f"Pass --epochs {2 * finished}, for example.",
        )
    facts["resumed_after"] = [*earlier.get("resumed_after", []), finished]
    within = f"step {position.num_steps} of epoch {finished + 1}" if position.num_steps else ""
    say(f"Resuming after {within or f'epoch {finished}'} of {config.epochs}.")
    if config.epochs != earlier["epochs_planned"]:
        say(
            f"*** The learning rate goes on where its schedule for {config.epochs} epochs is, "
            f"not where that for {earlier['epochs_planned']} was."
        )
    for key in ("device", "versions", "git_commit"):
        if facts[key] != earlier.get(key):
            say(f"*** The {key.replace('_', ' ')} changed: {earlier.get(key)}, now {facts[key]}.")
    return position


def _explained(error, dataset, strategy, folder):
    """The error, or, where pictures or other workers are gone, one that says so."""
    if isinstance(error, InterruptedRunError):
        return error
    if dataset.problem is not None:
        return LostDataError(f"Stopped: a picture can no longer be read: {dataset.problem}")
    if is_multi_worker(strategy) and isinstance(error, _PEER_IS_GONE):
        return _lost_worker(folder)
    return error


def _lost_worker(folder):
    return LostWorkerError(
        "Stopped: another worker cannot be reached any more; its own output says why. To go "
        f"on, start all workers with --resume {folder or 'and the folder of the run'}"
    )


@contextlib.contextmanager
def _summaries(config, dataset, folder, facts):
    """Yields the callbacks that write for TensorBoard, and closes their files."""
    truth = evaluation.sample_images(dataset.validation)
    title = f"{_title(facts)}, validation"
    with contextlib.ExitStack() as files:
        summaries = [tensorboard.EpochSummaries(folder, truth, title)]
        if config.profile:
            summaries.append(tensorboard.Profile(folder))
        for callback in summaries:
            # `fit` leaves files open when an exception passes.
            files.callback(callback.close)
        yield summaries


def _fit(
    colorizer, batches_from, validation_data, callbacks, start, steps_per_epoch, epochs, leads
):
    """Runs `fit`; returns None, or what stopped it, for after the export of the best epoch.

    Args:
        colorizer: `Colorizer`, in the state of `start`.
        batches_from: Function of the numbers of an epoch and a step to the batches from there on.
        validation_data: Batches.
        callbacks: The last one is `Checkpoints`.
        start: `checkpoints.Position`.
        steps_per_epoch: Steps of a whole epoch.
        epochs: Number of the last one.
        leads: Whether to show progress.
    """
    parts = [(start.num_epochs, 0, epochs)]
    if start.num_steps:
        # What is left of the epoch that was begun is an epoch of its own for Keras.
        callbacks[-1].resume(start)
        begun = start.num_epochs
        parts = [(begun, start.num_steps, begun + 1), (begun + 1, 0, epochs)]
    # A moving bar is for people; a log file gets one line per epoch.
    verbose = 0 if not leads else 1 if sys.stdout.isatty() else 2
    try:
        for epoch, step, end in parts:
            if epoch == end or colorizer.stop_training:
                break
            colorizer.fit(
                batches_from(epoch, step),
                steps_per_epoch=steps_per_epoch - step,
                initial_epoch=epoch,
                epochs=end,
                validation_data=validation_data,
                callbacks=callbacks,
                shuffle=False,
                verbose=verbose,
            )
    except KeyboardInterrupt as interrupt:
        return InterruptedRunError(signal_number(interrupt), "Interrupted.")
    except Exception as error:
        # Divergence, or a picture that vanished: finished epochs are worth keeping.
        return error
    return None


def _save_curves(folder, best, dataset, facts):
    grayscale_baseline = evaluation.evaluate(evaluation.grayscale_baseline, dataset.validation)
    plots.save_curves(
        folder / "curves.png",
        best.history,
        best.epoch,
        _title(facts),
        grayscale_baseline["psnr_pooled"],
    )


def _title(facts):
    return f"{facts['name']} ({facts['prediction']}, {facts['loss']}), {facts['dataset']}"
