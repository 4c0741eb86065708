"""Figures of anything that colors, on all pictures of a source."""

import functools

import numpy as np
import tensorflow as tf

from colorkeras.color.spaces import from_uint8, luma_chroma_to_rgb, to_uint8
from colorkeras.data import evaluation_batches
from colorkeras.data.degradations import DEGRADATIONS
from colorkeras.evaluation.metrics import (
    METRICS,
    PRIOR,
    SAMPLES,
    SAMPLES_PER_PICTURE,
    metrics_for,
    rounded,
)
from colorkeras.evaluation.metrics.balance import NUM_BINS


def grayscale_baseline(grayscale, seeds=None):
    """Colors by not coloring: float32 `[n, h, w, 1]` to `[n, h, w, 3]`, gray as it came."""
    del seeds
    return tf.repeat(grayscale, 3, axis=-1)


def paint(chroma):
    """A colorizer that gives every pixel the same chroma: float32 `[2]`, Cb and Cr."""

    def color(grayscale, seeds=None):
        del seeds
        return luma_chroma_to_rgb(grayscale, tf.zeros_like(grayscale) + chroma)

    return color


def evaluate(color, source, degradation="none", prior=None):
    """Measures a colorizer on every picture of a source.

    Args:
        color: Function of grayscale, float32 `[n, h, w, 1]` in 0..1, and seeds, int32 `[n]`, that
            gives RGB `[n, h, w, 3]`. Picture number i gets seed i, so that pictures have noise of
            their own, the same in batches of any size.
        source: A `Source` of ground truth.
        degradation: Key of `DEGRADATIONS`: what the colorizer is shown of it.
        prior: That of `TrainingColors`, or None to leave out the metrics that need it.

    Returns:
        Dict of float by metric name, as in `METRICS`.
    """
    return finished(evaluate_each(color, source, degradation, prior))


def evaluate_each(color, source, degradation="none", prior=None, samples=False):
    """Measures a colorizer on every picture of a source, picture by picture.

    Args are those of `evaluate`, and:
        samples: Whether to measure several samples of each picture as well. Sample number s has
            the seed i + s * source.num_examples; number 0 is what all other metrics see.

    Returns:
        Dict by metric name of what `Metric.per_image` gives, pictures in the order of the source.
    """
    metrics = metrics_for(source.image_size, prior is not None, samples)
    return measure_each(DEGRADATIONS[degradation], color, source, metrics, prior)


def measure_each(show, color, source, metrics, prior=None):
    """Measures a colorizer picture by picture, in any metrics.

    Args:
        show: Function of true RGB, float32 `[n, h, w, 3]` in 0..1, that gives what is shown.
        color: As for `evaluate`, of what is shown.
        source: A `Source` of ground truth.
        metrics: Dict of `Metric` by name, from `metrics_for`.
        prior: As for `evaluate`, None if no metric needs it.

    Returns:
        As `evaluate_each`.
    """
    size = source.image_size
    num_samples = 1
    if any(metric.needs == SAMPLES for metric in metrics.values()):
        num_samples = SAMPLES_PER_PICTURE

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, size, size, 3], tf.uint8),
            tf.TensorSpec([], tf.int32),
        ]
    )
    def colored(images, first):
        shown = show(from_uint8(images))
        seeds = first + tf.range(tf.shape(images)[0])
        # One sample after the other: each keeps all cores busy.
        return tf.map_fn(
            lambda offset: rounded(color(shown, seeds + offset)),
            tf.range(num_samples) * source.num_examples,
            fn_output_signature=tf.float32,
            parallel_iterations=1,
        )

    # Concrete, because TensorFlow warns where models in turn make it trace the same lines.
    colored = colored.get_concrete_function()
    measure = _measuring(tuple(metrics.items()), size, num_samples)
    prior = tf.constant(() if prior is None else prior, tf.float32)
    batches = [
        measure(images, colored(images, first), prior)
        for images, first in _numbered_batches(source)
    ]
    return {name: np.concatenate([b[name] for b in batches]) for name in metrics}


@functools.cache
def _measuring(metrics, size, num_samples):
    """The graph of metrics, traced once for all that colors in a process: it takes seconds."""
    needs_prior = any(metric.needs == PRIOR for _, metric in metrics)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, size, size, 3], tf.uint8),
            tf.TensorSpec([num_samples, None, size, size, 3]),
            tf.TensorSpec([NUM_BINS if needs_prior else None]),
        ]
    )
    def measure(images, samples, prior):
        truth = tf.cast(images, tf.float32)
        given = {None: (samples[0],), PRIOR: (samples[0], prior), SAMPLES: (samples,)}
        return {name: metric.per_image(truth, *given[metric.needs]) for name, metric in metrics}

    return measure.get_concrete_function()


def finished(values):
    """Figures, float by metric name, from what `measure_each` returned."""
    # Means in double precision: the sum over 10,000 pictures is long for a float32.
    means = {name: values[name].mean(axis=0, dtype="float64") for name in values}
    return {
        name: float(METRICS[name].finish(tf.constant(mean, tf.float32)))
        for name, mean in means.items()
    }


def recolor(color, source, degradation="none"):
    """All pictures of a source as a colorizer colors them, as a person sees them.

    Args:
        color: As for `evaluate`, with the same seeds.
        source: A `Source` of ground truth.
        degradation: Key of `DEGRADATIONS`.

    Returns:
        uint8 `[num_examples, h, w, 3]`, in the order of the source.
    """
    size = source.image_size
    show = DEGRADATIONS[degradation]

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, size, size, 3], tf.uint8),
            tf.TensorSpec([], tf.int32),
        ]
    )
    def recolored_batch(images, first):
        return to_uint8(color(show(from_uint8(images)), first + tf.range(tf.shape(images)[0])))

    recolored_batch = recolored_batch.get_concrete_function()
    return np.concatenate(
        [recolored_batch(images, first) for images, first in _numbered_batches(source)]
    )


def _numbered_batches(source):
    """All pictures of a source in batches, with the number of the first in each."""
    first = 0
    for images in evaluation_batches(source):
        yield images, tf.constant(first)
        first += len(images)
