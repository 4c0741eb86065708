"""One training run from settings to export, in the order in which things happen."""

import contextlib
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from colorkeras import (
    architectures,
    checkpoints,
    evaluation,
    export,
    figures,
    losses,
    objectives,
    optimizers,
    pretrained,
    runs,
    settling,
    tensorboard,
)
from colorkeras.augmentation import AUGMENTATIONS
from colorkeras.callbacks import BestEpoch, Progress, Record, StopOnNaN
from colorkeras.colorizer import Colorizer
from colorkeras.config import option_of
from colorkeras.data import evaluation_batches, load_dataset, training_batches
from colorkeras.determinism import make_deterministic
from colorkeras.errors import (
    InterruptedRunError,
    UserError,
    check_choice,
    signal_number,
)
from colorkeras.files import require_writable, writing
from colorkeras.metrics import METRICS, VALIDATION_METRICS
from colorkeras.outputs import NUM_CLASSES
from colorkeras.precision import choose_precision
from colorkeras.strategies import choose_strategy, even_batch_size


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
        `Run`.

    Raises:
        UserError: Nothing could start: a setting, the data or a folder is unusable.
        DivergedError: The loss became NaN. The best finished epoch is exported.
        InterruptedRunError: SIGINT or SIGTERM. The best finished epoch is exported.
    """
    require_writable(config.runs_dir, "--runs-dir")
    return _run(config, None, {}, say)


def resume(folder, changes, say=print):
    """Goes on with a run after its last finished epoch.

    With the same `epochs` the result is that of a run that was never stopped, to the last bit on
    the same machine. Other `epochs` lay out the schedule of the learning rate anew. A run whose
    epochs are all finished, but not its results, only gets these.

    Args:
        folder: The run's folder.
        changes: Dict of settings that differ, of which `runs.CHANGEABLE` may.
        say: As for `train`, like what is raised.

    Returns:
        `Run`, in the same folder; its export is a new version.
    """
    config, earlier = runs.read_config(folder, changes)
    require_writable(folder, "--resume")
    return _run(config, Path(folder), earlier, say)


def _run(config, resumed_folder, earlier, say):
    check_choice("loss", config.loss, losses.LOSSES)
    check_choice("augmentation", config.augment, AUGMENTATIONS)
    check_choice("optimizer", config.optimizer, optimizers.OPTIMIZERS)

    # ------------------------------------------------------------- settings
    strategy = choose_strategy(config.strategy, config.batch_size)
    precision, precision_reason = choose_precision(config.precision)
    config, weights = settling.settle(config, new=resumed_folder is None)
    if config.class_weight:
        architectures.check_class_head(config.arch)
    require_writable(Path(config.export_dir, config.name), "--export-dir")

    # ----------------------------------------------------------------- data
    dataset = load_dataset(config.dataset, config.data_dir, config.image_size, config.seed)
    config = settling.with_labels(config, dataset)
    evaluation.check_colors(dataset, "train")
    batch_size = settling.batch_size_for(config, dataset, strategy.num_replicas_in_sync)
    validation_size = even_batch_size(
        dataset.validation.num_examples, batch_size, strategy.num_replicas_in_sync
    )
    steps_per_epoch = dataset.train.num_examples // batch_size

    # -------------------------------------------------------------- network
    # Before anything that counts is drawn.
    make_deterministic(config.seed)
    with strategy.scope():
        num_classes = NUM_CLASSES if config.class_weight else 0
        network = architectures.build(config.arch, config.output, precision, num_classes)
        average = architectures.build(config.arch, config.output, num_classes=num_classes)
    if weights is not None:
        architectures.without_class_head(network).set_weights(weights)
        if not num_classes:
            architectures.forget_classes(network)
    architectures.check_image_size(network, config.image_size, config.image_size)
    objective = objectives.create(config.output, config, dataset.train)

    # ------------------------------------------------------------------ run
    facts = settling.facts_of(config, network, objective, dataset, batch_size, precision, strategy)
    for note in dataset.notes:
        say(f"*** {note}")
    say(f"Data: {dataset.description}")
    say(
        f"Network: {config.arch}, {facts['num_parameters']:,} parameters, output {config.output}"
        + (f", from {config.init}" if config.init else "")
    )
    if weights is not None:
        for name, value in pretrained.color_settings(config.init).items():
            if objective.facts[name] != value:
                option = f"{option_of(name)} {'' if value is True else value}".strip()
                say(f"*** {config.init} colors with {option}, this run does not")
    say(f"Precision: {precision} ({precision_reason}) on {facts['device']}")
    with strategy.scope():
        colorizer = Colorizer(
            network,
            average,
            objective,
            {metric: METRICS[metric] for metric in VALIDATION_METRICS},
            config.average_decay,
            AUGMENTATIONS[config.augment],
            config.seed,
            config.class_weight,
        )
        colorizer.compile(optimizer=optimizers.create(config, config.epochs * steps_per_epoch))
    best = BestEpoch(config.early_stop, config.keep_last)
    if resumed_folder is None:
        folder = runs.new_folder(Path(config.runs_dir, config.arch))
        num_finished, minutes = 0, 0.0
    else:
        folder = resumed_folder
        num_finished, minutes = _restore(folder, config, facts, earlier, colorizer, best, say)
    say(f"Run: {folder}")
    runs.write_config(folder, config, facts)
    total_steps = (config.epochs - num_finished) * steps_per_epoch
    progress = Progress(batch_size, total_steps, say, minutes)
    callbacks = [StopOnNaN(), progress, best, Record(folder, best)]
    stopped_by = None
    if num_finished < config.epochs and not best.patience_ended:
        with _summaries(config, dataset, folder, facts) as summaries:
            stopped_by = _fit(
                colorizer,
                [*callbacks, *summaries],
                x=training_batches(
                    dataset.train,
                    batch_size,
                    config.seed,
                    num_finished,
                    labels=config.class_weight > 0,
                ),
                steps_per_epoch=steps_per_epoch,
                initial_epoch=num_finished,
                epochs=config.epochs,
                validation_data=evaluation_batches(
                    dataset.validation, validation_size, labels=config.class_weight > 0
                ),
            )
    if best.epoch is None:
        say("No epoch was finished, so there is nothing to export.")
        raise stopped_by

    # -------------------------------------------------------------- results
    facts["epochs"] = len(best.history["loss"])
    facts["best_epoch"] = best.epoch + 1
    facts["minutes"] = round(progress.minutes, 2)
    facts["history"] = best.history
    export_folder = _export(average, objective, best, folder, config, facts)
    which = "last" if config.keep_last else "best"
    say(f"Exported the {which} epoch, {best.epoch + 1}, to {export_folder}")
    if isinstance(stopped_by, InterruptedRunError) and checkpoints.exist(folder):
        say(f"To go on after the last finished epoch: --resume {folder}")
    _save_curves(folder, best, dataset, facts)
    if stopped_by is not None:
        raise stopped_by
    # Eight samples of each picture take longer than an epoch: that is left to `evaluate`.
    report = evaluation.report(
        export.load(export_folder), evaluation.prepare(dataset, "test"), samples=False
    )
    report.save(folder)
    tensorboard.write_comparison(folder, config, dataset.name, facts, report.metrics["figures"])
    say(report.table())
    say(f"Pictures, curves and figures are in {folder}")
    return Run(folder, export_folder, report.metrics)


def _export(average, objective, best, folder, config, facts):
    """Writes the best epoch as a SavedModel and as `model.keras`; returns the former's folder."""
    # A second Ctrl-C would leave nothing to load; two files are soon written.
    with _signals_ignored():
        average.set_weights(best.weights)
        average.trainable = True  # Else the saved model could not be trained further.
        network = architectures.without_class_head(average)
        parent = Path(config.export_dir, config.name)
        export_folder = export.export(network, objective, parent, facts)
        with writing(folder / "model.keras") as temporary:
            network.save(temporary)
    return export_folder


