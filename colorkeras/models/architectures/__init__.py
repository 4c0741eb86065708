"""Architectures: Keras functional models from grayscale to a prediction.

Add one by adding a file with a builder and one entry to `ARCHITECTURES`; the tests run over all.
A builder takes `output`, one of the keys of `models.outputs.OUTPUTS` that its entry lists, and
returns a functional model from float32 `[n, h, w, 1]` in 0..1 (for "velocity" from what
`flow_unet` lists) to the float32 prediction that `OUTPUTS` describes, whose layer bears the name of
the output.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

import keras

from colorkeras.models.architectures.baseline import baseline
from colorkeras.models.architectures.encoder_decoder import encoder_decoder
from colorkeras.models.architectures.flow_unet import flow_unet
from colorkeras.models.architectures.residual_unet import residual_unet
from colorkeras.models.architectures.skip_cnn import skip_cnn
from colorkeras.models.architectures.unet import unet
from colorkeras.models.outputs import CLASSES, OUTPUTS
from colorkeras.utils.errors import UserError, check_choice


@dataclass(frozen=True)
class Architecture:
    """A builder and what it builds.

    Attributes:
        builder: Function of `output`, and of `num_classes` where it has a class head.
        outputs: Keys of `OUTPUTS` that it can predict, its default first.
        has_class_head: Whether `num_classes` above 0 adds logits `[n, num_classes]` as a second
            output: what the picture shows, learned beside the colors.
    """

    builder: Callable
    outputs: tuple
    has_class_head: bool = False


ARCHITECTURES = {
    "baseline": Architecture(baseline, ("rgb", "chroma")),
    "skip_cnn": Architecture(skip_cnn, ("chroma", "rgb")),
    "encoder_decoder": Architecture(encoder_decoder, ("chroma", "rgb")),
    "unet": Architecture(unet, ("chroma", "rgb")),
    "residual_unet": Architecture(residual_unet, ("chroma", "rgb", "bins"), has_class_head=True),
    "flow_unet": Architecture(flow_unet, ("velocity",), has_class_head=True),
}
"""Architectures by name."""

DEFAULT_ARCHITECTURE = "unet"
"""The one that is trained if none is asked for, and it serves the objective."""


def choose(name=None, output=None, objective=None):
    """Settles what the user left open.

    Args:
        name: Key of `ARCHITECTURES` or None.
        output: Key of `OUTPUTS` or None.
        objective: Key of `OBJECTIVES` or None.

    Returns:
        `(name, output)`.

    Raises:
        UserError: An unknown name, or a combination that does not exist.

    >>> choose("unet"), choose(objective="flow")
    (('unet', 'chroma'), ('flow_unet', 'velocity'))
    """
    if name is not None:
        check_choice("architecture", name, ARCHITECTURES)
    if output is not None:
        check_choice("output", output, OUTPUTS)
    if objective is not None:
        check_choice("objective", objective, {kind.objective: None for kind in OUTPUTS.values()})
    for candidate in [DEFAULT_ARCHITECTURE, *ARCHITECTURES] if name is None else [name]:
        for possible in ARCHITECTURES[candidate].outputs:
            if output in (None, possible) and objective in (None, OUTPUTS[possible].objective):
                return candidate, possible
    asked = {"architecture": name, "output": output, "objective": objective}
    raise UserError(
        ", ".join(f"{kind} {value!r}" for kind, value in asked.items() if value is not None),
        "a combination that exists: "
        + "; ".join(f"{name} with {_outputs_of(name)}" for name in ARCHITECTURES),
        "Leave one of them away.",
    )


def _outputs_of(name):
    return " or ".join(
        f"{output} ({OUTPUTS[output].objective})" for output in ARCHITECTURES[name].outputs
    )


def build(name, output=None, dtype="float32", num_classes=0):
    """Builds a network with fresh weights.

    Args:
        name: A key of `ARCHITECTURES`.
        output: A key of `OUTPUTS`; None takes the architecture's default.
        dtype: Keras dtype policy, for example "float32" or "mixed_bfloat16". Weights and output
            are float32 in both.
        num_classes: Above 0, the model has a second output, the logits of so many classes.

    Returns:
        `keras.Model`.

    Raises:
        UserError: An unknown name or output, or classes for an architecture without a head.

    >>> build("baseline").count_params()
    9440256
    """
    name, output = choose(name, output)
    _check_keras()
    head = {}
    if num_classes:
        check_class_head(name)
        head = {"num_classes": num_classes}
    with _dtype_policy(dtype):
        return ARCHITECTURES[name].builder(output=output, **head)


def forget_classes(network):
    """Makes a trained network as ignorant of what pictures show as a fresh one.

    For one that is trained on without labels: a head that nothing teaches any more would go on
    telling classes, from features that have changed.
    """
    for weight in network.weights:
        if CLASSES in weight.path.split("/"):
            weight.assign(keras.ops.zeros_like(weight))


def check_class_head(name):
    """Raises UserError if an architecture has no class head."""
    if not ARCHITECTURES[name].has_class_head:
        raise UserError(
            f"--aux-class-loss-weight for the architecture {name!r}, which has no class head",
            "one of " + ", ".join(n for n, a in ARCHITECTURES.items() if a.has_class_head),
            "Leave --aux-class-loss-weight away, or choose one of these architectures.",
        )


def without_class_head(network):
    """The same network, with the same variables, without the logits of classes.

    Args:
        network: From `build`, with or without a class head.
    """
    if len(network.outputs) == 1:
        return network
    return keras.Model(network.input, network.outputs[0], name=network.name)


def output_name(network):
    """The key of `OUTPUTS` that a network from `build` predicts."""
    return network.output_names[0]


def check_image_size(network, height, width):
    """Raises UserError if the network cannot take pictures of this size."""
    _, expected_height, expected_width, _ = network.inputs[0].shape
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
