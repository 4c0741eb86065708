"""Train the CIFAR-10 classifier used by the learned metrics.

    python tools/train_classifier.py --output classifier.keras

The resulting file is included in the package, in colorkeras/evaluation/learned_metrics/. Training
uses only the original color images of the training split, with random flips, shifts and cutout. The
script prints the accuracy on the color images of the test split.

Latest result: an accuracy of 88.37% on the test split (JPEG copy of CIFAR-10, 46k/10k images) with
flip test-time augmentation and seed 0. The 18 epochs took 67 s each on two cores with native
bfloat16. An earlier classifier (no cutout, shifts of at most 2 pixels, 12 epochs, no test-time
augmentation) reached 86.67% and missed the target of 88%.
"""

import argparse
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from colorkeras.cli import guarded
from colorkeras.color.spaces import from_uint8
from colorkeras.data import evaluation_batches, load_dataset, training_batches
from colorkeras.data.augmentation.geometry import cut_out, flip_and_shift
from colorkeras.data.stateless_random import Randomness
from colorkeras.evaluation.learned_metrics import classifier
from colorkeras.models.class_head import NUM_CLASSES
from colorkeras.training.optimizers import NO_DECAY
from colorkeras.training.precision import choose_precision
from colorkeras.utils.determinism import make_deterministic
from colorkeras.utils.files import atomic_write

BATCH_SIZE = 128
LEARNING_RATE = 3e-3
LABEL_SMOOTHING = 0.1
CUTOUT_SIZE = 8
"""Side length of the masked square in pixels."""


def train(dataset, epochs, seed):
    """Train a classifier on a dataset's color images.

    Args:
        dataset: `ImageDataset` of 32x32 images with labels.
        epochs: Number of epochs. The learning rate is warmed up in the first epoch, then decays to
            zero.
        seed: Random seed.

    Returns:
        float32 `keras.Model`; see `classifier.build`.
    """
    make_deterministic(seed)
    precision, _ = choose_precision()
    keras.config.set_dtype_policy(precision)
    network = classifier.build()
    keras.config.set_dtype_policy("float32")
    steps = dataset.train.num_examples // BATCH_SIZE
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, epochs * steps - steps, warmup_target=LEARNING_RATE, warmup_steps=steps
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=0.05)
    optimizer.exclude_from_weight_decay(var_names=list(NO_DECAY))
    logits = keras.Model(network.input, network.output["logits"])
    logits.compile(
        optimizer,
        keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=LABEL_SMOOTHING),
        metrics=["accuracy"],
    )

    def augment(step, batch):
        images, labels = batch
        randomness = Randomness(seed, step)
        images = cut_out(flip_and_shift(from_uint8(images), randomness), randomness, CUTOUT_SIZE)
        return images, tf.one_hot(labels, NUM_CLASSES)

    batches = training_batches(dataset.train, BATCH_SIZE, seed, labels=True)
    logits.fit(
        batches.enumerate().map(augment, tf.data.AUTOTUNE).prefetch(2),
        steps_per_epoch=steps,
        epochs=epochs,
        validation_data=_batches(dataset.validation),
        verbose=2,
    )
    trained = classifier.build()
    trained.set_weights(network.get_weights())
    return trained


def accuracy(network, source):
    """Return the top-1 accuracy on a `Source`, in `[0, 1]`."""
    correct = [
        classifier.correct(classifier.predict(network, images.numpy())["logits"], labels.numpy())
        for images, labels in evaluation_batches(source, 500, labels=True)
    ]
    return float(np.concatenate(correct).mean())


def _batches(source):
    batches = evaluation_batches(source, 500, labels=True)
    return batches.map(lambda images, labels: (from_uint8(images), tf.one_hot(labels, NUM_CLASSES)))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FILE.keras")
    parser.add_argument("--data-dir", metavar="DIR")
    parser.add_argument("--epochs", type=int, default=18)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    dataset = load_dataset("cifar10", options.data_dir)
    network = train(dataset, options.epochs, options.seed)
    print(f"{dataset.description}: test accuracy {accuracy(network, dataset.test):.2%}")
    with atomic_write(options.output) as temporary:
        network.save(temporary)


if __name__ == "__main__":
    sys.exit(guarded(main))
