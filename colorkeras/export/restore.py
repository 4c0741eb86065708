"""Restore trainable Keras networks from exports and `.keras` files."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from colorkeras import objectives
from colorkeras.color import chroma_bins
from colorkeras.config.training_config import TrainingConfig
from colorkeras.export import bundled, saved_model
from colorkeras.export.metadata import read_metadata, require_keys
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.models.build import build_network
from colorkeras.models.predictions import PREDICTIONS, prediction_name
from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import quoted

_COLOR_SETTINGS = ("flip_tta", "sampling_steps", "guidance_scale", "temperature")
"""`TrainingConfig` fields that affect an export's colors."""


def load(model):
    """Load the network of a trained model for further training; see `build_network`.

    Args:
        model: Name of a bundled model, or path to an export or to a run's `.keras` file.

    Raises:
        UserError: The model does not exist, or this version does not support its architecture.
    """
    path = bundled.resolve(model)
    return _from_keras_file(path) if path.suffix == ".keras" else rebuild(saved_model.load(path))[0]


def _from_keras_file(path):
    try:
        network = keras.saving.load_model(path, compile=False)
        if network.name not in ARCHITECTURES or prediction_name(network) not in PREDICTIONS:
            raise ValueError(f"it contains a model named {network.name!r}")
        rebuilt = build_network(network.name, prediction_name(network))
        _assign(rebuilt.weights, network.get_weights())
    except Exception as error:  # Keras may raise anything.
        raise _unusable(path, error) from error
    return rebuilt


def rebuild(model):
    """Rebuild the network (see `load`) and the `Objective` of an `ExportedModel`.

    Raises:
        UserError: This version does not support the architecture, or the metadata is incomplete.
    """
    architecture, output = model.metadata["architecture"], model.metadata["prediction"]
    try:
        if "priors" in model.metadata:
            chroma_bins.check_priors(model.metadata["priors"])
        network = build_network(architecture, output)
        settings = TrainingConfig(**_color_settings(model.path, model.metadata))
        priors = model.metadata.get("priors")
        objective = objectives.create(output, settings, priors=priors)
        values = [variable.numpy() for variable in model.signature.variables]
        if ARCHITECTURES[architecture].has_half_precision_export:
            _assign(network.weights, values)
        else:
            _assign(_in_order_of_use(network, objective), values)
        _check_equal(network, objective, model)
    except UserError:
        raise
    except Exception as error:
        raise _unusable(model.path, error) from error
    return network, objective


def color_settings(model):
    """Return the config fields that affect a trained model's colors, as a dict; see `load`.

    The dict is empty for `.keras` files, which do not contain these settings. Raises `UserError` if
    a setting is missing from the metadata.
    """
    path = bundled.resolve(model)
    return {} if path.suffix == ".keras" else _color_settings(path, read_metadata(path))


def _color_settings(path, metadata):
    output = PREDICTIONS.get(metadata["prediction"])
    kind = output and output.objective
    keys = [name for name in _COLOR_SETTINGS if name in objectives.SETTINGS.get(kind, ())]
    require_keys(path, metadata, keys)
    return {key: metadata[key] for key in keys}


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _in_order_of_use(network, objective):
    """Return the network's weights in the order in which a traced function captures them.

    The variables of an export are listed in this order. They cannot be matched by name because
    layers are numbered differently in SavedModels.
    """
    _, height, width, _ = network.inputs[0].shape

    def color(grayscale):
        seeds = tf.zeros(tf.shape(grayscale)[:1], tf.int32)
        return objective.colorize(network, grayscale, seeds, objective.temperature)

    grayscale = tf.TensorSpec([None, height, width, 1], tf.float32)
    function = tf.function(color, autograph=False).get_concrete_function(grayscale)
    weights = {id(weight.value.handle): weight for weight in network.weights}
    return [weights[id(handle)] for handle in function.captured_inputs if id(handle) in weights]


def _check_equal(network, objective, model):
    """Raise ValueError unless the network and the export give random images the same colors."""
    size = model.image_size or 16
    images = np.random.default_rng(0).random((2, size, size, 1), np.float32)
    # Another version may draw different initial noise; at temperature 0, there is no noise.
    temperature = 0.0 if objective.is_stochastic else objective.temperature
    colored = objective.colorize(network, images, tf.zeros([2], tf.int32), temperature)
    expected = model.color(images, temperature=temperature if objective.is_stochastic else None)
    difference = np.abs(colored - expected).max()
    if not difference < 1e-3:
        raise ValueError(f"the colors of the rebuilt network differ by {difference}")


def _unusable(path, error):
    return UserError(
        f"the model {quoted(Path(path))}, whose network cannot be rebuilt ({one_line(error)})",
        "a bundled model, or an export or model.keras written by this version of colorkeras",
        f"Choose a model with one of these architectures: {', '.join(ARCHITECTURES)}.",
    )
