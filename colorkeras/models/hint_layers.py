"""Layers that propagate color hints across an image."""

import math

import keras
import tensorflow as tf
from keras import layers

CHROMA_SCALE = 4.0
"""Scale factor that gives the chroma of pooled hints approximately unit variance."""


@keras.saving.register_keras_serializable("colorkeras")
class HintPyramid(layers.Layer):
    """Pool hints to several strides by mask-weighted averaging.

    Args:
        strides: Ascending powers of 2.

    Input shape: `[batch, h, w, 3]`, Cb and Cr in `[-0.5, 0.5]` and a mask in `[0, 1]`.
    Output shapes: list of `[batch, h // stride, w // stride, 4]`. The channels are mean Cb and Cr
    times `CHROMA_SCALE` (0 without a hint), an indicator (1 with a hint, 0 without), and the square
    root of the mean mask.

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
    """Propagate hints to nearby positions that look similar.

    Each position attends to the positions with hints. The attention score is the similarity of the
    projected features minus the squared distance times a learned factor. A learned null key lets a
    position ignore all hints.

    Args:
        num_heads: Number of attention heads.
        head_dim: Number of query and key channels per head.
        max_hints: Maximum number of positions with hints per image; any others are ignored.

    Input shapes: features `[batch, h, w, channels]` and pooled hints `[batch, h, w, 4]` from
    `HintPyramid`. Output shape: `[batch, h, w, 3 * num_heads]`. For each head, the channels are the
    attention-weighted sums of the hints' Cb and Cr, and the total attention to hints in `[0, 1]`.
    """

    def __init__(self, num_heads=4, head_dim=16, max_hints=64, **kwargs):
        super().__init__(**kwargs)
        self.num_heads, self.head_dim, self.max_hints = num_heads, head_dim, max_hints
        # XLA requires static shapes, but the number of images with hints varies.
        self.supports_jit = False

    def build(self, input_shape):
        channels, heads = input_shape[0][-1], self.num_heads
        self.project = self.add_weight(
            name="project",
            shape=(channels, 2 * heads * self.head_dim),
            initializer="glorot_uniform",
        )
        # Initialize the heads to Gaussians with standard deviations of about 2, 4, 8 and 16
        # positions.
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
        # Skip images without hints, which make up half of each training batch.
        hinted = tf.where(tf.reduce_any(hints[..., 2] > 0, axis=1))[:, 0]
        # Use a convolution because tf.matmul of small batches by a single matrix crashes in oneDNN
        # (TensorFlow 2.21), and ONNX cannot reshape the empty batches of tf.tensordot.
        project = tf.cast(self.project, features.dtype)[tf.newaxis, tf.newaxis]
        projected = tf.nn.conv2d(features, project, strides=1, padding="VALID")
        projected = tf.reshape(projected, [shape[0], cells, project.shape[-1]])
        spread = self._attend(tf.gather(projected, hinted), tf.gather(hints, hinted), shape[2])
        size = tf.cast([shape[0], cells, channels], hinted.dtype)
        spread = tf.scatter_nd(hinted[:, tf.newaxis], spread, size)
        return tf.reshape(spread, [shape[0], shape[1], shape[2], channels])

    def _attend(self, projected, hints, width):
        """Propagate hints within images that have at least one hint.

        Args:
            projected: Queries and keys, `[batch, cells, 2 * num_heads * head_dim]`.
            hints: `[batch, cells, 4]`.
            width: Number of cells per row, int32 scalar.

        Returns:
            `[batch, cells, 3 * num_heads]`.
        """
        shape, heads = tf.shape(projected), self.num_heads
        queries, keys = tf.split(projected, 2, axis=-1)
        places = self._select(hints)
        selected = tf.gather(hints, places, batch_dims=1)
        queries = self._split_heads(queries)
        keys = self._split_heads(tf.gather(keys, places, batch_dims=1))
        scores = tf.matmul(queries, keys, transpose_b=True) * (self.head_dim**-0.5)
        scores += tf.cast(self._distance_bias(shape[1], places, width), scores.dtype)
        # Use expand_dims because LiteRT cannot add axes when slicing, and ONNX cannot infer a size
        # when reshaping an empty tensor.
        scores += (tf.expand_dims(tf.expand_dims(selected[..., 2], 1), 1) - 1) * 1e4
        null = tf.cast(self.null, scores.dtype)[:, tf.newaxis, tf.newaxis]
        null = tf.broadcast_to(null, [shape[0], heads, shape[1], 1])
        attention = tf.nn.softmax(tf.concat([scores, null], axis=-1))[..., :-1]
        spread = tf.matmul(attention, tf.tile(selected[..., :3][:, tf.newaxis], [1, heads, 1, 1]))
        return tf.reshape(tf.transpose(spread, [0, 2, 1, 3]), [shape[0], shape[1], 3 * heads])

    def _select(self, hints):
        """Return the indices of the cells with the largest masks, int32 `[batch, k]`."""
        cells = tf.shape(hints)[1]
        # Multiples of the golden ratio break ties so that selected positions are scattered.
        scatter = tf.math.floormod(0.618034 * tf.cast(tf.range(cells), tf.float32), 1.0)
        priority = tf.cast(hints[..., 2], tf.float32) * (1 + tf.cast(hints[..., 3], tf.float32))
        count = tf.minimum(self.max_hints, cells)
        return tf.math.top_k(priority + 0.2 * scatter, count, sorted=False).indices

    def _split_heads(self, x):
        shape = tf.shape(x)
        x = tf.reshape(x, [shape[0], shape[1], self.num_heads, self.head_dim])
        return tf.transpose(x, [0, 2, 1, 3])

    def _distance_bias(self, cells, places, width):
        """Return negated and scaled squared distances, float32 `[batch, heads, cells, k]`."""
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
