"""Depthwise and 1x1 convolutions whose gradients are fast to compute on CPUs.

TensorFlow uses oneDNN for the forward pass of depthwise convolutions, but generic implementations,
which are several times slower, for their gradients. This module computes input gradients, and the
gradients of filters larger than 3x3, as forward depthwise convolutions. It computes the filter
gradient of a 1x1 convolution as a matrix product. Outputs and gradients match those of the Keras
layers.
"""

import keras
import tensorflow as tf

from colorkeras.color.resampling import ceil_divide


@keras.saving.register_keras_serializable("colorkeras")
class FastDepthwiseConv2D(keras.layers.Layer):
    """Depthwise convolution with a bias and "same" padding.

    Args:
        kernel_size: Odd side length of the kernel in pixels.
        strides: 1 or 2, for both axes.

    Input shape: `[batch, h, w, channels]`. Output shape:
    `[batch, ceil(h / strides), ceil(w / strides), channels]`.

    >>> FastDepthwiseConv2D(3, strides=2)(tf.zeros([1, 5, 8, 4])).shape
    TensorShape([1, 3, 4, 4])
    """

    def __init__(self, kernel_size, strides=1, **kwargs):
        super().__init__(**kwargs)
        self.kernel_size = kernel_size
        self.strides = strides

    def build(self, input_shape):
        channels, size = input_shape[-1], self.kernel_size
        self.kernel = self.add_weight(
            name="kernel", shape=(size, size, channels, 1), initializer="he_uniform"
        )
        self.bias = self.add_weight(name="bias", shape=(channels,), initializer="zeros")

    def call(self, inputs):
        kernel = tf.cast(self.kernel, inputs.dtype)
        outputs = _depthwise(inputs, kernel, self.strides)
        return tf.nn.bias_add(outputs, tf.cast(self.bias, inputs.dtype))

    def compute_output_shape(self, input_shape):
        batch, *sizes, channels = input_shape
        return (batch, *(size and ceil_divide(size, self.strides) for size in sizes), channels)

    def get_config(self):
        return {
            **super().get_config(),
            "kernel_size": self.kernel_size,
            "strides": self.strides,
        }


@keras.saving.register_keras_serializable("colorkeras")
class PointwiseConv2D(keras.layers.Conv2D):
    """1x1 convolution with stride 1.

    Args:
        filters: Number of output channels.
        **kwargs: Arguments for `keras.layers.Conv2D`, except kernel size and strides.

    Input shape: `[batch, h, w, channels]`. Output shape: `[batch, h, w, filters]`.
    """

    def __init__(self, filters, **kwargs):
        kwargs.setdefault("kernel_size", 1)
        super().__init__(filters, **kwargs)

    def convolution_op(self, inputs, kernel):
        return _pointwise(inputs, tf.cast(kernel, inputs.dtype))


def _depthwise(inputs, kernel, stride):
    """Convolve `[batch, h, w, c]` with `[k, k, c, 1]` and "same" padding."""

    @tf.custom_gradient
    def convolve(inputs, kernel):
        outputs = tf.nn.depthwise_conv2d(inputs, kernel, [1, stride, stride, 1], "SAME")

        def gradient(upstream):
            return (
                _input_gradient(upstream, kernel, stride, tf.shape(inputs)),
                _kernel_gradient(inputs, upstream, kernel.shape[0], stride),
            )

        return outputs, gradient

    return convolve(inputs, kernel)


def _input_gradient(upstream, kernel, stride, input_shape):
    if stride == 2:
        # Place the upstream gradient at the centers of the forward pass's windows.
        for axis in (1, 2):
            upstream = _spread(upstream, input_shape[axis], axis)
    return tf.nn.depthwise_conv2d(upstream, kernel[::-1, ::-1], [1, 1, 1, 1], "SAME")


def _spread(values, size, axis):
    """Insert zeros between the values along an axis to expand it to the given size."""
    shape = tf.unstack(tf.shape(values))
    shape[axis] *= 2
    spread = tf.reshape(tf.stack([values, tf.zeros_like(values)], axis=axis + 1), shape)
    # With "same" padding, windows are centered on odd-numbered pixels if the size is even, and on
    # even-numbered pixels if the size is odd.
    padding = [[0, 0]] * 4
    padding[axis] = [1 - size % 2, 0]
    spread = tf.pad(spread, padding)
    return spread[:, :size] if axis == 1 else spread[:, :, :size]


def _kernel_gradient(inputs, upstream, size, stride):
    """Compute the kernel gradient `[k, k, c, 1]` with the method that is fastest on CPUs."""
    if size != 3 and stride == 1:
        return tf.cast(_correlate(inputs, upstream, size), inputs.dtype)
    dtype = inputs.dtype if size == 3 else tf.float32
    gradient = tf.raw_ops.DepthwiseConv2dNativeBackpropFilter(
        input=tf.cast(inputs, dtype),
        filter_sizes=[size, size, inputs.shape[-1], 1],
        out_backprop=tf.cast(upstream, dtype),
        strides=[1, stride, stride, 1],
        padding="SAME",
    )
    return tf.cast(gradient, inputs.dtype)


def _correlate(inputs, upstream, size):
    """Correlate inputs with the upstream gradient using a forward depthwise convolution.

    Each channel of each image becomes one channel of a single image.
    """
    shape, channels = tf.shape(inputs), inputs.shape[-1]
    border = [size // 2, size // 2]
    image = tf.pad(tf.transpose(inputs, [1, 2, 0, 3]), [border, border, [0, 0], [0, 0]])
    image = tf.reshape(image, [1, shape[1] + size - 1, shape[2] + size - 1, -1])
    kernel = tf.reshape(tf.transpose(upstream, [1, 2, 0, 3]), [shape[1], shape[2], -1, 1])
    taps = tf.nn.depthwise_conv2d(image, kernel, [1, 1, 1, 1], "VALID")
    taps = tf.reshape(tf.cast(taps, tf.float32), [size, size, -1, channels])
    return tf.reduce_sum(taps, axis=2)[..., tf.newaxis]


@tf.custom_gradient
def _pointwise(inputs, kernel):
    """Convolve `[batch, h, w, c]` with `[1, 1, c, filters]`."""

    def gradient(upstream):
        in_channels, out_channels = kernel.shape[2:]
        input_gradient = tf.raw_ops.Conv2DBackpropInput(
            input_sizes=tf.shape(inputs),
            filter=kernel,
            out_backprop=upstream,
            strides=[1, 1, 1, 1],
            padding="SAME",
        )
        kernel_gradient = tf.matmul(
            tf.reshape(inputs, [-1, in_channels]),
            tf.reshape(upstream, [-1, out_channels]),
            transpose_a=True,
        )
        return input_gradient, tf.reshape(kernel_gradient, kernel.shape)

    return tf.nn.conv2d(inputs, kernel, 1, "SAME"), gradient
