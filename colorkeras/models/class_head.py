"""Auxiliary class head that predicts an image's class in addition to its colors.

Reference: Iizuka, Simo-Serra, Ishikawa, "Let there be color!", ACM Transactions on Graphics 35
(SIGGRAPH), 2016. The authors found that scene classification improves the predicted colors.
"""

import keras
from keras import layers

CLASSES = "classes"
"""Name of the layer that outputs the logits."""

NUM_CLASSES = 10
"""Number of classes in CIFAR-10."""


def class_head(features, num_classes, trainable=True):
    """Apply the class head, with zero initial weights so that all classes are equally likely.

    Maps globally pooled features `[batch, channels]` to logits, float32 `[batch, num_classes]`.
    """
    return layers.Dense(
        num_classes, kernel_initializer="zeros", dtype="float32", name=CLASSES, trainable=trainable
    )(features)


def remove_class_head(network):
    """Return a network that shares the given network's variables but outputs no class logits."""
    if len(network.outputs) == 1:
        return network
    return keras.Model(network.input, network.outputs[0], name=network.name)


def reset_class_head(network):
    """Reset the weights of the class head to zero.

    Call this before continuing to train a model without labels. The head is not trained in that
    case, so its old weights would no longer match its input features.
    """
    for weight in network.weights:
        if CLASSES in weight.path.split("/"):
            weight.assign(keras.ops.zeros_like(weight))
