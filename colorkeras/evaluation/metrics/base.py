"""The definition of a metric, its accumulation over batches, and helper functions."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import tensorflow as tf

from colorkeras.color.spaces import rgb_to_lab, to_uint8

PRIOR, SAMPLES = "prior", "samples"
"""Additional inputs required by some metrics; see `Metric.needs`."""


@dataclass(frozen=True)
class Metric:
    """Definition of a metric.

    Attributes:
        title: Short name for tables.
        unit: Unit of the value; "" if dimensionless.
        per_image: Function that maps ground truth and prediction, float32 `[n, h, w, 3]` in
            `[0, 255]`, to float32 `[n]` or `[n, num_values]`.
        higher_is_better: Whether higher values are better. None if the value should match the
            ground truth's, or if neither direction is better.
        description: One-sentence description for documentation.
        finalize: Function that maps the means over all images, float32 `[...]` or
            `[..., num_values]`, to the metric's values `[...]`.
        num_values: Number of values per image; None for a scalar.
        decimals: Number of digits after the decimal point in tables.
        needs: `PRIOR` if `per_image` takes `ColorStatistics.prior` as a third argument; `SAMPLES`
            if it takes several samples, float32 `[num_samples, n, h, w, 3]`, instead of the
            prediction; otherwise None.
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
    """Round RGB in `[0, 1]` to 8 bits: float32 with integer values in `[0, 255]`."""
    return tf.cast(to_uint8(rgb), tf.float32)


def image_mean(values):
    """Compute the mean over all axes except the batch axis: `[n, ...]` to `[n]`."""
    return tf.reduce_mean(values, axis=list(range(1, values.shape.rank)))


def lab(rgb):
    """Convert RGB in `[0, 255]` to CIE L*a*b*.

    Several metrics may convert the same image, because TensorFlow merges identical operations
    within a graph.
    """
    return rgb_to_lab(rgb / 255.0)


def ratio(means):
    """Divide the second value by the first: `[..., 2]` to `[...]`; 0 if the first is 0."""
    first, second = tf.unstack(means, axis=-1)
    return tf.math.divide_no_nan(second, first)


def percent(fraction):
    """Convert a fraction to a percentage."""
    return 100.0 * fraction


class MeanOverImages(keras.metrics.Metric):
    """Keras metric that accumulates a `Metric` over batches of ground truth and output."""

    def __init__(self, metric: Metric, name: str):
        super().__init__(name=name)
        self.metric = metric
        shape = () if metric.num_values is None else (metric.num_values,)
        self.total = self.add_weight(
            shape=shape, initializer="zeros", name="total", dtype="float32"
        )
        self.count = self.add_weight(shape=(), initializer="zeros", name="count", dtype="float32")

    def update_state(self, truth, output, sample_weight=None):
        """Add a batch of ground truth and output, float32 `[n, h, w, 3]` in `[0, 255]`."""
        values = self.metric.per_image(truth, output)
        self.total.assign_add(tf.reduce_sum(values, axis=0))
        self.count.assign_add(tf.cast(tf.shape(values)[0], tf.float32))

    def result(self):
        """Return the metric over all images so far, a float32 scalar."""
        return self.metric.finalize(tf.math.divide_no_nan(self.total, self.count))
