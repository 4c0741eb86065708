"""Initialize networks that have a pretrained backbone."""

import tensorflow as tf

from colorkeras.color.resampling import ceil_divide
from colorkeras.color.spaces import from_uint8, luma
from colorkeras.data import evaluation_batches
from colorkeras.export import restore
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.models.architectures.hint_unet import BACKBONE, DECODER, backbone_features
from colorkeras.models.backbones import BACKBONES
from colorkeras.utils.errors import UserError

NUM_IMAGES = 256
"""Maximum number of training images used by `standardize`."""

_BATCH_SIZE = 32


def trainable_variables(network):
    """Return the trainable variables of a network's backbone, or [] if it has no backbone."""
    if ARCHITECTURES[network.name].backbone is None:
        return []
    return network.get_layer(BACKBONE).trainable_variables


def load_weights(network, file_or_model):
    """Load weights into a network's backbone.

    Args:
        network: Network from `build_network` with a backbone.
        file_or_model: Path to the backbone's `.npz` file, or a trained model (see `restore.load`).

    Raises:
        UserError: The file cannot be read, or the weights are for a different backbone.
    """
    name, backbone = ARCHITECTURES[network.name].backbone, network.get_layer(BACKBONE)
    if file_or_model.endswith(".npz"):
        BACKBONES[name].load_weights(backbone, file_or_model)
        return
    trained = restore.load(file_or_model)
    if ARCHITECTURES[trained.name].backbone != name:
        raise UserError(
            f"--backbone-weights {file_or_model}, which has the {trained.name!r} architecture",
            f"an .npz file, or a model with the {name} backbone",
            "Choose another file or model.",
        )
    backbone.set_weights(trained.get_layer(BACKBONE).get_weights())


def standardize(network, source):
    """Fit the decoder's `Standardize` layers to the backbone's features on a subset of images.

    Args:
        network: Network from `build_network` with a backbone.
        source: `Source` of training images.
    """
    moments = {}
    step = ceil_divide(source.num_examples, NUM_IMAGES)
    for images in evaluation_batches(source, _BATCH_SIZE, step=step):
        batch_features = backbone_features(network, luma(from_uint8(images)))
        for stride, features in batch_features.items():
            mean, variance = tf.nn.moments(tf.cast(features, tf.float32), [0, 1, 2])
            moments.setdefault(stride, []).append([mean, variance + tf.square(mean)])
    for stride, values in moments.items():
        mean, square = tf.unstack(tf.reduce_mean(values, axis=0))
        # Avoid division by zero for constant channels.
        deviation = tf.sqrt(tf.nn.relu(square - tf.square(mean))) + 1e-3
        layer = network.get_layer(DECODER).get_layer(f"standardize{stride}")
        layer.set_weights([1 / deviation, -mean / deviation])
