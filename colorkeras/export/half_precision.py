"""Store weights as float16 to halve the size of an export."""

import keras
import tensorflow as tf


class HalfPrecisionNetwork:
    """Wrapper for a network that stores the weights as float16 and computes in float32.

    The network is traced once, and all endpoints share the graph.

    Args:
        network: float32 `keras.Model` that accepts images of any size.
    """

    def __init__(self, network):
        self.inputs = network.inputs
        self._network = network
        self._stored = [
            tf.Variable(tf.cast(weight.value, tf.float16), trainable=False)
            for weight in network.weights
        ]
        self._traced = tf.function(
            self._call,
            input_signature=[[tf.TensorSpec(x.shape, x.dtype) for x in self.inputs]],
            autograph=False,
        )

    def __call__(self, inputs, training=False):
        """Apply the network; `training` must be False."""
        if training:
            raise ValueError(
                "Received training=True for a network with float16 weights. Expected "
                "training=False. Train the original network instead."
            )
        return tf.ensure_shape(self._traced(inputs), self._network.output_shape)

    def get_layer(self, name):
        """Return a function that applies a layer of the network to its inputs."""
        layer = self._network.get_layer(name)
        return lambda inputs: self._with_stored_weights(lambda: layer(inputs, training=False))

    def _call(self, inputs):
        return self._with_stored_weights(lambda: self._network(inputs, training=False))

    def _with_stored_weights(self, function):
        # `restore` depends on the order of the weights.
        values = [tf.cast(variable, tf.float32) for variable in self._stored]
        mapping = list(zip(self._network.weights, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return function()
