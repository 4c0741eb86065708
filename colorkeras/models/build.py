"""Construction of networks from the registry of architectures."""

import contextlib

import keras

from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.models.selection import check_class_head, choose_architecture
from colorkeras.utils.errors import UserError


def build_network(name, prediction=None, dtype="float32", num_classes=0):
    """Build a network with initial weights.

    Args:
        name: Key of `ARCHITECTURES`.
        prediction: Key of `PREDICTIONS`; None selects the architecture's default.
        dtype: Keras dtype policy, for example "float32" or "mixed_bfloat16". Weights and
            predictions are float32 under both.
        num_classes: Above 0, the logits of this many classes are a second output.

    Returns:
        `keras.Model`.

    Raises:
        UserError: An unknown name or prediction, or classes for an architecture without class head.

    Example:

    >>> build_network("baseline").count_params()
    9440256
    """
    name, prediction = choose_architecture(name, prediction)
    _check_keras()
    options = {}
    if num_classes:
        check_class_head(name)
        options = {"num_classes": num_classes}
    with _dtype_policy(dtype):
        return ARCHITECTURES[name].constructor(prediction=prediction, **options)


def check_image_size(network, height, width):
    """Raise `UserError` if a network does not accept images of this size.

    Args:
        network: From `build_network`.
        height: Pixels.
        width: Pixels.
    """
    _, expected_height, expected_width, _ = network.inputs[0].shape
    if expected_height not in (None, height) or expected_width not in (None, width):
        raise UserError(
            f"images of {height}x{width} pixels for the architecture {network.name!r}",
            f"{expected_height}x{expected_width} pixels",
            "Choose another --image-size, or an architecture that accepts any size, such as unet.",
        )


def _check_keras():
    received = keras.config.backend(), keras.config.image_data_format()
    if received != ("tensorflow", "channels_last"):
        raise UserError(
            f"Keras with backend {received[0]!r} and image data format {received[1]!r}",
            "backend 'tensorflow' and image data format 'channels_last'",
            "Set KERAS_BACKEND=tensorflow, and both in ~/.keras/keras.json if it exists.",
        )


@contextlib.contextmanager
def _dtype_policy(dtype):
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(previous)
