"""Structure metrics, which compare chroma and luma edges with those in the ground truth."""

import tensorflow as tf

from colorkeras.color.gradients import neighbor_differences
from colorkeras.color.spaces import luma, rgb_to_chroma
from colorkeras.evaluation.metrics.base import Metric, ratio


def _chroma_variations(truth, output):
    """Compute the total variation of chroma in the ground truth and the output, `[n, 2]`."""
    return tf.stack([_total_variation(rgb_to_chroma(rgb)) for rgb in (truth, output)], axis=-1)


def _total_variation(images):
    return sum(
        tf.reduce_sum(tf.abs(steps), axis=[1, 2, 3]) for steps in neighbor_differences(images)
    ) / tf.cast(tf.size(images[0]), tf.float32)


def _luma_gradient_moments(truth, output):
    """Compute the means of x, y, x^2, y^2 and x y, where x and y are luma gradients, `[n, 5]`."""
    x, y = (
        tf.concat(
            [tf.reshape(s, [tf.shape(s)[0], -1]) for s in neighbor_differences(luma(rgb))], axis=1
        )
        for rgb in (truth, output)
    )
    return tf.stack([tf.reduce_mean(v, axis=1) for v in (x, y, x * x, y * y, x * y)], axis=-1)


def _correlation(means):
    x, y, xx, yy, xy = tf.unstack(means, axis=-1)
    return tf.math.divide_no_nan(xy - x * y, tf.sqrt((xx - x * x) * (yy - y * y)))


STRUCTURE = {
    "chroma_variation": Metric(
        "Chroma variation",
        "",
        _chroma_variations,
        None,
        "Total variation of BT.601 chroma over all images, relative to the ground truth.",
        finalize=ratio,
        num_values=2,
    ),
    "luma_gradients": Metric(
        "Luma gradients",
        "",
        _luma_gradient_moments,
        True,
        "Correlation of luma differences between neighboring pixels with those in the ground "
        "truth, over all images.",
        finalize=_correlation,
        num_values=5,
        decimals=3,
    ),
}
"""Structure metrics by name."""
