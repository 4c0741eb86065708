"""Rebuild trainable Keras networks from exports and `.keras` files."""

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
from colorkeras.models.predictions import PREDICTIONS
from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import quoted

_COLOR_SETTINGS = ("flip_tta", "sampling_steps", "guidance_scale", "temperature")
"""Fields of `TrainingConfig` that decide how an export colors."""


def load(model):
    """Load a trained network that can be trained further.

    Args:
        model: Name of a bundled model, folder of an export, or path of a run's `.keras` file.

    Returns:
        float32 `keras.Model`, as `build_network` returns it.

    Raises:
        UserError: There is no such model, or this version has no such architecture.
    """
    path = bundled.resolve(model)
    return _from_keras_file(path) if path.suffix == ".keras" else rebuild(saved_model.load(path))[0]


def _from_keras_file(path):
    try:
        network = keras.saving.load_model(path, compile=False)
        if network.name not in ARCHITECTURES or network.output_names[0] not in PREDICTIONS:
            raise ValueError(f"it holds a model named {network.name!r}")
        rebuilt = build_network(network.name, network.output_names[0])
        _assign(rebuilt.weights, network.get_weights())
    except Exception as error:  # Keras raises whatever its parsers raise.
        raise _unusable(path, error) from error
    return rebuilt


def rebuild(model):
    """Rebuild the network and the objective behind a SavedModel.

    Args:
        model: `saved_model.ExportedModel`.

    Returns:
        `(network, objective)`: the network as for `load`, and the `Objective` that colors as the
        export does.

    Raises:
        UserError: This version has no such architecture, or the metadata is incomplete.
    """
    architecture, output = model.metadata["architecture"], model.metadata["prediction"]
    try:
        if "priors" in model.metadata:
            chroma_bins.check_priors(model.metadata["priors"])
        network = build_network(architecture, output)
        settings = TrainingConfig(**_color_settings(model.path, model.metadata))
        objective = objectives.create(output, settings)
        values = [variable.numpy() for variable in model.signature.variables]
        _assign(_in_order_of_use(network, objective), values)
        _check_equal(network, objective, model)
    except UserError:
        raise
    except Exception as error:
        raise _unusable(model.path, error) from error
    return network, objective


def color_settings(model):
    """Return the settings, besides its weights, with which a trained model colors.

    Args:
        model: As for `load`.

    Returns:
        Dict from field of `TrainingConfig` to value; empty for a `.keras` file, which holds weights
        only.

    Raises:
        UserError: The metadata lacks one of them.
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

    An export lists its variables in that order. A SavedModel numbers layers differently, so names
    do not match.
    """
    _, height, width, _ = network.inputs[0].shape

    def color(grayscale):
        seeds = tf.zeros(tf.shape(grayscale)[:1], tf.int32)
        return objective.colorize(network, grayscale, seeds, objective.temperature)

    grayscale = tf.TensorSpec([None, height, width, 1], tf.float32)
    function = tf.function(color).get_concrete_function(grayscale)
    weights = {id(weight.value.handle): weight for weight in network.weights}
    return [weights[id(handle)] for handle in function.captured_inputs if id(handle) in weights]


def _check_equal(network, objective, model):
    """Raise ValueError unless network and export color random images alike."""
    size = model.image_size or 16
    images = np.random.default_rng(0).random((2, size, size, 1), np.float32)
    # Sampling starts at noise, which another version may draw differently, except at 0.
    temperature = 0.0 if objective.is_stochastic else objective.temperature
    colored = objective.colorize(network, images, tf.zeros([2], tf.int32), temperature)
    expected = model.color(images, temperature=temperature if objective.is_stochastic else None)
    difference = np.abs(colored - expected).max()
    if not difference < 1e-3:
        raise ValueError(f"rebuilt from its weights it colors differently, by {difference}")


def _unusable(path, error):
    return UserError(
        f"the model {quoted(Path(path))}, whose network cannot be rebuilt ({one_line(error)})",
        "a bundled model's name, an export's folder or a run's model.keras, of this version",
        f"Choose a model whose architecture is one of {', '.join(ARCHITECTURES)}.",
    )
