r"""Train the generator of Nazeri et al. (2018) on the same data for a given time, for comparison.

    python benchmarks/rival.py --minutes 36 --name rival --candidate adamw 0.002 \
        --images-per-second 81
    python benchmarks/rival.py --minutes 108 --name rival_long --candidate adamw 0.002 \
        --images-per-second 81 --work-dir rival_long
    python pipelines/evaluate.py --model saved_models/rival/1 --results results --learned-metrics

The generator is a U-Net of 4x4 convolutions with 16.7 million parameters. It downsamples from full
resolution to 2x2 and upsamples again. As in the paper, it maps L* to a*b* and minimizes the mean
absolute error, but without a discriminator. The learning-rate schedule, data, augmentation, EMA and
batch normalization momentum are the same as in this project. Unlike this project's presets, it does
not use labels.

The setup favors this model. By default, the script tries all `CANDIDATES` for `MINUTES_TO_TRY` and
keeps the optimizer and learning rate with the best result on the validation split; `--candidate`
skips this search. For the results below, the search ran with a momentum of 0.99 (see `MOMENTUM`).
Training time excludes the search and validation. Training consists of rounds of about
`MINUTES_PER_ROUND`, and the best round is exported. The number of steps is computed from the
training time and the speed of the first steps. If other programs run at the same time, as they did
for both results below, set the speed with `--images-per-second`; training times are then nominal.
With `--work-dir`, an interrupted run resumes after its last round.

Latest results (2026-11-26, two cores of an AMD EPYC, test split, measured with evaluate.py): pooled
PSNR is 23.27 dB for `rival`, 23.58 dB for `rival_long` and 24.08 dB for `unet`; CIEDE2000 is 9.80,
9.38 and 9.09, respectively. A second run of `rival` for the same number of steps in a new
environment (2026-11-27, two cores with AVX2 only, float32) reached a PSNR of 23.28 dB and a
CIEDE2000 of 9.81. It trained at about 40 images/s with TF_ENABLE_ONEDNN_OPTS=1, and at 9 to 14
images/s without it.

Reference: Nazeri, Ng, Ebrahimi, "Image colorization using generative adversarial networks", AMDO
2018. Layers, dropout and scaling follow the authors' code for CIFAR-10,
https://github.com/ImagingLab/Colorizing-with-GANs.
"""

import argparse
import dataclasses
import json
import sys
import time
from pathlib import Path

import keras
import tensorflow as tf
from keras import layers

from colorkeras.cli import guarded
from colorkeras.color.spaces import lab_to_rgb, luma_chroma_to_rgb, rgb_to_chroma, rgb_to_lab
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data import evaluation_batches, load_dataset, training_batches
from colorkeras.evaluation.metrics import METRICS, VALIDATION_METRICS
from colorkeras.export import saved_model
from colorkeras.models.predictions import prediction_name
from colorkeras.objectives import Objective
from colorkeras.training import checkpoints, optimizers
from colorkeras.training.callbacks import StopOnNaN
from colorkeras.training.precision import choose_precision, describe_device
from colorkeras.training.progress import EpochTimer
from colorkeras.training.train_step import TrainingModel
from colorkeras.utils.determinism import make_deterministic
from colorkeras.utils.errors import DivergedError, UserError, check_choice
from colorkeras.utils.files import write_json
from colorkeras.utils.version import git_commit, package_versions

ENCODER = ((64, 1), (128, 2), (256, 2), (512, 2), (512, 2))
"""Channels and stride of each encoder convolution."""

DECODER = ((512, 0.5), (256, 0.0), (128, 0.0), (64, 0.0))
"""Channels and dropout rate after each upsampling in the decoder."""

MOMENTUM = 0.9
"""Batch normalization momentum. With Keras's default of 0.99, the statistics lag behind the weights
in runs this short, and the export gets worse after every round."""

AB_SCALE = 110.0
"""Divisor that scales a* and b* to about `[-1, 1]`."""

CANDIDATES = (("adamw", 2e-4), ("adamw", 2e-3), ("muon", 2e-3))
"""Pairs of optimizer and peak learning rate. The authors used the first of these rates."""

MINUTES_TO_TRY = 4

MINUTES_PER_ROUND = 3
"""Minutes between evaluations on the validation split."""

STEPS_TO_MEASURE = 20

CHOSEN_BY = "val_psnr_pooled"


def generator():
    """Build a network that maps L* / 100 `[n, 32, 32, 1]` to a*b* / AB_SCALE `[n, 32, 32, 2]`."""
    lightness = keras.Input((32, 32, 1), name="grayscale")
    x, skips = lightness, []
    for width, stride in ENCODER:
        x = layers.Conv2D(width, 4, strides=stride, padding="same", use_bias=False)(x)
        x = layers.LeakyReLU(0.2)(layers.BatchNormalization(momentum=MOMENTUM)(x))
        skips.append(x)
    for (width, dropped), skip in zip(DECODER, reversed(skips[:-1]), strict=True):
        x = layers.Conv2DTranspose(width, 4, strides=2, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(x))
        if dropped:
            x = layers.Dropout(dropped)(x)
        x = layers.Concatenate()([skip, x])
    ab = layers.Conv2D(2, 1, dtype="float32", activation="tanh", name="ab")(x)
    return keras.Model(lightness, ab, name="nazeri_generator")


