"""Compare the speed of `fit` on CIFAR-10 and on one repeated batch.

    python benchmarks/input_pipeline.py [--data-dir DIR]

Target: `fit` on CIFAR-10 is at least 95% as fast as on one repeated batch. The second epoch of each
fit is timed, because training keeps the iterator across epochs. The two fits alternate, so that
changes in the machine's speed affect both.

Latest result (2026-11-23, two cores of an AMD EPYC, mixed_bfloat16): 798 images/s on CIFAR-10
and 774 on one repeated batch. The median ratio of 3 pairs of consecutive fits is 107%, which is
within measurement noise.
"""

import argparse
import statistics
import time

import keras
import tensorflow as tf

from colorkeras import objectives
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data import load_dataset, training_batches
from colorkeras.models.architectures import DEFAULT_ARCHITECTURE
from colorkeras.models.build import build_network, choose_architecture
from colorkeras.training.precision import choose_precision, describe_device
from colorkeras.training.train_step import TrainingModel
from colorkeras.utils.determinism import make_deterministic

STEPS = 60
ROUNDS = 3


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir")
    source = load_dataset("cifar10", parser.parse_args().data_dir).train
    config = TrainingConfig()
    precision, _ = choose_precision()
    make_deterministic(config.seed)
    _, output = choose_architecture(DEFAULT_ARCHITECTURE, None)
    model = TrainingModel(
        build_network(DEFAULT_ARCHITECTURE, dtype=precision),
        build_network(DEFAULT_ARCHITECTURE),
        objectives.create(output, config),
        config,
    )
    model.compile(optimizer=keras.optimizers.AdamW(config.learning_rate))

    batches = training_batches(source, config.batch_size, config.seed)
    one_batch = tf.data.Dataset.from_tensors(next(iter(batches))).repeat()
    rates = {"CIFAR-10": [], "one repeated batch": []}
    for _ in range(ROUNDS):
        for name, dataset in zip(rates, (batches, one_batch), strict=True):
            seconds = epoch_seconds(model, dataset)
            rates[name].append(STEPS * config.batch_size / seconds)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    for name, median in medians.items():
        print(f"{name}: {median:.0f} images/s (median of {ROUNDS})")
    ratios = [a / b for a, b in zip(*rates.values(), strict=True)]
    print(f"ratio: {statistics.median(ratios):.1%} (median), {precision}, {describe_device()}")


def epoch_seconds(model, dataset):
    """Return the duration of the second epoch of a fit in seconds."""
    times = []
    clock = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: times.append(time.perf_counter()),
        on_epoch_end=lambda epoch, logs: times.append(time.perf_counter()),
    )
    model.fit(dataset, epochs=2, steps_per_epoch=STEPS, shuffle=False, verbose=0, callbacks=[clock])
    return times[3] - times[2]


if __name__ == "__main__":
    main()
