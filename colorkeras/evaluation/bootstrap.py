"""Bootstrap confidence intervals: variation of a metric over samples of similar images."""

import numpy as np
import tensorflow as tf

CONFIDENCE = 0.95
"""Share of the resampled values inside an interval."""
NUM_RESAMPLES = 1000
"""Number of times the images are resampled."""
_SEED = 0

_PER_CHUNK = 100
"""Resamples per chunk, to bound memory: their counts take 8 MB for 10,000 images."""


def intervals(values, finalize):
    """Return percentile intervals of metrics from their per-image values.

    All images are resampled with replacement `NUM_RESAMPLES` times. All metrics use the same draws,
    from a fixed seed. Resampling biases some metrics, such as the distance between histograms of
    few images. An interval that would exclude the value over all images is extended to it.

    Args:
        values: Dict of float `[num_images]` or `[num_images, k]` by name.
        finalize: Dict by name of functions from means, float32 `[...]` or `[..., k]`, to metrics
            `[...]`, as `Metric.finalize`.

    Returns:
        Dict of `[low, high]`, float each, by name.

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
    """Return the interval of a metric that is not a function of per-image means.

    A resample has fewer distinct images than the full set, which biases metrics such as a distance
    between sets. The percentiles are shifted so that the mean over resamples equals the value over
    all images.

    Args:
        metric: Function of the number of times each image was drawn, int `[num_images]`, that
            returns float.
        num_images: Number of images.
        num_resamples: Number of times they are resampled.

    Returns:
        `[low, high]`, float each.

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
    """Means over each resample: float64 `[n, k]` to `[NUM_RESAMPLES, k]`."""
    generator = np.random.default_rng(_SEED)
    chunks = range(0, NUM_RESAMPLES, _PER_CHUNK)
    return np.concatenate([_counts(generator, len(values)) @ values for _ in chunks]) / len(values)


def _counts(generator, num_images):
    """Number of times each resample has each image: float64 `[_PER_CHUNK, num_images]`."""
    drawn = generator.integers(num_images, size=(_PER_CHUNK, num_images))
    # Distinct indices for each resample, so that one call counts them all.
    drawn += np.arange(_PER_CHUNK)[:, np.newaxis] * num_images
    counts = np.bincount(drawn.ravel(), minlength=drawn.size)
    return counts.reshape(_PER_CHUNK, num_images).astype(np.float64)


def _interval(values):
    outside = (1 - CONFIDENCE) / 2
    return np.quantile(values, [outside, 1 - outside]).tolist()
