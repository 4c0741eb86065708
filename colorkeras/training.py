"""One training run from settings to export, in the order in which things happen."""

import contextlib
import dataclasses
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import keras
import tensorflow as tf

from colorkeras import (
    architectures,
    checkpoints,
    evaluation,
    export,
    figures,
    losses,
    pretrained,
    runs,
)
from colorkeras.architectures import DEFAULT_ARCHITECTURE
from colorkeras.augmentation import AUGMENTATIONS
from colorkeras.callbacks import BestEpoch, Progress, Record, StopOnNaN
from colorkeras.colorizer import Colorizer
from colorkeras.data import evaluation_batches, load_dataset, training_batches
from colorkeras.errors import InterruptedRunError, UserError, check_choice, signal_number
from colorkeras.files import require_writable, writing
from colorkeras.metrics import METRICS
from colorkeras.precision import choose_precision, describe_device
from colorkeras.strategies import choose_strategy, even_batch_size
from colorkeras.version import git_commit, versions

VALIDATION_METRICS = ("psnr_pooled", "ciede2000", "colorfulness")
"""Keys of `METRICS` that are computed on the validation part after each epoch."""


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

    The result is that of a run that was never stopped, to the last bit on the same machine.

    Args:
        folder: The run's folder.
        changes: Dict of settings that differ, of which `runs.CHANGEABLE` may.
        say: As for `train`, like what is returned and raised.

    Returns:
        `Run`, in the same folder; its export is a new version.
    """
    require_writable(folder, "--resume")
    config, facts = runs.read_config(folder, changes)
    return _run(config, Path(folder), facts, say)


def _run(config, resumed_folder, earlier, say):
    check_choice("loss", config.loss, losses.LOSSES)
    check_choice("augmentation", config.augment, AUGMENTATIONS)
    # Seeded before anything draws; the same seed then ends in the same bits on one machine.
    keras.utils.set_random_seed(config.seed)
    tf.config.experimental.enable_op_determinism()

    # -------------------------------------------------------------- network
    strategy = choose_strategy(config.strategy, config.batch_size)
    precision, precision_reason = choose_precision(config.precision)
    with strategy.scope():
        network = _network(config, precision, new=resumed_folder is None)
        output = architectures.output_name(network)
        average = architectures.build(network.name, output)
    config = dataclasses.replace(
        config, arch=network.name, output=output, name=config.name or network.name
    )
    require_writable(Path(config.export_dir, config.name), "--export-dir")
    architectures.check_image_size(network, config.image_size, config.image_size)

    # ----------------------------------------------------------------- data
    dataset = load_dataset(config.dataset, config.data_dir, config.image_size, config.seed)
    batch_size = _batch_size(config, dataset, strategy.num_replicas_in_sync)
    steps_per_epoch = dataset.train.num_examples // batch_size
    for note in dataset.notes:
        say(f"*** {note}")
    say(f"Data: {dataset.description}")
    start = f", from {config.init}" if config.init else ""
    say(f"Network: {config.arch}, {network.count_params():,} parameters, output {output}{start}")
    device = describe_device(strategy.num_replicas_in_sync)
    say(f"Precision: {precision} ({precision_reason}) on {device}")

    # ------------------------------------------------------------------ run
    facts = {
        "name": config.name,
        "architecture": config.arch,
        "output": output,
        "num_parameters": network.count_params(),
        "loss": losses.describe(config.loss, config),
        "init": config.init,
        "augmentation": config.augment,
        "dataset": dataset.description,
        "notes": dataset.notes,
        "seed": config.seed,
        "batch_size": batch_size,
        "precision": precision,
        "device": device,
        "versions": versions(),
        "git_commit": git_commit(),
    }
    with strategy.scope():
        colorizer = Colorizer(
            network,
            average,
            losses.with_weights(config.loss, config),
            {metric: METRICS[metric] for metric in VALIDATION_METRICS},
            config.average_decay,
            AUGMENTATIONS[config.augment],
            config.seed,
        )
        colorizer.compile(optimizer=_optimizer(config, config.epochs * steps_per_epoch))
    best = BestEpoch(config.early_stop)
    if resumed_folder is None:
        folder = runs.new_folder(Path(config.runs_dir, config.arch))
        num_finished, minutes = 0, 0.0
    else:
        folder = resumed_folder
        num_finished, minutes = _restore(folder, config, facts, earlier, colorizer, best, say)
    say(f"Run: {folder}")
    runs.write_config(folder, config, facts)
    record = Record(folder, best, minutes)
    total_steps = (config.epochs - num_finished) * steps_per_epoch
    callbacks = [
        StopOnNaN(),
        Progress(batch_size, total_steps, say),
        best,
        record,
        keras.callbacks.TensorBoard(folder / "tensorboard", write_graph=False),
    ]
    stopped_by = _fit(config, colorizer, dataset, batch_size, num_finished, callbacks)
    facts["epochs"] = len(best.history.get("loss", []))
    facts["minutes"] = round(record.minutes, 2)
    if best.epoch is None:
        say("No epoch was finished, so there is nothing to export.")
        raise stopped_by
    facts["best_epoch"] = best.epoch + 1

    # -------------------------------------------------------------- results
    average.set_weights(best.weights)
    average.trainable = True  # Else the saved model could not be trained further.
    with _signals_ignored():
        with writing(folder / "model.keras") as temporary:
            average.save(temporary)
        export_folder = export.export(average, Path(config.export_dir, config.name), facts)
    say(f"Exported the best epoch, {best.epoch + 1}, to {export_folder}")
    _save_curves(folder, best, dataset, facts)
    if stopped_by is not None:
        if isinstance(stopped_by, InterruptedRunError):
            say(f"To go on after the last finished epoch: --resume {folder}")
        raise stopped_by
    model = export.load(export_folder)
    references = evaluation.references(dataset.test)
    report = evaluation.report(model, dataset, "test", references)
    report.save(folder)
    say(report.table())
    say(f"Pictures, curves and figures are in {folder}")
    return Run(folder, export_folder, report.metrics)


def _network(config, precision, new):
    """The network to train: fresh, or with the weights of `config.init` in a new run."""
    if config.init is None or not new:
        return architectures.build(config.arch or DEFAULT_ARCHITECTURE, config.output, precision)
    trained = pretrained.load(config.init)
    output = architectures.output_name(trained)
    for option, asked, given in (
        ("--arch", config.arch, trained.name),
        ("--output", config.output, output),
    ):
        if asked not in (None, given):
            raise UserError(
                f"{option} {asked} with --init {config.init}",
                f"{given}, which that model has",
                f"Leave {option} away, or start from another model.",
            )
    network = architectures.build(trained.name, output, precision)
    network.set_weights(trained.get_weights())
    return network


def _batch_size(config, dataset, num_replicas):
    num_examples = dataset.train.num_examples
    if min(num_examples, dataset.validation.num_examples) < num_replicas:
        raise UserError(
            f"{num_examples} training and {dataset.validation.num_examples} validation pictures "
            f"for {num_replicas} devices",
            "at least one of each for each device",
            "Pass --strategy one.",
        )
    batch_size = min(config.batch_size, num_examples // num_replicas * num_replicas)
    if batch_size < config.batch_size:
        dataset.notes.append(
            f"Only {num_examples} training pictures: batches of {batch_size} instead of "
            f"{config.batch_size}."
        )
    return batch_size


def _optimizer(config, total_steps):
    warmup_steps = int(config.warmup * total_steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if warmup_steps else config.learning_rate,
        decay_steps=max(1, total_steps - warmup_steps),
        warmup_target=config.learning_rate if warmup_steps else None,
        warmup_steps=warmup_steps,
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=config.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def _restore(folder, config, facts, earlier, colorizer, best, say):
    """Puts a run back to the end of its last epoch; returns the number of epochs and minutes."""
    for key in ("dataset", "batch_size", "precision"):
        if facts[key] != earlier.get(key):
            raise UserError(
                f"--resume {str(folder)!r} with {key.replace('_', ' ')} {facts[key]!r}",
                f"that of the run, {earlier.get(key)!r}",
                "Make the same data and devices available, or start another run.",
            )
    best.weights, progress = checkpoints.restore(folder, colorizer)
    if config.epochs <= progress.num_epochs:
        raise UserError(
            f"--resume {str(folder)!r} for {config.epochs} epochs, of which it has finished "
            f"{progress.num_epochs}",
            f"more than {progress.num_epochs} epochs",
            f"Pass --epochs {progress.num_epochs + config.epochs}, for example.",
        )
    best.epoch, best.history = progress.best_epoch, progress.history
    facts["resumed_after"] = [*earlier.get("resumed_after", []), progress.num_epochs]
    say(f"Resuming after epoch {progress.num_epochs} of {config.epochs}.")
    for key in ("device", "versions", "git_commit"):
        if facts[key] != earlier.get(key):
            say(f"*** The {key.replace('_', ' ')} changed: {earlier.get(key)}, now {facts[key]}.")
    return progress.num_epochs, progress.minutes


def _fit(config, colorizer, dataset, batch_size, num_finished, callbacks):
    """Runs `fit`; returns None, or what stopped it, for after the export of the best epoch."""
    validation_size = even_batch_size(
        dataset.validation.num_examples,
        batch_size,
        colorizer.distribute_strategy.num_replicas_in_sync,
    )
    try:
        colorizer.fit(
            training_batches(dataset.train, batch_size, config.seed, num_finished),
            steps_per_epoch=dataset.train.num_examples // batch_size,
            initial_epoch=num_finished,
            epochs=config.epochs,
            shuffle=False,
            validation_data=evaluation_batches(dataset.validation, validation_size),
            callbacks=callbacks,
            # A moving bar is for people; a log file gets one line per epoch.
            verbose=1 if sys.stdout.isatty() else 2,
        )
    except KeyboardInterrupt as interrupt:
        return InterruptedRunError(signal_number(interrupt), "Interrupted.")
    except Exception as error:
        # Divergence, or a picture that vanished: finished epochs are worth keeping.
        return error
    return None


@contextlib.contextmanager
def _signals_ignored():
    """Shields the export from a second Ctrl-C: until then the best epoch is in memory only."""
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
    title = f"{facts['name']} ({facts['output']}, {facts['loss']}), {facts['dataset']}"
    figures.save_curves(folder / "curves.png", best.history, best.epoch, title, echo["psnr_pooled"])
