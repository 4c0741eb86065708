"""Bootstrap confidence intervals for metrics."""

import numpy as np
import tensorflow as tf

CONFIDENCE = 0.95
"""Confidence level of the intervals."""
NUM_RESAMPLES = 1000
"""Number of bootstrap resamples."""
_SEED = 0

_PER_CHUNK = 100
"""Number of resamples per chunk. With 10,000 images, the counts for a chunk take up 8 MB."""


def intervals(values, finalize):
    """Compute percentile intervals for metrics; return a dict from name to `[low, high]`.

    The images are resampled with replacement `NUM_RESAMPLES` times, with a fixed seed and the same
    draws for all metrics. Resampling biases some metrics, such as the distance between histograms
    of few images. An interval that would exclude the value computed from all images is extended to
    include it.

    Args:
        values: Dict from name to float `[num_images]` or `[num_images, k]`.
        finalize: Dict from name to a function like `Metric.finalize` that maps means over images,
            float32 `[...]` or `[..., k]`, to metrics `[...]`.

    Reference: Efron and Tibshirani, "An introduction to the bootstrap", 1993, section 13.3.

    >>> values = {"mean": np.arange(100.0)}
    >>> low, high = intervals(values, {"mean": tf.identity})["mean"]
    >>> low < 49.5 < high
    True
    """
    columns = {name: v.reshape(len(v), -1).astype(np.float64) for name, v in values.items()}
    means = _resampled_means(np.concatenate(list(columns.values()), axis=1))
    edges = np.cumsum([column.shape[1] for column in columns.values()])[:-1]
    found = {}
    for (name, v), part in zip(values.items(), np.split(means, edges, axis=1), strict=True):
        low, high = _interval(finalize[name](_as_means(part.reshape(-1, *v.shape[1:]))))
        value = float(finalize[name](_as_means(v.mean(axis=0, dtype=np.float64))))
        found[name] = [min(low, value), max(high, value)]
    return found


def _as_means(values):
    return tf.constant(values, tf.float32)


def interval(metric, num_images, num_resamples=NUM_RESAMPLES):
    """Compute the interval `[low, high]` for a metric that does not reduce to per-image means.

    A resample contains fewer distinct images than the full set, which biases metrics such as
    distances between sets. The percentiles are therefore shifted so that the mean over resamples
    equals the value computed from all images. `metric` is a function of the number of times that
    each image was drawn, int `[num_images]`.

    >>> values = np.arange(100.0)
    >>> low, high = interval(lambda counts: np.average(values, weights=counts), 100)
    >>> low < 49.5 < high
    True
    """
    generator = np.random.default_rng(_SEED)
    values = []
    while len(values) < num_resamples:
        drawn = generator.integers(num_images, size=num_images)
        values.append(metric(np.bincount(drawn, minlength=num_images)))
    shift = metric(np.ones(num_images, int)) - np.mean(values)
    return _interval(np.add(values, shift))


def _resampled_means(values):
    """Compute the mean of each resample: float64 `[n, k]` to `[NUM_RESAMPLES, k]`."""
    generator = np.random.default_rng(_SEED)
    chunks = range(0, NUM_RESAMPLES, _PER_CHUNK)
    return np.concatenate([_counts(generator, len(values)) @ values for _ in chunks]) / len(values)


def _counts(generator, num_images):
    """Draw resamples and return the image counts in each, float64 `[_PER_CHUNK, num_images]`."""
    drawn = generator.integers(num_images, size=(_PER_CHUNK, num_images))
    # Offset the indices of each resample so that a single call counts the images in all resamples.
    drawn += np.arange(_PER_CHUNK)[:, np.newaxis] * num_images
    counts = np.bincount(drawn.ravel(), minlength=drawn.size)
    return counts.reshape(_PER_CHUNK, num_images).astype(np.float64)


def _interval(values):
    outside = (1 - CONFIDENCE) / 2
    return np.quantile(values, [outside, 1 - outside]).tolist()
