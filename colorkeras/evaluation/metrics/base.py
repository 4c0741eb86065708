"""Definition of a metric, its accumulation over batches, and helpers that several metrics share."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import tensorflow as tf

from colorkeras.color.spaces import rgb_to_lab, to_uint8

PRIOR, SAMPLES = "prior", "samples"
"""Inputs that some metrics need in addition to ground truth and prediction: see `Metric.needs`."""


@dataclass(frozen=True)
class Metric:
    """Definition of a metric.

    Attributes:
        title: Short name for tables.
        unit: Unit of the value, "" for a pure number.
        per_image: Function of ground truth and prediction, float32 `[n, h, w, 3]` in `[0, 255]`,
            that returns float32 `[n]`, or `[n, num_values]`.
        higher_is_better: Direction. None if the value should match that of the ground truth, or
            if more is not better by itself.
        description: One sentence for documentation.
        finalize: Function of the means over all images, float32 `[...]` or `[..., num_values]`,
            that returns the metric's values, `[...]`.
        num_values: Numbers per image, for metrics that need more than one.
        decimals: Digits after the decimal point in tables.
        needs: `PRIOR` if `per_image` takes the prior of `color_statistics` as its third argument;
            `SAMPLES` if it takes several samples, float32 `[num_samples, n, h, w, 3]`, in place of
            the prediction; otherwise None.
    """

    title: str
    unit: str
    per_image: Callable
    higher_is_better: bool | None
    description: str
    finalize: Callable = tf.identity
    num_values: int | None = None
    decimals: int = 2
    needs: str | None = None


def rounded(rgb):
    """Round RGB in `[0, 1]` to 8 bits: float32 with whole values in `[0, 255]`."""
    return tf.cast(to_uint8(rgb), tf.float32)


def image_mean(values):
    """Return the mean over all axes but the batch: `[n, ...]` to `[n]`."""
    return tf.reduce_mean(values, axis=list(range(1, values.shape.rank)))


def lab(rgb):
    """Convert RGB in `[0, 255]` to CIE L*a*b*. TensorFlow computes it once per graph."""
    return rgb_to_lab(rgb / 255.0)


def ratio(means):
    """Divide the second of two values by the first: `[..., 2]` to `[...]`; 0 if the first is 0."""
    first, second = tf.unstack(means, axis=-1)
    return tf.math.divide_no_nan(second, first)


def percent(fraction):
    """Convert a fraction to percent."""
    return 100.0 * fraction


class MeanOverImages(keras.metrics.Metric):
    """Keras metric that accumulates a `Metric` over batches.

    Args:
        metric: `Metric` that needs ground truth and prediction only.
        name: Name in Keras' logs.
    """

    def __init__(self, metric: Metric, name: str):
        super().__init__(name=name)
        self.metric = metric
        shape = () if metric.num_values is None else (metric.num_values,)
        self.total = self.add_weight(
            shape=shape, initializer="zeros", name="total", dtype="float32"
        )
        self.count = self.add_weight(shape=(), initializer="zeros", name="count", dtype="float32")

    def update_state(self, truth, output, sample_weight=None):
        """Add a batch: float32 `[n, h, w, 3]` each, whole values in `[0, 255]`."""
        values = self.metric.per_image(truth, output)
        self.total.assign_add(tf.reduce_sum(values, axis=0))
        self.count.assign_add(tf.cast(tf.shape(values)[0], tf.float32))

    def result(self):
        """Return the value over all images so far: float32 scalar."""
        return self.metric.finalize(tf.math.divide_no_nan(self.total, self.count))
