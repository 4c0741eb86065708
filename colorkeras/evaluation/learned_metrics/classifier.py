"""CIFAR-10 classifier for color images, used to measure whether colors match the content."""

import functools
from pathlib import Path

import keras
import numpy as np
from keras import layers

from colorkeras.color.spaces import from_uint8
from colorkeras.models.class_head import NUM_CLASSES
from colorkeras.utils.errors import UserError, one_line

FILE = Path(__file__).with_name("classifier.keras")
"""File with the trained classifier, written by `tools/train_classifier.py`."""


def build(widths=(64, 128, 192)):
    """Build a small convolutional network with random initial weights.

    It maps RGB, float32 `[n, 32, 32, 3]` in `[0, 1]`, to a dict with "features", float32
    `[n, widths[-1]]`, from global average pooling, and "logits", float32 `[n, 10]`. `widths`
    contains the numbers of channels at 1/2, 1/4 and 1/8 of the input resolution.

    Reference: Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024. This network has the
    same order of convolutions and pooling but half as many channels.
    """
    rgb = keras.Input((32, 32, 3), name="rgb")
    # Scale to about [-2, 2]; batch normalization does the rest.
    x = layers.Rescaling(4.0, offset=-2.0)(rgb)
    x = _normalize(_convolve(x, 24))
    for width in widths:
        # Pool first so that only a quarter of the values need to be normalized.
        x = _normalize(layers.MaxPooling2D(2)(_convolve(x, width)))
        x = _normalize(_convolve(x, width))
    features = layers.GlobalAveragePooling2D(dtype="float32", name="features")(x)
    logits = layers.Dense(NUM_CLASSES, dtype="float32", name="logits")(features)
    return keras.Model(rgb, {"features": features, "logits": logits}, name="classifier")


def _convolve(x, width):
    return layers.Conv2D(width, 3, padding="same", use_bias=False)(x)


def _normalize(x):
    return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))


@functools.cache
def load():
    """Load the trained classifier; raise `UserError` if its file is missing or damaged."""
    try:
        return keras.saving.load_model(FILE, compile=False)
    except Exception as error:  # Keras raises many types of exceptions for damaged files.
        raise UserError(
            f"no usable classifier at {FILE} ({one_line(error)})",
            "the classifier file that is installed with colorkeras",
            "Reinstall colorkeras or train the classifier: "
            f"python tools/train_classifier.py --output {FILE}",
        ) from error


def classify(images):
    """Classify uint8 RGB images `[n, 32, 32, 3]` with the trained classifier; see `predict`."""
    return predict(load(), images)


def predict(network, images):
    """Apply a network from `build` to images and their horizontal flips and average the outputs.

    Returns a dict of float32 NumPy arrays "features" and "logits".
    """
    images = np.asarray(images)
    straight, flipped = (
        network.predict(from_uint8(batch), batch_size=500, verbose=0)
        for batch in (images, images[:, :, ::-1])
    )
    return {name: (straight[name] + flipped[name]) / 2 for name in straight}


def correct(logits, labels):
    """Return whether the correct class has the largest logit for each image, bool `[n]`."""
    return np.argmax(logits, axis=-1) == np.asarray(labels)
