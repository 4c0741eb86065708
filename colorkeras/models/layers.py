"""Parts that the architectures share: convolution with batch normalization, fitting odd sizes."""

import keras
import tensorflow as tf
from keras import layers

from colorkeras.color.resampling import divide_up


def convolution_block(x, filters, kernel_size=3, strides=1):
    """Convolution, batch normalization, ReLU; `strides` divides height and width.

    The convolution has no bias, which the normalization would cancel.
    """
    x = layers.Conv2D(filters, kernel_size, strides=strides, padding="same", use_bias=False)(x)
    return batch_norm_relu(x)


def batch_norm_relu(x):
    """Batch normalization and ReLU."""
    # A window of about 10 steps, so that short runs too leave the initial statistics behind; the
    # average of the weights smooths them for long ones.
    # Replicas share their statistics, which makes them those of the whole batch.
    synchronized = tf.distribute.get_strategy().num_replicas_in_sync > 1
    x = layers.BatchNormalization(momentum=0.9, synchronized=synchronized)(x)
    return layers.ReLU()(x)


def output_layer(features, output_name, num_channels, kernel_size=1):
    """The last convolution: float32 whatever the precision, named after what it predicts.

    It starts at zero, so that the first steps unlearn no random colors.
    """
    return layers.Conv2D(
        num_channels,
        kernel_size,
        padding="same",
        kernel_initializer="zeros",
        dtype="float32",
        name=output_name,
    )(features)


@keras.saving.register_keras_serializable("colorkeras")
class PadToMultiple(layers.Layer):
    """Repeats the last row and column until height and width are multiples of `multiple`.

    Input shape: `[n, h, w, c]`, h and w at least 1, known or unknown. Output shape:
    `[n, h', w', c]` with h' and w' the next multiples. Pictures that fit pass untouched.

    Args:
        multiple: Positive int.
    """

    def __init__(self, multiple, **kwargs):
        super().__init__(**kwargs)
        self.multiple = multiple

    def call(self, inputs):
        for axis in (1, 2):
            size = inputs.shape[axis]
            if size is not None and size % self.multiple == 0:
                continue
            # Clipped indices, unlike reflection, also serve pictures smaller than the padding.
            size = tf.shape(inputs)[axis]
            padded_size = divide_up(size, self.multiple) * self.multiple
            inputs = tf.gather(inputs, tf.minimum(tf.range(padded_size), size - 1), axis=axis)
        return inputs

    def compute_output_shape(self, input_shape):
        batch, *sizes, channels = input_shape
        padded = [size and divide_up(size, self.multiple) * self.multiple for size in sizes]
        return (batch, *padded, channels)

    def get_config(self):
        return {**super().get_config(), "multiple": self.multiple}


@keras.saving.register_keras_serializable("colorkeras")
class CropLike(layers.Layer):
    """Crops the first input to the size that the second has: undoes `PadToMultiple`.

    Input shape: `[[n, h', w', c], [n, h, w, k]]` with h' >= h / stride, w' >= w / stride. Output:
    `[n, ceil(h / stride), ceil(w / stride), c]`.

    Args:
        stride: Pixels of the second input for each of the first, along each axis.
    """

    def __init__(self, stride=1, **kwargs):
        super().__init__(**kwargs)
        self.stride = stride

    def call(self, inputs):
        features, reference = inputs
        wanted = self._cropped(reference.shape[1:3])
        if None not in wanted and list(features.shape[1:3]) == wanted:
            return features
        height, width = self._cropped(tf.unstack(tf.shape(reference)[1:3]))
        return features[:, :height, :width, :]

    def _cropped(self, sizes):
        return [None if size is None else divide_up(size, self.stride) for size in sizes]

    def compute_output_shape(self, input_shape):
        (batch, _, _, channels), (_, *sizes, _) = input_shape
        return (batch, *self._cropped(sizes), channels)

    def get_config(self):
        return {**super().get_config(), "stride": self.stride}


@keras.saving.register_keras_serializable("colorkeras")
class DepthToSpace(layers.Layer):
    """Rearranges channels into pixels: `[n, h, w, 4 c]` to `[n, 2 h, 2 w, c]`.

    Reference: Shi et al., "Real-time single image and video super-resolution using an efficient
    sub-pixel convolutional neural network", CVPR 2016.
    """

    def call(self, inputs):
        return tf.nn.depth_to_space(inputs, 2)

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return (batch, height and 2 * height, width and 2 * width, channels // 4)
