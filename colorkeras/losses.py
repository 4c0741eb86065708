"""Training losses: functions of target and prediction, both float32 `[n, h, w, channels]`.

Add a loss by adding a function and one entry to `LOSSES`. Each returns one scalar, the mean over
the batch; what the channels mean is the matter of `colorkeras.outputs`.
"""

import tensorflow as tf


def mean_squared_error(target, prediction):
    """Mean squared error; its minimum is the mean of the plausible colors."""
    return tf.reduce_mean(tf.math.squared_difference(target, prediction))


def mean_absolute_error(target, prediction):
    """Mean absolute error; its minimum is the median of the plausible colors."""
    return tf.reduce_mean(tf.abs(target - prediction))


LOSSES = {"mse": mean_squared_error, "mae": mean_absolute_error}