def _restore(folder, config, facts, earlier, colorizer, best, say):
    """Puts a run back to the end of its last epoch; returns the number of epochs and minutes."""
    for key in ("dataset", "dataset_fingerprint", "batch_size", "precision"):
        if facts[key] != earlier.get(key):
            raise UserError(
                f"--resume {str(folder)!r} with {key.replace('_', ' ')} {facts[key]!r}",
                f"that of the run, {earlier.get(key)!r}",
                "Make the same data and devices available, or start another run.",
            )
    weights, position = checkpoints.restore(folder, colorizer)
    finished = position.num_epochs
    if config.keep_last:
        best.put(finished - 1, colorizer.average.get_weights(), position.history)
    else:
        best.put(position.best_epoch, weights, position.history)
    is_complete = config.epochs == finished or best.patience_ended
    # A run that was stopped between its last epoch and its results still gets these.
    if config.epochs < finished or (is_complete and runs.has_results(folder, finished)):
        raise UserError(
            f"--resume {str(folder)!r} for {config.epochs} epochs, of which it has finished "
            f"{finished}" + (", as --early-stop wanted" if best.patience_ended else ""),
            f"more than {finished} epochs",
            f"Pass --epochs {2 * finished}, for example.",
        )
    facts["resumed_after"] = [*earlier.get("resumed_after", []), finished]
    say(f"Resuming after epoch {finished} of {config.epochs}.")
    if config.epochs != earlier["epochs_planned"]:
        say(
            f"*** The learning rate goes on where its schedule for {config.epochs} epochs is, "
            f"not where that for {earlier['epochs_planned']} was."
        )
    for key in ("device", "versions", "git_commit"):
        if facts[key] != earlier.get(key):
            say(f"*** The {key.replace('_', ' ')} changed: {earlier.get(key)}, now {facts[key]}.")
    return finished, position.minutes


@contextlib.contextmanager
def _summaries(config, dataset, folder, facts):
    """Yields the callbacks that write for TensorBoard, and closes their files."""
    truth = evaluation.sample_pictures(dataset.validation)
    title = f"{_title(facts)}, validation"
    with contextlib.ExitStack() as files:
        summaries = [tensorboard.EpochSummaries(folder, truth, title)]
        if config.profile:
            summaries.append(tensorboard.Profile(folder))
        for callback in summaries:
            # `fit` leaves files open when an exception passes.
            files.callback(callback.close)
        yield summaries


def _fit(colorizer, callbacks, **settings):
    """Runs `fit`; returns None, or what stopped it, for after the export of the best epoch."""
    # A moving bar is for people; a log file gets one line per epoch.
    verbose = 1 if sys.stdout.isatty() else 2
    try:
        colorizer.fit(callbacks=callbacks, shuffle=False, verbose=verbose, **settings)
    except KeyboardInterrupt as interrupt:
        return InterruptedRunError(signal_number(interrupt), "Interrupted.")
    except Exception as error:
        # Divergence, or a picture that vanished: finished epochs are worth keeping.
        return error
    return None


@contextlib.contextmanager
def _signals_ignored():
    """Lets SIGINT and SIGTERM pass without effect."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Only the main thread may set, and receives, signals.
        return
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in handlers:
        signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _save_curves(folder, best, dataset, facts):
    echo = evaluation.evaluate(evaluation.echo, dataset.validation)
    figures.save_curves(
        folder / "curves.png", best.history, best.epoch, _title(facts), echo["psnr_pooled"]
    )


def _title(facts):
    return f"{facts['name']} ({facts['output']}, {facts['loss']}), {facts['dataset']}"
