"""One training run from settings to export, in the order in which things happen."""

import contextlib
import dataclasses
import signal
import sys
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import keras
import tensorflow as tf

from colorkeras import architectures, evaluation, export, figures, losses, tensorboard
from colorkeras.augmentation import AUGMENTATIONS
from colorkeras.callbacks import BestEpoch, Progress, StopOnNaN
from colorkeras.colorizer import Colorizer
from colorkeras.data import evaluation_batches, load_dataset, training_batches
from colorkeras.errors import InterruptedRunError, UserError, check_choice, signal_number
from colorkeras.files import require_writable, write_json, writing
from colorkeras.losses import LOSSES
from colorkeras.metrics import METRICS, VALIDATION_METRICS
from colorkeras.precision import choose_precision, describe_device
from colorkeras.version import git_commit, versions


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
    check_choice("loss", config.loss, LOSSES)
    check_choice("augmentation", config.augment, AUGMENTATIONS)
    name = config.name or config.arch
    require_writable(config.runs_dir, "--runs-dir")
    require_writable(Path(config.export_dir, name), "--export-dir")
    # Seeded before anything draws; the same seed then ends in the same bits on one machine.
    keras.utils.set_random_seed(config.seed)
    tf.config.experimental.enable_op_determinism()

    # -------------------------------------------------------------- network
    precision, precision_reason = choose_precision(config.precision)
    network = architectures.build(config.arch, config.output, precision)
    output = architectures.output_name(network)
    average = architectures.build(config.arch, output)
    architectures.check_image_size(network, config.image_size, config.image_size)

    # ----------------------------------------------------------------- data
    dataset = load_dataset(config.dataset, config.data_dir, config.image_size, config.seed)
    batch_size = _batch_size(config, dataset)
    steps_per_epoch = dataset.train.num_examples // batch_size
    for note in dataset.notes:
        say(f"*** {note}")
    say(f"Data: {dataset.description}")
    say(f"Network: {config.arch}, {network.count_params():,} parameters, output {output}")
    say(f"Precision: {precision} ({precision_reason}) on {describe_device()}")

    # ------------------------------------------------------------------ run
    folder = _new_run_folder(Path(config.runs_dir, config.arch))
    say(f"Run: {folder}")
    facts = {
        "name": name,
        "architecture": config.arch,
        "output": output,
        "num_parameters": network.count_params(),
        "loss": config.loss,
        "dataset": dataset.description,
        "notes": dataset.notes,
        "seed": config.seed,
        "batch_size": batch_size,
        "precision": precision,
        "device": describe_device(),
        "versions": versions(),
        "git_commit": git_commit(),
    }
    write_json(folder / "config.json", {"settings": dataclasses.asdict(config), **facts})

    metrics = {metric: METRICS[metric] for metric in VALIDATION_METRICS}
    colorizer = Colorizer(
        network,
        average,
        losses.with_weights(config.loss, config),
        metrics,
        config.average_decay,
        AUGMENTATIONS[config.augment],
        config.seed,
    )
    colorizer.compile(optimizer=_optimizer(config, config.epochs * steps_per_epoch))
    best = BestEpoch()
    summaries = _summaries(config, dataset, folder, facts)
    started = time.perf_counter()
    stopped_by = _fit(config, colorizer, dataset, batch_size, folder, best, summaries, say)
    facts["epochs"] = len(best.history.get("loss", []))
    facts["minutes"] = round((time.perf_counter() - started) / 60, 2)
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
        export_folder = export.export(average, Path(config.export_dir, name), facts)
    say(f"Exported the best epoch, {best.epoch + 1}, to {export_folder}")
    _save_curves(folder, best, dataset, facts)
    if stopped_by is not None:
        raise stopped_by
    model = export.load(export_folder)
    references = evaluation.references(dataset.test)
    report = evaluation.report(model, dataset, "test", references)
    report.save(folder)
    tensorboard.write_comparison(folder, config, dataset.name, facts, report.metrics["figures"])
    say(report.table())
    say(f"Pictures, curves and figures are in {folder}")
    return Run(folder, export_folder, report.metrics)


def _batch_size(config, dataset):
    num_examples = dataset.train.num_examples
    if num_examples < config.batch_size:
        dataset.notes.append(
            f"Only {num_examples} training pictures: batches of {num_examples} instead of "
            f"{config.batch_size}."
        )
    return min(config.batch_size, num_examples)


def _new_run_folder(parent):
    """Makes `parent/<time>`, with a number behind where runs start within one second."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    for suffix in ("", *(f"-{number}" for number in range(2, 1000))):
        folder = parent / (stamp + suffix)
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            continue
    raise UserError(f"{parent}, which is full of runs of this second", "room", "Start again.")


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


def _summaries(config, dataset, folder, facts):
    """The callbacks that write for TensorBoard; `_fit` closes them."""
    truth = evaluation.sample_pictures(dataset.validation)
    title = f"{_title(facts)}, validation"
    summaries = [tensorboard.EpochSummaries(folder, truth, title)]
    if config.profile:
        summaries.append(tensorboard.Profile(folder))
    return summaries


def _fit(config, colorizer, dataset, batch_size, folder, best, summaries, say):
    """Runs `fit`; returns None, or what stopped it, for after the export of the best epoch."""
    steps_per_epoch = dataset.train.num_examples // batch_size
    csv_log = keras.callbacks.CSVLogger(folder / "history.csv")
    callbacks = [
        StopOnNaN(),
        Progress(batch_size, config.epochs * steps_per_epoch, say),
        best,
        csv_log,
        *summaries,
    ]
    if config.early_stop:
        callbacks.append(keras.callbacks.EarlyStopping("val_loss", patience=config.early_stop))
    try:
        colorizer.fit(
            training_batches(dataset.train, batch_size, config.seed),
            steps_per_epoch=steps_per_epoch,
            epochs=config.epochs,
            shuffle=False,
            validation_data=evaluation_batches(dataset.validation, batch_size),
            callbacks=callbacks,
            # A moving bar is for people; a log file gets one line per epoch.
            verbose=1 if sys.stdout.isatty() else 2,
        )
    except KeyboardInterrupt as interrupt:
        return InterruptedRunError(signal_number(interrupt), "Interrupted.")
    except Exception as error:
        # Divergence, or a picture that vanished: finished epochs are worth keeping.
        return error
    finally:
        # `fit` leaves them open when an exception passes.
        if csv_log.csv_file:
            csv_log.csv_file.close()
        for callback in summaries:
            callback.close()
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
    figures.save_curves(
        folder / "curves.png", best.history, best.epoch, _title(facts), echo["psnr_pooled"]
    )


def _title(facts):
    return f"{facts['name']} ({facts['output']}, {facts['loss']}), {facts['dataset']}"