def lightness_of(grayscale):
    return rgb_to_lab(tf.repeat(grayscale, 3, axis=-1))[..., :1] / 100


def target(rgb, grayscale, randomness, labels=None):
    del randomness, labels
    return lightness_of(grayscale), rgb_to_lab(rgb)[..., 1:] / AB_SCALE


def colorize(network, grayscale, seeds=None, temperature=None):
    """Colorize images as the authors do, then restore the input luma, which improves the result."""
    del seeds, temperature
    lightness = lightness_of(grayscale)
    ab = network(lightness, training=False)
    rgb = lab_to_rgb(tf.concat([100 * lightness, AB_SCALE * ab], axis=-1))
    return luma_chroma_to_rgb(grayscale, rgb_to_chroma(rgb))


def objective():
    return Objective(
        description="mean absolute error of a*b*",
        target=target,
        loss=lambda truth, prediction: tf.reduce_mean(tf.abs(truth - prediction)),
        colorize=colorize,
    )


def build(config, precision):
    """Return an uncompiled `TrainingModel` with two new generators."""
    keras.config.set_dtype_policy(precision)
    network = generator()
    keras.config.set_dtype_policy("float32")
    return TrainingModel(
        network,
        generator(),
        objective(),
        config,
        {metric: METRICS[metric] for metric in VALIDATION_METRICS},
    )


def measure_speed(config, batches, precision):
    """Return the training speed in images per second."""
    colorizer = build(config, precision)
    colorizer.compile(optimizers.create(config, STEPS_TO_MEASURE))
    settings = {"steps_per_epoch": STEPS_TO_MEASURE, "shuffle": False, "verbose": 0}
    colorizer.fit(batches, **settings)
    started = time.perf_counter()
    colorizer.fit(batches, **settings)
    return STEPS_TO_MEASURE * config.batch_size / (time.perf_counter() - started)


def train(config, dataset, minutes, precision, images_per_second=None, work_dir=None):
    """Train for approximately the given number of minutes.

    The number of steps is computed from `images_per_second`; None measures the speed. If `work_dir`
    is given, the state is saved there after each round, and training resumes after the last saved
    round.

    Returns:
        `(network, metadata)`. The network is the EMA network of the round with the highest pooled
        PSNR on the validation split. The metadata is a dict with "epochs" (fractional), "rounds",
        "best_round", "wall_minutes" and "history", which maps each log name to its values.

    Raises:
        UserError: The state in `work_dir` was saved with different settings.
    """
    if work_dir:
        check_plan(Path(work_dir), config, minutes, images_per_second)
    started = time.perf_counter()
    speed = images_per_second or measure_speed(config, _batches(config, dataset, 0), precision)
    seconds_per_step = config.batch_size / speed
    rounds = max(1, round(minutes / MINUTES_PER_ROUND))
    steps_per_round = max(1, round(60 * minutes / seconds_per_step / rounds))
    total_steps = rounds * steps_per_round
    epochs = round(total_steps * config.batch_size / dataset.train.num_examples, 2)
    print(f"{epochs} epochs in {rounds} rounds at {speed:.0f} images/s", flush=True)
    make_deterministic(config.seed)
    colorizer = build(config, precision)
    colorizer.compile(optimizers.create(config, total_steps))
    history, best, num_done, earlier = {}, {"round": None, "weights": []}, 0, 0.0
    if work_dir and checkpoints.exist(work_dir):
        best["weights"], position, _ = checkpoints.restore(work_dir, colorizer)
        history, num_done, best["round"], earlier = (
            position.history,
            position.num_epochs,
            position.best_epoch,
            position.minutes,
        )
        print(f"Resuming after round {num_done}", flush=True)

    def wall_minutes():
        return earlier + (time.perf_counter() - started) / 60

    def record(number, logs):
        for name, value in {"round": number + 1, **logs}.items():
            history.setdefault(name, []).append(float(value))
        if max(history[CHOSEN_BY]) == history[CHOSEN_BY][-1]:
            best.update(round=number + 1, weights=colorizer.ema_network.get_weights())
        if work_dir:
            position = checkpoints.Position(number + 1, wall_minutes(), history, best["round"])
            checkpoints.save(work_dir, colorizer, best["weights"], position)

    colorizer.fit(
        _batches(config, dataset, num_done * steps_per_round),
        steps_per_epoch=steps_per_round,
        initial_epoch=num_done,
        epochs=rounds,
        validation_data=evaluation_batches(dataset.validation, config.batch_size),
        callbacks=[
            StopOnNaN(),
            EpochTimer(config.batch_size),
            keras.callbacks.LambdaCallback(on_epoch_end=record),
        ],
        shuffle=False,
        verbose=2,
    )
    colorizer.ema_network.set_weights(best["weights"])
    if images_per_second:
        history["minutes"] = [minutes * number / rounds for number in history["round"]]
    metadata = {
        "epochs": epochs,
        "rounds": rounds,
        "best_round": best["round"],
        "planned_images_per_second": round(speed, 1),
        "wall_minutes": round(wall_minutes(), 2),
        "history": history,
    }
    return colorizer.ema_network, metadata


