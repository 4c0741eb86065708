"""Compute a colorizer's metrics over all images in a source.

A colorizer is a function that maps grayscale images, float32 `[n, h, w, 1]` in `[0, 1]`, and seeds,
int32 `[n]`, to RGB, float32 `[n, h, w, 3]` in `[0, 1]`. Image i gets seed i, so the results do not
depend on the batch size. Sample s of image i gets seed i + s * num_examples. Colorizers are traced
without AutoGraph: use `tf.cond` and `tf.while_loop` where control flow depends on tensors.
"""

import functools

import numpy as np
import tensorflow as tf

from colorkeras.color.spaces import from_uint8, luma_chroma_to_rgb, to_uint8
from colorkeras.data import evaluation_batches
from colorkeras.evaluation.color_statistics import NUM_AB_BINS
from colorkeras.evaluation.degradations import DEGRADATIONS
from colorkeras.evaluation.metrics import (
    METRICS,
    NUM_SAMPLES_PER_IMAGE,
    PRIOR,
    SAMPLES,
    metrics_for,
    rounded,
)


def grayscale_baseline(grayscale, seeds=None):
    """Convert grayscale to gray RGB images: float32 `[n, h, w, 1]` to `[n, h, w, 3]`."""
    del seeds
    return tf.repeat(grayscale, 3, axis=-1)


def constant_chroma(chroma):
    """Return a colorizer that assigns the same Cb and Cr, float32 `[2]`, to all pixels."""

    def colorize(grayscale, seeds=None):
        del seeds
        return luma_chroma_to_rgb(grayscale, tf.zeros_like(grayscale) + chroma)

    return colorize


def evaluate(colorize, source, degradation="none", prior=None):
    """Compute a colorizer's metrics over all images in a source.

    Args:
        colorize: Function that maps grayscale images, float32 `[n, h, w, 1]` in `[0, 1]`, and
            seeds, int32 `[n]`, to RGB, float32 `[n, h, w, 3]` in `[0, 1]`.
        source: `Source` with the ground truth, such as `load_dataset("sample").test`.
        degradation: Key in `DEGRADATIONS`; applied to the colorizer's input.
        prior: `ColorStatistics.prior`; None omits the metrics that need it.

    Returns:
        Dict from metric name, a key in `METRICS`, to float.
    """
    return finalize(evaluate_per_image(colorize, source, degradation, prior))


def evaluate_per_image(colorize, source, degradation="none", prior=None, samples=False):
    """Compute the per-image values of a colorizer's metrics.

    Args:
        colorize: Colorizer; see `evaluate`.
        source: `Source` with the ground truth.
        degradation: Key in `DEGRADATIONS`; applied to the colorizer's input.
        prior: `ColorStatistics.prior`; None omits the metrics that need it.
        samples: Whether to include the metrics that need several samples per image. All other
            metrics use sample 0.

    Returns a dict from metric name to `Metric.per_image` values, in the source's order.
    """
    metrics = metrics_for(source.image_size, prior is not None, samples)
    return compute_per_image(DEGRADATIONS[degradation], colorize, source, metrics, prior)


def compute_per_image(degrade, colorize, source, metrics, prior=None):
    """Compute the per-image values of `metrics`, a dict from `metrics_for`.

    `degrade` maps the ground truth, float32 `[n, h, w, 3]` in `[0, 1]`, to the colorizer's input.
    For the other arguments, see `evaluate_per_image`.
    """
    size = source.image_size
    needs_samples = any(metric.needs == SAMPLES for metric in metrics.values())
    num_samples = NUM_SAMPLES_PER_IMAGE if needs_samples else 1

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, size, size, 3], tf.uint8),
            tf.TensorSpec([], tf.int32),
        ],
        autograph=False,
    )
    def colorize_batch(images, first):
        shown = degrade(from_uint8(images))
        seeds = first + tf.range(tf.shape(images)[0])
        # Draw samples sequentially because each one keeps all cores busy.
        return tf.map_fn(
            lambda offset: rounded(colorize(shown, seeds + offset)),
            tf.range(num_samples) * source.num_examples,
            fn_output_signature=tf.float32,
            parallel_iterations=1,
        )

    # A concrete function avoids TensorFlow's warnings about retracing when there are many models.
    colorize_batch = colorize_batch.get_concrete_function()
    compute = _metrics_graph(tuple(metrics.items()), size, num_samples)
    prior = tf.constant(() if prior is None else prior, tf.float32)
    batches = [
        compute(images, colorize_batch(images, first), prior)
        for images, first in _numbered_batches(source)
    ]
    return {name: np.concatenate([b[name] for b in batches]) for name in metrics}


@functools.cache
def _metrics_graph(metrics, size, num_samples):
    """Trace the metrics graph; the result is cached because tracing takes several seconds."""
    needs_prior = any(metric.needs == PRIOR for _, metric in metrics)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, size, size, 3], tf.uint8),
            tf.TensorSpec([num_samples, None, size, size, 3]),
            tf.TensorSpec([NUM_AB_BINS if needs_prior else None]),
        ],
        autograph=False,
    )
    def compute(images, samples, prior):
        truth = tf.cast(images, tf.float32)
        given = {None: (samples[0],), PRIOR: (samples[0], prior), SAMPLES: (samples,)}
        return {name: metric.per_image(truth, *given[metric.needs]) for name, metric in metrics}

    return compute.get_concrete_function()


def finalize(values):
    """Reduce per-image values from `compute_per_image` to a dict from metric name to float."""
    # Average in float64, because a float32 sum over 10,000 images would lose accuracy.
    means = {name: values[name].mean(axis=0, dtype="float64") for name in values}
    return {
        name: float(METRICS[name].finalize(tf.constant(mean, tf.float32)))
        for name, mean in means.items()
    }


def recolor(colorize, source, degradation="none"):
    """Colorize all images in a source, in order; return uint8 `[num_examples, h, w, 3]`.

    For the arguments, see `evaluate_per_image`.
    """
    size = source.image_size
    degrade = DEGRADATIONS[degradation]

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, size, size, 3], tf.uint8),
            tf.TensorSpec([], tf.int32),
        ],
        autograph=False,
    )
    def recolor_batch(images, first):
        seeds = first + tf.range(tf.shape(images)[0])
        return to_uint8(colorize(degrade(from_uint8(images)), seeds))

    recolor_batch = recolor_batch.get_concrete_function()
    return np.concatenate(
        [recolor_batch(images, first) for images, first in _numbered_batches(source)]
    )


def _numbered_batches(source):
    """Yield batches of all images in a source, each with the index of its first image."""
    first = 0
    for images in evaluation_batches(source):
        yield images, tf.constant(first)
        first += len(images)
