"""Trained networks to start from: the way back from files to Keras."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from colorkeras import objectives
from colorkeras.color import chroma_bins
from colorkeras.config.training_config import TrainingConfig
from colorkeras.export import bundled, saved_model
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.models.build import build_network
from colorkeras.models.predictions import PREDICTIONS
from colorkeras.utils.errors import UserError, one_line

COLOR_SETTINGS = ("flip_tta", "sampling_steps", "guidance_scale", "temperature")
"""Fields of `TrainingConfig` that decide how an export colors."""


def load(model):
    """Loads a trained network, ready to be trained further.

    Args:
        model: The name of a bundled model, the folder of an export, or the path of a `.keras`
            file that a run left.

    Returns:
        float32 `keras.Model` as from `build_network`.

    Raises:
        UserError: There is none, or it is not one of this version's architectures.
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
    except Exception as error:  # Keras raises what its parsers stumble over.
        raise _unusable(path, error) from error
    return rebuilt


def rebuild(model):
    """The network and the objective behind a SavedModel.

    Args:
        model: `export.ExportedModel`.

    Returns:
        `(network, objective)`: as for `load`, and the `Objective` that colors as the export does.

    Raises:
        UserError: It is not one of this version's architectures.
    """
    architecture, output = model.metadata["architecture"], model.metadata["prediction"]
    try:
        if "priors" in model.metadata:
            chroma_bins.check_priors(model.metadata["priors"])
        network = build_network(architecture, output)
        objective = objectives.create(output, _settings(model.metadata))
        values = [variable.numpy() for variable in model.signature.variables]
        _assign(_in_order_of_use(network, objective), values)
        _check_equal(network, objective, model)
    except UserError:
        raise
    except Exception as error:
        raise _unusable(model.path, error) from error
    return network, objective


def color_settings(model):
    """How a trained model colors, beside its weights.

    Args:
        model: As for `load`.

    Returns:
        Dict by fields of `TrainingConfig`, those of `COLOR_SETTINGS` that its export tells; of a
        `.keras` file, which holds weights only, none.
    """
    path = bundled.resolve(model)
    return {} if path.suffix == ".keras" else _told(saved_model.read_metadata(path))


def _told(metadata):
    return {name: metadata[name] for name in COLOR_SETTINGS if name in metadata}


def _settings(metadata):
    return TrainingConfig(**_told(metadata))


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _in_order_of_use(network, objective):
    """The network's weights as a traced function meets them, which is how an export lists them.

    A SavedModel numbers its layers otherwise, so names do not tell.
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
    """Raises ValueError unless network and export color noise alike."""
    size = model.image_size or 16
    noise = np.random.default_rng(0).random((2, size, size, 1), np.float32)
    # Models that sample start at noise, which another version may draw otherwise, but not at 0.
    temperature = 0.0 if objective.is_stochastic else objective.temperature
    colored = objective.colorize(network, noise, tf.zeros([2], tf.int32), temperature)
    expected = model.color(noise, temperature=temperature if objective.is_stochastic else None)
    difference = np.abs(colored - expected).max()
    if not difference < 1e-3:
        raise ValueError(f"rebuilt from its weights it colors differently, by {difference}")


def _unusable(path, error):
    return UserError(
        f"the model {str(Path(path))!r}, whose network cannot be rebuilt ({one_line(error)})",
        "a bundled model's name, an export's folder or a run's model.keras, of this version",
        f"Use one whose architecture is one of {', '.join(ARCHITECTURES)}.",
    )
