"""Metrics of a colorizer over all images of a source.

A colorizer is a function of grayscale images, float32 `[n, h, w, 1]` in `[0, 1]`, and seeds, int32
`[n]`, that returns RGB, float32 `[n, h, w, 3]` in `[0, 1]`. Image i gets seed i, so results do not
depend on the batch size. Sample s of image i has seed i + s * num_examples.
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
    """Colorize by repeating the grayscale input: float32 `[n, h, w, 1]` to `[n, h, w, 3]`."""
    del seeds
    return tf.repeat(grayscale, 3, axis=-1)


def constant_chroma(chroma):
    """Return a colorizer that gives all pixels the same chroma: float32 `[2]`, Cb and Cr."""

    def colorize(grayscale, seeds=None):
        del seeds
        return luma_chroma_to_rgb(grayscale, tf.zeros_like(grayscale) + chroma)

    return colorize


def evaluate(colorize, source, degradation="none", prior=None):
    """Compute the metrics of a colorizer on all images of a source.

    Args:
        colorize: Colorizer.
        source: `Source` of ground truth.
        degradation: Key of `DEGRADATIONS`, applied to the colorizer's input.
        prior: That of `ColorStatistics`, or None to omit the metrics that need it.

    Returns:
        Dict of float by metric name, as in `METRICS`.
    """
    return finalize(evaluate_per_image(colorize, source, degradation, prior))


def evaluate_per_image(colorize, source, degradation="none", prior=None, samples=False):
    """Compute the per-image values of all metrics of a colorizer.

    Args:
        colorize: Colorizer.
        source: `Source` of ground truth.
        degradation: Key of `DEGRADATIONS`, applied to the colorizer's input.
        prior: As for `evaluate`.
        samples: Whether to compute metrics of several samples per image as well. All other metrics
            use sample 0.

    Returns:
        Dict of `Metric.per_image` values by metric name, images in the order of the source.
    """
    metrics = metrics_for(source.image_size, prior is not None, samples)
    return compute_per_image(DEGRADATIONS[degradation], colorize, source, metrics, prior)


def compute_per_image(degrade, colorize, source, metrics, prior=None):
    """Compute the per-image values of given metrics.

    Args:
        degrade: Function of ground truth, float32 `[n, h, w, 3]` in `[0, 1]`, that returns the
            colorizer's input.
        colorize: Colorizer.
        source: `Source` of ground truth.
        metrics: Dict of `Metric` by name, from `metrics_for`.
        prior: As for `evaluate`; None if no metric needs it.

    Returns:
        As `evaluate_per_image`.
    """
    size = source.image_size
    needs_samples = any(metric.needs == SAMPLES for metric in metrics.values())
    num_samples = NUM_SAMPLES_PER_IMAGE if needs_samples else 1

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, size, size, 3], tf.uint8),
            tf.TensorSpec([], tf.int32),
        ]
    )
    def colorize_batch(images, first):
        shown = degrade(from_uint8(images))
        seeds = first + tf.range(tf.shape(images)[0])
        # Sequential, since each sample keeps all cores busy.
        return tf.map_fn(
            lambda offset: rounded(colorize(shown, seeds + offset)),
            tf.range(num_samples) * source.num_examples,
            fn_output_signature=tf.float32,
            parallel_iterations=1,
        )

    # A concrete function avoids TensorFlow's warning about retracing for many models.
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
    """Trace the graph of metrics once per process, because tracing takes seconds."""
    needs_prior = any(metric.needs == PRIOR for _, metric in metrics)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, size, size, 3], tf.uint8),
            tf.TensorSpec([num_samples, None, size, size, 3]),
            tf.TensorSpec([NUM_AB_BINS if needs_prior else None]),
        ]
    )
    def compute(images, samples, prior):
        truth = tf.cast(images, tf.float32)
        given = {None: (samples[0],), PRIOR: (samples[0], prior), SAMPLES: (samples,)}
        return {name: metric.per_image(truth, *given[metric.needs]) for name, metric in metrics}

    return compute.get_concrete_function()


def finalize(values):
    """Reduce per-image values from `compute_per_image` to a dict of float by metric name."""
    # Double precision, because the sum over 10,000 images is too long for float32.
    means = {name: values[name].mean(axis=0, dtype="float64") for name in values}
    return {
        name: float(METRICS[name].finalize(tf.constant(mean, tf.float32)))
        for name, mean in means.items()
    }


def recolor(colorize, source, degradation="none"):
    """Colorize all images of a source.

    Args:
        colorize: Colorizer.
        source: `Source` of ground truth.
        degradation: Key of `DEGRADATIONS`, applied to the colorizer's input.

    Returns:
        uint8 `[num_examples, h, w, 3]`, in the order of the source.
    """
    size = source.image_size
    degrade = DEGRADATIONS[degradation]

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, size, size, 3], tf.uint8),
            tf.TensorSpec([], tf.int32),
        ]
    )
    def recolor_batch(images, first):
        seeds = first + tf.range(tf.shape(images)[0])
        return to_uint8(colorize(degrade(from_uint8(images)), seeds))

    recolor_batch = recolor_batch.get_concrete_function()
    return np.concatenate(
        [recolor_batch(images, first) for images, first in _numbered_batches(source)]
    )


def _numbered_batches(source):
    """Yield all images of a source in batches, each with the index of its first image."""
    first = 0
    for images in evaluation_batches(source):
        yield images, tf.constant(first)
        first += len(images)
