"""Auxiliary class head: logits of the image's class, learned beside the colors.

Reference: Iizuka, Simo-Serra, Ishikawa, "Let there be color!", ACM Transactions on Graphics 35
(SIGGRAPH), 2016: classifying the scene improves the predicted colors.
"""

import keras
from keras import layers

CLASSES = "classes"
"""Name of the layer that outputs the logits."""

NUM_CLASSES = 10
"""Number of classes of CIFAR-10."""


def class_head(features, num_classes, trainable=True):
    """Apply the class head; its zero initial weights give every class the same probability.

    Args:
        features: Tensor `[batch, channels]`, pooled over the image.
        num_classes: Number of classes.
        trainable: Whether the layer is trained.

    Returns:
        Logits, float32 `[batch, num_classes]`.
    """
    return layers.Dense(
        num_classes, kernel_initializer="zeros", dtype="float32", name=CLASSES, trainable=trainable
    )(features)


def remove_class_head(network):
    """Return the network without the logits of its class head; variables are shared.

    Args:
        network: From `build_network`, with or without a class head.
    """
    if len(network.outputs) == 1:
        return network
    return keras.Model(network.input, network.outputs[0], name=network.name)


def reset_class_head(network):
    """Reset the weights of the class head to their initial zeros.

    For training without labels from a checkpoint: without supervision the head would keep
    classifying features that have changed.
    """
    for weight in network.weights:
        if CLASSES in weight.path.split("/"):
            weight.assign(keras.ops.zeros_like(weight))
