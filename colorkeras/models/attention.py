"""Self-attention over feature maps."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable("colorkeras")
class SelfAttention(layers.Layer):
    """Pre-norm multi-head self-attention over all positions, with a residual connection.

    Args:
        num_heads: Number of attention heads; must divide the number of channels evenly.

    Input and output shape: `[batch, h, w, channels]`.

    Reference: Vaswani et al., "Attention is all you need", NeurIPS 2017.
    """

    def __init__(self, num_heads=4, **kwargs):
        super().__init__(**kwargs)
        self.num_heads = num_heads

    def build(self, input_shape):
        channels, policy = input_shape[-1], self.dtype_policy
        self.norm = layers.LayerNormalization(epsilon=1e-5, dtype=policy)
        self.qkv = layers.Dense(3 * channels, use_bias=False, dtype=policy)
        # With small initial weights, the layer starts out close to the identity.
        initializer = keras.initializers.VarianceScaling(0.05)
        self.project = layers.Dense(channels, kernel_initializer=initializer, dtype=policy)
        for layer in (self.norm, self.qkv, self.project):
            layer.build(input_shape)

    def call(self, inputs):
        shape, channels = tf.shape(inputs), inputs.shape[-1]
        cells, dim = shape[1] * shape[2], channels // self.num_heads
        qkv = self.qkv(self.norm(inputs))
        qkv = tf.reshape(qkv, [shape[0], cells, 3 * self.num_heads, dim])
        queries, keys, values = tf.split(tf.transpose(qkv, [0, 2, 1, 3]), 3, axis=1)
        scores = tf.matmul(queries, keys, transpose_b=True) * (dim**-0.5)
        mixed = tf.matmul(tf.nn.softmax(scores), values)
        mixed = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), shape)
        return inputs + self.project(tf.ensure_shape(mixed, inputs.shape))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "num_heads": self.num_heads}
