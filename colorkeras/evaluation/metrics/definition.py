"""What a metric is, how one is summed up over batches, and what several of them share."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import tensorflow as tf

from colorkeras.color.spaces import rgb_to_lab, to_uint8

PRIOR, SAMPLES = "prior", "samples"
"""What some metrics need beside truth and output: see `Metric.needs`."""


@dataclass(frozen=True)
class Metric:
    """A measure of pictures.

    Attributes:
        title: Short name for tables.
        unit: Unit of the figure, "" for a pure number.
        per_image: Maps truth and output, float32 `[n, h, w, 3]` in 0..255, to float32 `[n]`, or
            to `[n, num_values]`.
        higher_is_better: Direction; None where closeness to the truth's own value counts, or
            where more is not better by itself.
        description: One sentence for documentation.
        group: "fidelity": how near the truth; "colorfulness": how colorful and varied;
            "structure": what
            becomes of edges.
        finish: Maps means over all pictures, float32 `[...]` or `[..., num_values]`, to figures
            `[...]`.
        num_values: Numbers per picture, where the figure needs more than one.
        decimals: Digits behind the point in tables.
        needs: `PRIOR` if `per_image` takes the prior of the training data as its third argument,
            as from `training_colors`; `SAMPLES` if it takes, in place of the output, several
            plausible versions of it, float32 `[num_samples, n, h, w, 3]`; else None.
    """

    title: str
    unit: str
    per_image: Callable
    higher_is_better: bool | None
    description: str
    group: str
    finish: Callable = tf.identity
    num_values: int | None = None
    decimals: int = 2
    needs: str | None = None


def rounded(rgb):
    """RGB in 0..1 as the metrics see it: float32, whole values in 0..255."""
    return tf.cast(to_uint8(rgb), tf.float32)


def image_mean(values):
    """Mean over everything but the batch: `[n, ...]` to `[n]`."""
    return tf.reduce_mean(values, axis=list(range(1, values.shape.rank)))


def lab(rgb):
    """CIE L*a*b* of float32 `[..., 3]` in 0..255; TensorFlow computes it once in each graph."""
    return rgb_to_lab(rgb / 255.0)


def ratio(means):
    """Of values `[..., 2]` the second over the first, `[...]`; 0 where the first is 0."""
    first, second = tf.unstack(means, axis=-1)
    return tf.math.divide_no_nan(second, first)


def percent(share):
    """A share of 1 in percent."""
    return 100.0 * share


class MeanOverImages(keras.metrics.Metric):
    """Keras metric that accumulates a `Metric` over batches.

    Args:
        metric: The definition, of a metric that needs truth and output only.
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
        """Adds a batch: float32 `[n, h, w, 3]` each, whole values in 0..255."""
        values = self.metric.per_image(truth, output)
        self.total.assign_add(tf.reduce_sum(values, axis=0))
        self.count.assign_add(tf.cast(tf.shape(values)[0], tf.float32))

    def result(self):
        """The figure of all pictures so far: float32 scalar."""
        return self.metric.finish(tf.math.divide_no_nan(self.total, self.count))
