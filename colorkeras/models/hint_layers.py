"""Layers that feed color hints into a network and spread them over the image."""

import math

import keras
import tensorflow as tf
from keras import layers

CHROMA_SCALE = 4.0
"""Factor of chroma in pooled hints, which brings it close to unit scale."""


@keras.saving.register_keras_serializable("colorkeras")
class HintPyramid(layers.Layer):
    """Pool hints to several strides by means weighted with the mask.

    Args:
        strides: Ascending powers of 2.

    Input shape: `[batch, h, w, 3]`: Cb and Cr in `[-0.5, 0.5]` and a mask in `[0, 1]`. Output
    shapes: list of `[batch, h // stride, w // stride, 4]`: mean Cb and Cr times `CHROMA_SCALE`, 0
    without a hint; 1 if there is a hint, else 0; the square root of the mean mask.

    Example:

    >>> [hints.shape for hints in HintPyramid([4, 8])(tf.zeros([1, 16, 8, 3]))]
    [TensorShape([1, 4, 2, 4]), TensorShape([1, 2, 1, 4])]
    """

    def __init__(self, strides=(4, 8, 16, 32), **kwargs):
        super().__init__(**kwargs)
        self.strides = tuple(strides)

    def call(self, hints):
        hints = tf.cast(hints, tf.float32)
        mask = tf.clip_by_value(hints[..., 2:], 0.0, 1.0)
        means = tf.concat([hints[..., :2] * mask, mask], axis=-1)
        pooled, stride = [], 1
        for next_stride in self.strides:
            factor, stride = next_stride // stride, next_stride
            means = tf.nn.avg_pool2d(means, factor, factor, "VALID")
            pooled.append(tf.cast(self._normalize(means), self.compute_dtype))
        return pooled

    def _normalize(self, means):
        mask = means[..., 2:]
        present = tf.cast(mask > 1e-6, tf.float32)
        chroma = tf.math.divide_no_nan(means[..., :2] * present, mask)
        return tf.concat([CHROMA_SCALE * chroma, present, tf.sqrt(mask)], axis=-1)

    def compute_output_shape(self, input_shape):
        batch, *sizes, _ = input_shape
        return [(batch, *(size and size // stride for size in sizes), 4) for stride in self.strides]

    def get_config(self):
        return {**super().get_config(), "strides": self.strides}


@keras.saving.register_keras_serializable("colorkeras")
class HintAttention(layers.Layer):
    """Spread hints to positions that look similar and are close.

    Each position attends to the positions with a hint. Scores are the similarity of projected
    features minus a squared distance with a learned scale. A learned null key stands for "no hint
    applies".

    Args:
        num_heads: Number of attention heads.
        head_dim: Channels of queries and keys per head.
        max_hints: Maximum number of positions with hints per image; others are ignored.

    Input shapes: features `[batch, h, w, channels]` and pooled hints `[batch, h, w, 4]` from
    `HintPyramid`. Output shape: `[batch, h, w, 3 * num_heads]`: for each head, the mean chroma of
    the hints times their share of the attention, and that share, in `[0, 1]`.
    """

    def __init__(self, num_heads=4, head_dim=16, max_hints=64, **kwargs):
        super().__init__(**kwargs)
        self.num_heads, self.head_dim, self.max_hints = num_heads, head_dim, max_hints

    def build(self, input_shape):
        channels, heads = input_shape[0][-1], self.num_heads
        self.project = self.add_weight(
            name="project",
            shape=(channels, 2 * heads * self.head_dim),
            initializer="glorot_uniform",
        )
        # Standard deviations of about 2, 4, 8 and 16 positions.
        self.log_decay = self.add_weight(
            name="log_decay",
            shape=(heads,),
            initializer=lambda shape, dtype=None: tf.constant(
                [math.log(0.5 * 4.0 ** -(head % 4 + 1)) for head in range(heads)], dtype
            ),
        )
        initializer = keras.initializers.Constant(-4.0)
        self.null = self.add_weight(name="null", shape=(heads,), initializer=initializer)

    def call(self, inputs):
        features, hints = inputs
        shape = tf.shape(features)
        cells, channels = shape[1] * shape[2], 3 * self.num_heads
        hints = tf.reshape(hints, [shape[0], cells, 4])
        # Skip images without hints, which are half of a training batch.
        hinted = tf.where(tf.reduce_any(hints[..., 2] > 0, axis=1))[:, 0]
        rows = tf.reshape(features, [shape[0], cells, features.shape[-1]])
        spread = self._attend(tf.gather(rows, hinted), tf.gather(hints, hinted), shape[2])
        size = tf.cast([shape[0], cells, channels], hinted.dtype)
        spread = tf.scatter_nd(hinted[:, tf.newaxis], spread, size)
        return tf.reshape(spread, [shape[0], shape[1], shape[2], channels])

    def _attend(self, features, hints, width):
        """Spread the hints of images that have some.

        Args:
            features: `[batch, cells, channels]`.
            hints: `[batch, cells, 4]`.
            width: Cells per row, int32 scalar.

        Returns:
            `[batch, cells, 3 * num_heads]`.
        """
        shape, heads, dim = tf.shape(features), self.num_heads, self.head_dim
        project = tf.cast(self.project, features.dtype)
        places = self._select(hints)
        selected = tf.gather(hints, places, batch_dims=1)
        queries = self._split_heads(tf.matmul(features, project[:, : heads * dim]))
        keys = tf.gather(features, places, batch_dims=1)
        keys = self._split_heads(tf.matmul(keys, project[:, heads * dim :]))
        scores = tf.matmul(queries, keys, transpose_b=True) * (dim**-0.5)
        scores += tf.cast(self._distance_bias(shape[1], places, width), scores.dtype)
        scores += (selected[:, tf.newaxis, tf.newaxis, :, 2] - 1) * 1e4
        null = tf.cast(self.null, scores.dtype)[:, tf.newaxis, tf.newaxis]
        null = tf.broadcast_to(null, [shape[0], heads, shape[1], 1])
        attention = tf.nn.softmax(tf.concat([scores, null], axis=-1))[..., :-1]
        spread = tf.matmul(attention, tf.tile(selected[:, tf.newaxis, :, :3], [1, heads, 1, 1]))
        return tf.reshape(tf.transpose(spread, [0, 2, 1, 3]), [shape[0], shape[1], 3 * heads])

    def _select(self, hints):
        """Return cells with the largest masks, int32 `[batch, k]`."""
        cells = tf.shape(hints)[1]
        # Multiples of the golden ratio scatter ties over the image.
        scatter = tf.math.floormod(0.618034 * tf.cast(tf.range(cells), tf.float32), 1.0)
        priority = tf.cast(hints[..., 2], tf.float32) * (1 + tf.cast(hints[..., 3], tf.float32))
        count = tf.minimum(self.max_hints, cells)
        return tf.math.top_k(priority + 0.2 * scatter, count, sorted=False).indices

    def _split_heads(self, x):
        shape = tf.shape(x)
        x = tf.reshape(x, [shape[0], shape[1], self.num_heads, self.head_dim])
        return tf.transpose(x, [0, 2, 1, 3])

    def _distance_bias(self, cells, places, width):
        """Return the negative scaled squared distances, float32 `[batch, heads, cells, k]`."""
        index, places = tf.range(cells)[:, tf.newaxis], places[:, tf.newaxis]
        down = tf.cast(index // width - places // width, tf.float32)
        across = tf.cast(index % width - places % width, tf.float32)
        squared = tf.square(down) + tf.square(across)
        decay = tf.exp(tf.cast(self.log_decay, tf.float32))
        return -decay[:, tf.newaxis, tf.newaxis] * squared[:, tf.newaxis]

    def compute_output_shape(self, input_shape):
        return (*input_shape[0][:3], 3 * self.num_heads)

    def get_config(self):
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "head_dim": self.head_dim,
            "max_hints": self.max_hints,
        }
