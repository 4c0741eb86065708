"""Architectures: Keras functional models from grayscale to a prediction.

Add one by adding a file with a builder and one entry to `ARCHITECTURES`; the tests run over all.
A builder takes `output`, a key of `colorkeras.outputs.OUTPUTS` with the architecture's default,
and returns a functional model from float32 `[n, h, w, 1]` in 0..1 to float32
`[n, h, w, num_channels]` whose last layer bears the name of the output.
"""

import contextlib

import keras

from colorkeras.architectures.baseline import baseline
from colorkeras.architectures.encoder_decoder import encoder_decoder
from colorkeras.architectures.skip_cnn import skip_cnn
from colorkeras.architectures.unet import unet
from colorkeras.errors import UserError, check_choice
from colorkeras.outputs import OUTPUTS

ARCHITECTURES = {
    "baseline": baseline,
    "skip_cnn": skip_cnn,
    "encoder_decoder": encoder_decoder,
    "unet": unet,
}
"""Builders by name."""

DEFAULT_ARCHITECTURE = "unet"
"""The one that is trained if none is asked for."""


def build(name, output=None, dtype="float32"):
    """Builds a network with fresh weights.

    Args:
        name: A key of `ARCHITECTURES`.
        output: A key of `OUTPUTS`; None takes the architecture's default.
        dtype: Keras dtype policy, for example "float32" or "mixed_bfloat16". Weights and output
            are float32 in both.

    Returns:
        `keras.Model`.

    Raises:
        UserError: An unknown name or output.

    >>> build("baseline").count_params()
    9440256
    """
    check_choice("architecture", name, ARCHITECTURES)
    _check_keras()
    if output is not None:
        check_choice("output", output, OUTPUTS)
    with _dtype_policy(dtype):
        return ARCHITECTURES[name]() if output is None else ARCHITECTURES[name](output=output)


def output_name(network):
    """The key of `OUTPUTS` that a network from `build` predicts."""
    return network.output_names[0]


def check_image_size(network, height, width):
    """Raises UserError if the network cannot take pictures of this size."""
    _, expected_height, expected_width, _ = network.input_shape
    if expected_height not in (None, height) or expected_width not in (None, width):
        raise UserError(
            f"pictures of {height}x{width} pixels for the architecture {network.name!r}",
            f"{expected_height}x{expected_width} pixels",
            "Choose another --image-size, or an architecture that takes any size, such as unet.",
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
