"""Errors of color in which rare colors count as much as common ones."""

import numpy as np
import tensorflow as tf

from colorkeras.evaluation.metrics.definition import PRIOR, Metric, image_mean, lab, percent, ratio
from colorkeras.evaluation.metrics.errors import ab_squared_distance

BIN_SIZE = 10.0
"""Side of a bin in the a*b* plane. Bins are centered at multiples of it."""

_REACH = 11  # Bins on either side of gray: sRGB has a* in -86..98 and b* in -108..94.
_SIDE = 2 * _REACH + 1
NUM_BINS = _SIDE**2
"""Bins of the whole square, most of which no color of sRGB falls into."""

UNIFORM_SHARE = 0.01
"""Share of the uniform distribution in a prior: see `prior_from`."""

_MAX_DISTANCE = 150


def ab_bins(rgb):
    """The bin of each pixel in the a*b* plane.

    Args:
        rgb: float32 `[..., 3]` in 0..255.

    Returns:
        int32 `[...]` in 0..`NUM_BINS` - 1.
    """
    cells = tf.cast(tf.round(lab(rgb)[..., 1:] / BIN_SIZE), tf.int32) + _REACH
    return cells[..., 0] * _SIDE + cells[..., 1]


def prior_from(counts):
    """The prior of bins that training pictures have.

    Zhang et al. weigh by the plain inverse of the prior in this measure (their equation 4 with
    lambda 0), which for a color that training pictures lack is infinite, and for the rarest so
    large that a single test picture decides the figure. Hence a little of the uniform distribution
    over the bins that occur is mixed in. It leaves common bins as they are and bounds the weight of
    the others, a color never seen included, to that of a bin which holds `UNIFORM_SHARE` of an
    equal share.

    Args:
        counts: int `[NUM_BINS]`, pixels in each bin, at least one in all.

    Returns:
        float32 `[NUM_BINS]`, above 0.
    """
    counts = np.asarray(counts, np.float64)
    uniform = 1 / np.count_nonzero(counts)
    prior = (1 - UNIFORM_SHARE) * counts / counts.sum() + UNIFORM_SHARE * uniform
    return prior.astype(np.float32)


def _area(truth, output):
    """The area under each pixel's curve of hits against thresholds, `[n, h, w]` in 0..1.

    A pixel hits from the threshold on that is not below its distance: of 0, 1, ... 150 these are
    as many as the ceiling of the distance leaves.
    """
    distance = tf.math.ceil(tf.sqrt(ab_squared_distance(truth, output)))
    count = _MAX_DISTANCE + 1
    return tf.maximum(count - distance, 0.0) / count


def _mean_area(truth, output):
    return image_mean(_area(truth, output))


def _weighted_area(truth, output, prior):
    """Weights and weighted areas, a mean over pixels each: `[n, 2]`."""
    weights = 1.0 / tf.gather(prior, ab_bins(truth))
    areas = _area(truth, output)
    return tf.stack([image_mean(weights), image_mean(weights * areas)], axis=-1)


BALANCE = {
    "auc": Metric(
        "AuC",
        "%",
        _mean_area,
        True,
        "Share of pixels within a distance in the a*b* plane, mean over distances of 0, 1, ... 150 "
        "(Zhang et al. 2016).",
        "fidelity",
        finish=percent,
    ),
    "auc_balanced": Metric(
        "Balanced AuC",
        "%",
        _weighted_area,
        True,
        "AuC, pixels weighed by the inverse of how often training pictures have their true color, "
        "in bins of 10 units of a* and b* (Zhang et al. 2016).",
        "fidelity",
        finish=lambda means: percent(ratio(means)),
        num_values=2,
        needs=PRIOR,
    ),
}
"""Metrics of the areas under the curves of Zhang, Isola, Efros, "Colorful image colorization",
ECCV 2016, section 3.1, by name."""
