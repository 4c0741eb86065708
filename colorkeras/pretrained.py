"""Trained networks to start from: the way back from files to Keras."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from colorkeras import architectures, export, shipped
from colorkeras.architectures import ARCHITECTURES
from colorkeras.errors import UserError, one_line
from colorkeras.outputs import OUTPUTS


def load(model):
    """Loads a trained network, ready to be trained further.

    Args:
        model: The name of a shipped model, the folder of an export, or the path of a `.keras`
            file that a run left.

    Returns:
        float32 `keras.Model` as from `architectures.build`.

    Raises:
        UserError: There is none, or it is not one of this version's architectures.
    """
    path = shipped.resolve(model)
    return _from_keras_file(path) if path.suffix == ".keras" else _from_export(export.load(path))


def _from_keras_file(path):
    try:
        network = keras.saving.load_model(path, compile=False)
        if network.name not in ARCHITECTURES or network.output_names[0] not in OUTPUTS:
            raise ValueError(f"it holds a model named {network.name!r}")
        return _with_weights(network.name, network.output_names[0], network.get_weights())
    except Exception as error:  # Keras raises what its parsers stumble over.
        raise _unusable(path, error) from error


def _from_export(model):
    architecture, output = model.metadata["architecture"], model.metadata["output"]
    try:
        values = [variable.numpy() for variable in model.signature.variables]
        network = _with_weights(architecture, output, values, order=_order_of_use)
        _check_equal(network, model)
    except Exception as error:
        raise _unusable(model.path, error) from error
    return network


def _with_weights(architecture, output, values, order=lambda network: network.weights):
    network = architectures.build(architecture, output)
    for variable, value in zip(order(network), values, strict=True):
        variable.assign(value)
    return network


def _order_of_use(network):
    """The network's weights as a traced function meets them, which is how an export lists them.

    A SavedModel numbers its layers otherwise, so names do not tell.
    """
    _, height, width, _ = network.input_shape
    traced = tf.function(lambda grayscale: network(grayscale, training=False))
    function = traced.get_concrete_function(tf.TensorSpec([None, height, width, 1], tf.float32))
    weights = {id(weight.value.handle): weight for weight in network.weights}
    return [weights[id(handle)] for handle in function.captured_inputs]


def _check_equal(network, model):
    """Raises ValueError unless network and export color noise alike."""
    size = model.image_size or 16
    noise = np.random.default_rng(0).random((2, size, size, 1), np.float32)
    decode = OUTPUTS[architectures.output_name(network)].decode
    difference = np.abs(decode(noise, network(noise, training=False)) - model.color(noise)).max()
    if not difference < 1e-3:
        raise ValueError(f"rebuilt from its weights it colors differently, by {difference}")


def _unusable(path, error):
    return UserError(
        f"the model {str(Path(path))!r}, from which training cannot start ({one_line(error)})",
        "a shipped model's name, an export's folder or a run's model.keras, of this version",
        f"Use one whose architecture is one of {', '.join(ARCHITECTURES)}.",
    )
