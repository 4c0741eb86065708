"""Layers shared by several architectures, such as convolution blocks, padding and cropping."""

import keras
import tensorflow as tf
from keras import layers

from colorkeras.color.resampling import ceil_divide


def convolution_block(x, filters, kernel_size=3, strides=1):
    """Apply a convolution, batch normalization and ReLU to `[batch, height, width, channels]`.

    The convolution has no bias because batch normalization would cancel it out.
    """
    x = layers.Conv2D(filters, kernel_size, strides=strides, padding="same", use_bias=False)(x)
    return batch_norm_relu(x)


def batch_norm_relu(x):
    """Apply batch normalization, synchronized across replicas, followed by ReLU."""
    # A momentum of 0.9 averages over about 10 steps, so that even short runs forget the initial
    # statistics. In long runs, the EMA network provides additional smoothing.
    synchronized = tf.distribute.get_strategy().num_replicas_in_sync > 1
    x = layers.BatchNormalization(momentum=0.9, synchronized=synchronized)(x)
    return layers.ReLU()(x)


def prediction_layer(x, name, num_channels, kernel_size=1):
    """Apply an output convolution, always in float32 and with weights initialized to zero.

    Args:
        x: Tensor `[batch, height, width, channels]`.
        name: Name of the layer: a key in `PREDICTIONS` if it is the network's output layer.
        num_channels: Number of output channels.
        kernel_size: Height and width of the kernel in pixels.
    """
    return layers.Conv2D(
        num_channels,
        kernel_size,
        padding="same",
        kernel_initializer="zeros",
        dtype="float32",
        name=name,
    )(x)


def upsample_nearest(x):
    """Double height and width by repeating each value.

    This uses fewer operations than `keras.layers.UpSampling2D`, and the LiteRT converter preserves
    the static number of channels.

    Args:
        x: Tensor `[batch, height, width, channels]`.
    """
    return DepthToSpace()(layers.Concatenate()([x] * 4))


@keras.saving.register_keras_serializable("colorkeras")
class PadToMultiple(layers.Layer):
    """Pad height and width to multiples of a number by repeating the last row and column.

    Args:
        multiple: The number, a positive int.

    Input shape: `[batch, h, w, channels]`; h and w are at least 1, static or dynamic. Output shape:
    `[batch, h', w', channels]`, where h' and w' are h and w rounded up to a multiple of `multiple`.

    >>> PadToMultiple(4)(tf.zeros([1, 5, 8, 1])).shape
    TensorShape([1, 8, 8, 1])
    """

    def __init__(self, multiple, **kwargs):
        super().__init__(**kwargs)
        self.multiple = multiple

    def call(self, inputs):
        for axis in (1, 2):
            size = inputs.shape[axis]
            if size is not None and size % self.multiple == 0:
                continue
            # Unlike reflection padding, clipping indices works for images smaller than the padding.
            size = tf.shape(inputs)[axis]
            padded_size = ceil_divide(size, self.multiple) * self.multiple
            inputs = tf.gather(inputs, tf.minimum(tf.range(padded_size), size - 1), axis=axis)
        return inputs

    def compute_output_shape(self, input_shape):
        batch, *sizes, channels = input_shape
        padded = [size and ceil_divide(size, self.multiple) * self.multiple for size in sizes]
        return (batch, *padded, channels)

    def get_config(self):
        return {**super().get_config(), "multiple": self.multiple}


@keras.saving.register_keras_serializable("colorkeras")
class CropLike(layers.Layer):
    """Crop the first input to the size of the second; inverse of `PadToMultiple`.

    Args:
        stride: Number of pixels in the second input per value in the first, along each axis.

    Input shape: `[[batch, h', w', c], [batch, h, w, k]]`, where h' and w' are at least h / stride
    and w / stride. Output shape: `[batch, ceil(h / stride), ceil(w / stride), c]`.

    >>> CropLike(stride=2)([tf.zeros([1, 4, 4, 8]), tf.zeros([1, 5, 8, 1])]).shape
    TensorShape([1, 3, 4, 8])
    """

    def __init__(self, stride=1, **kwargs):
        super().__init__(**kwargs)
        self.stride = stride

    def call(self, inputs):
        features, reference = inputs
        cropped = self._crop_size(reference.shape[1:3])
        if None not in cropped and list(features.shape[1:3]) == cropped:
            return features
        height, width = self._crop_size(tf.unstack(tf.shape(reference)[1:3]))
        return features[:, :height, :width, :]

    def _crop_size(self, sizes):
        return [None if size is None else ceil_divide(size, self.stride) for size in sizes]

    def compute_output_shape(self, input_shape):
        (batch, _, _, channels), (_, *sizes, _) = input_shape
        return (batch, *self._crop_size(sizes), channels)

    def get_config(self):
        return {**super().get_config(), "stride": self.stride}


@keras.saving.register_keras_serializable("colorkeras")
class DepthToSpace(layers.Layer):
    """Rearrange channels into blocks of 2x2 pixels.

    Input shape: `[batch, h, w, 4 c]`. Output shape: `[batch, 2 h, 2 w, c]`.

    Reference: Shi et al., "Real-time single image and video super-resolution using an efficient
    sub-pixel convolutional neural network", CVPR 2016.

    >>> DepthToSpace()(tf.reshape([1, 2, 3, 4], [1, 1, 1, 4])).numpy()[0, ..., 0].tolist()
    [[1, 2], [3, 4]]
    """

    def call(self, inputs):
        return tf.nn.depth_to_space(inputs, 2)

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return (batch, height and 2 * height, width and 2 * width, channels // 4)
