"""Bootstrap intervals: how far a figure would move with other pictures of the same kind."""

import numpy as np
import tensorflow as tf

CONFIDENCE = 0.95
"""Share of the resampled figures that lie in the interval."""
NUM_RESAMPLES = 1000
"""How often pictures are drawn anew."""
_SEED = 0

_PER_CHUNK = 100
"""Bounds memory: the counts of a chunk take 8 MB for 10,000 pictures."""


def intervals(values, finish):
    """Percentile intervals of figures from the values of single pictures.

    Pictures are drawn with replacement, as many as there are, `NUM_RESAMPLES` times; an interval
    lies between those percentiles of the resulting figures that leave out 5 % in all. All figures
    see the same draws, which follow from a fixed seed. Drawing moves some figures, as a distance
    between histograms of few pictures, away from that of all pictures: an interval that would leave
    that out is extended to it.

    Args:
        values: Dict of float `[num_images]` or `[num_images, k]` by name.
        finish: Dict by name of functions from means, float32 `[...]` or `[..., k]`, to figures
            `[...]`, as `Metric.finish`.

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
        low, high = _interval(finish[name](_as_means(part.reshape(-1, *v.shape[1:]))))
        figure = float(finish[name](_as_means(v.mean(axis=0, dtype=np.float64))))
        found[name] = [min(low, figure), max(high, figure)]
    return found


def _as_means(values):
    return tf.constant(values, tf.float32)


def interval(figure, num_images, num_resamples=NUM_RESAMPLES):
    """Interval of a figure that is no function of means, as `intervals` draws them.

    Draws hold fewer different pictures than there are, which moves figures such as a distance
    between sets. The percentiles are therefore shifted so that the mean of the draws is the figure
    of all pictures.

    Args:
        figure: Function of how often each picture was drawn, int `[num_images]`, to float.
        num_images: How many there are.
        num_resamples: How often pictures are drawn anew.

    Returns:
        `[low, high]`, float each.

    >>> values = np.arange(100.0)
    >>> low, high = interval(lambda counts: np.average(values, weights=counts), 100)
    >>> low < 49.5 < high
    True
    """
    generator = np.random.default_rng(_SEED)
    figures = []
    while len(figures) < num_resamples:
        drawn = generator.integers(num_images, size=num_images)
        figures.append(figure(np.bincount(drawn, minlength=num_images)))
    shift = figure(np.ones(num_images, int)) - np.mean(figures)
    return _interval(np.add(figures, shift))


def _resampled_means(values):
    """Means over each draw of pictures: float64 `[n, k]` to `[NUM_RESAMPLES, k]`."""
    generator = np.random.default_rng(_SEED)
    chunks = range(0, NUM_RESAMPLES, _PER_CHUNK)
    return np.concatenate([_counts(generator, len(values)) @ values for _ in chunks]) / len(values)


def _counts(generator, num_images):
    """How often each draw has each picture: float64 `[_PER_CHUNK, num_images]`."""
    drawn = generator.integers(num_images, size=(_PER_CHUNK, num_images))
    # The pictures of every draw get numbers of their own, so that one call counts them all.
    drawn += np.arange(_PER_CHUNK)[:, np.newaxis] * num_images
    counts = np.bincount(drawn.ravel(), minlength=drawn.size)
    return counts.reshape(_PER_CHUNK, num_images).astype(np.float64)


def _interval(figures):
    outside = (1 - CONFIDENCE) / 2
    return np.quantile(figures, [outside, 1 - outside]).tolist()
