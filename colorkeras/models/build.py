"""Build networks by architecture name."""

import contextlib

import keras

from colorkeras.models.architectures import ARCHITECTURES, DEFAULT_ARCHITECTURE
from colorkeras.models.predictions import PREDICTIONS
from colorkeras.utils.errors import UserError, check_choice


def build_network(name, prediction=None, dtype="float32", num_classes=0):
    """Build a network with newly initialized weights.

    Args:
        name: Key in `ARCHITECTURES`.
        prediction: Key in `PREDICTIONS`; None selects the architecture's default.
        dtype: Keras dtype policy, for example "float32" or "mixed_bfloat16". Weights and
            predictions are always float32.
        num_classes: If positive, the network has a second output: logits for this many classes.

    Returns:
        `keras.Model`.

    Raises:
        UserError: The name or prediction is unknown, or `num_classes` is positive but the
            architecture has no class head.

    >>> build_network("baseline").count_params()
    9440256
    """
    name, prediction = choose_architecture(name, prediction)
    _check_keras()
    backbone = ARCHITECTURES[name].backbone
    options = {"backbone": backbone} if backbone else {}
    if num_classes:
        check_class_head(name)
        options["num_classes"] = num_classes
    with _dtype_policy(dtype):
        return ARCHITECTURES[name].constructor(prediction=prediction, **options)


def check_image_size(network, height, width):
    """Raise `UserError` if a network from `build_network` does not accept images of this size."""
    _, expected_height, expected_width, _ = network.inputs[0].shape
    if expected_height not in (None, height) or expected_width not in (None, width):
        raise UserError(
            f"images of {height}x{width} pixels for the {network.name!r} architecture",
            f"{expected_height}x{expected_width} pixels",
            "Choose a different --image-size, or an architecture for any image size, such as unet.",
        )


def _check_keras():
    received = keras.config.backend(), keras.config.image_data_format()
    if received != ("tensorflow", "channels_last"):
        raise UserError(
            f"Keras with backend {received[0]!r} and image data format {received[1]!r}",
            "backend 'tensorflow' and image data format 'channels_last'",
            "Set KERAS_BACKEND=tensorflow, and correct both values in ~/.keras/keras.json.",
        )


@contextlib.contextmanager
def _dtype_policy(dtype):
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(previous)


def choose_architecture(name=None, prediction=None, objective=None):
    """Choose an architecture and prediction that match the given names; None matches any.

    Prefers the default architecture, then earlier entries in `ARCHITECTURES`. Returns
    `(name, prediction)`.

    Raises:
        UserError: A name is unknown or the combination is not supported.

    >>> choose_architecture("unet"), choose_architecture(objective="flow")
    (('unet', 'chroma'), ('flow_unet', 'velocity'))
    """
    chosen = {"architecture": name, "prediction": prediction, "objective": objective}
    chosen = {kind: value for kind, value in chosen.items() if value is not None}
    known = {
        "architecture": ARCHITECTURES,
        "prediction": PREDICTIONS,
        "objective": dict.fromkeys(entry.objective for entry in PREDICTIONS.values()),
    }
    for kind, value in chosen.items():
        check_choice(kind, value, known[kind])
    for candidate in [DEFAULT_ARCHITECTURE, *ARCHITECTURES] if name is None else [name]:
        for possible in ARCHITECTURES[candidate].predictions:
            possible_objective = PREDICTIONS[possible].objective
            if prediction in (None, possible) and objective in (None, possible_objective):
                return candidate, possible
    raise UserError(
        ", ".join(f"{kind} {value!r}" for kind, value in chosen.items()),
        "a supported combination: "
        + "; ".join(f"{name} with {_predictions_of(name)}" for name in ARCHITECTURES),
        "Omit one of them.",
    )


def _predictions_of(name):
    return " or ".join(
        f"{prediction} ({PREDICTIONS[prediction].objective})"
        for prediction in ARCHITECTURES[name].predictions
    )


def check_class_head(name):
    """Raise `UserError` if an architecture has no class head."""
    if not ARCHITECTURES[name].has_class_head:
        raise UserError(
            f"--aux-class-loss-weight for the {name!r} architecture, which has no class head",
            "one of " + ", ".join(n for n, a in ARCHITECTURES.items() if a.has_class_head),
            "Omit --aux-class-loss-weight or choose one of these architectures.",
        )