def check_plan(work_dir, config, minutes, images_per_second):
    """Record the run settings in the work folder; raise UserError if they have changed."""
    plan = {
        "optimizer": config.optimizer,
        "learning_rate": config.learning_rate,
        "seed": config.seed,
        "minutes": minutes,
        "images_per_second": images_per_second,
    }
    file = work_dir / "plan.json"
    if not file.exists():
        work_dir.mkdir(parents=True, exist_ok=True)
        write_json(file, plan)
    kept = json.loads(file.read_text(encoding="utf-8"))
    if kept != plan:
        raise UserError(
            f"--work-dir {work_dir}, which contains a run with the settings {kept}",
            f"a run with the settings {plan}",
            "Pass another --work-dir.",
        )


def _batches(config, dataset, num_steps):
    """Return the training batches after the first `num_steps`."""
    epoch, step = divmod(num_steps, dataset.train.num_examples // config.batch_size)
    return training_batches(dataset.train, config.batch_size, config.seed, epoch, step)


def choose(config, dataset, precision):
    """Return the config with the best of `CANDIDATES`, and a dict of PSNR in dB by candidate."""
    results = {}
    for optimizer, rate in CANDIDATES:
        candidate = dataclasses.replace(config, optimizer=optimizer, learning_rate=rate)
        try:
            _, metadata = train(candidate, dataset, MINUTES_TO_TRY, precision)
        except DivergedError as error:
            print(f"{optimizer} {rate:g}: {error}", flush=True)
            continue
        results[candidate] = max(metadata["history"][CHOSEN_BY])
    if not results:
        raise SystemExit("All candidates diverged.")
    tried = {f"{c.optimizer} {c.learning_rate:g}": round(db, 3) for c, db in results.items()}
    print(f"{CHOSEN_BY} after {MINUTES_TO_TRY} minutes: {tried}", flush=True)
    return max(results, key=results.get), tried


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--name", default="rival")
    parser.add_argument(
        "--candidate",
        nargs=2,
        metavar=("OPTIMIZER", "RATE"),
        help="skip the search among CANDIDATES",
    )
    parser.add_argument("--images-per-second", type=float, metavar="N")
    parser.add_argument("--work-dir", metavar="DIR", help="folder for the saved training state")
    parser.add_argument("--data-dir")
    parser.add_argument("--export-dir", default="saved_models")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for number in (options.minutes, options.images_per_second):
        if number is not None and not 0 < number < float("inf"):
            parser.error(
                "--minutes and --images-per-second must be positive numbers, "
                f"but one of them is {number:g}"
            )
    if options.work_dir and not options.images_per_second:
        parser.error("--work-dir requires --images-per-second, which sets the number of steps")
    config, tried = TrainingConfig(seed=options.seed), None
    if options.candidate:
        optimizer, rate = options.candidate
        check_choice("optimizer", optimizer, optimizers.OPTIMIZERS)
        try:
            config = dataclasses.replace(config, optimizer=optimizer, learning_rate=float(rate))
        except ValueError:
            parser.error(f"--candidate {optimizer} {rate}, which is not a valid learning rate")
    dataset = load_dataset("cifar10", options.data_dir)
    precision, _ = choose_precision()
    make_deterministic(config.seed)  # This affects the speed, so call it before measuring.
    if not options.candidate:
        config, tried = choose(config, dataset, precision)
    network, trained = train(
        config, dataset, options.minutes, precision, options.images_per_second, options.work_dir
    )
    metadata = {
        "name": options.name,
        "objective": "regression",
        "loss": objective().description,
        "augmentation": config.augment,
        "dataset": dataset.description,
        "seed": config.seed,
        "batch_size": config.batch_size,
        "precision": precision,
        "device": describe_device(),
        "versions": package_versions(),
        "git_commit": git_commit(),
        "optimizer": config.optimizer,
        "learning_rate": config.learning_rate,
        "tried": tried,
        **trained,
        "minutes": options.minutes if options.images_per_second else trained["wall_minutes"],
    }
    print(
        saved_model.export(network, objective(), Path(options.export_dir, options.name), metadata)
    )
    print(f"{prediction_name(network)}: {network.count_params():,} parameters")


if __name__ == "__main__":
    sys.exit(guarded(main))
