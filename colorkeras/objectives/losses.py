"""Losses for the regression objective.

To add a loss, write a function and add it to `LOSSES`. The function takes the prediction's
`ColorEncoding`, ground-truth RGB, float32 `[batch, height, width, 3]` in `[0, 1]`, and the
prediction, float32 `[batch, height, width, num_channels]`. It returns a scalar, the mean over the
batch.
"""

import functools

import tensorflow as tf

from colorkeras.color.gradients import neighbor_differences
from colorkeras.color.spaces import luma

EDGE_CONTRAST = 0.1
"""Luma difference at which `structure` reduces the chroma smoothness weight to 1/e."""


def mean_squared_error(encoding, rgb, prediction):
    """Compute the mean squared error, which is minimized by the mean of the plausible colors."""
    return tf.reduce_mean(tf.math.squared_difference(encoding.encode(rgb), prediction))


def mean_absolute_error(encoding, rgb, prediction):
    """Compute the mean absolute error, which is minimized by the median of the plausible colors."""
    return tf.reduce_mean(tf.abs(encoding.encode(rgb) - prediction))


def structure(encoding, rgb, prediction, smoothness_weight, gradient_weight):
    """Add edge-aware chroma smoothness and luma gradient terms to the mean squared error.

    With the luma Y and chroma C (Cb and Cr) of the prediction, the luma G of the ground truth, and
    differences d between neighboring pixels along an axis, the loss is

        mse + smoothness_weight * sum over axes of mean(exp(-|dG| / EDGE_CONTRAST) |dC|)
            + gradient_weight * sum over axes of mean((dY - dG)^2)

    The smoothness term is the total variation of chroma, weighted less at luma edges. It penalizes
    color noise within objects but not color changes at their borders. The gradient term preserves
    image structure. It is zero for the "chroma" prediction, which keeps the input luma.

    References: Rudin, Osher, Fatemi, "Nonlinear total variation based noise removal algorithms",
    Physica D 60, 1992 (total variation). Godard, Mac Aodha, Brostow, "Unsupervised monocular depth
    estimation with left-right consistency", CVPR 2017, equation 3 (weights exp(-|gradient|)).
    Mathieu, Couprie, LeCun, "Deep multi-scale video prediction beyond mean square error", ICLR
    2016, equation 6, which compares absolute gradients; here they are signed.
    """
    true_luma = luma(rgb)
    predicted_luma, chroma = encoding.luma_and_chroma(true_luma, prediction)
    smoothness = gradient = 0.0
    for edges, luma_steps, chroma_steps in zip(
        neighbor_differences(true_luma),
        neighbor_differences(predicted_luma),
        neighbor_differences(chroma),
        strict=True,
    ):
        smoothness += mean_or_zero(tf.exp(-tf.abs(edges) / EDGE_CONTRAST) * tf.abs(chroma_steps))
        gradient += mean_or_zero(tf.math.squared_difference(luma_steps, edges))
    return (
        mean_squared_error(encoding, rgb, prediction)
        + smoothness_weight * smoothness
        + gradient_weight * gradient
    )


def mean_or_zero(values):
    """Compute the mean, or 0 without values, as for column differences of a 1-pixel-wide image."""
    return tf.math.divide_no_nan(tf.reduce_sum(values), tf.cast(tf.size(values), values.dtype))


LOSSES = {"mse": mean_squared_error, "mae": mean_absolute_error, "structure": structure}
"""Losses by name."""

LOSS_WEIGHTS = {"structure": ("smoothness_weight", "gradient_weight")}
"""Settings passed to each loss as additional arguments."""


def describe(name, settings):
    """Describe a loss and its weights, as in "structure (smoothness_weight 0.1, ...)"."""
    weights = [f"{weight} {getattr(settings, weight):g}" for weight in LOSS_WEIGHTS.get(name, ())]
    return f"{name} ({', '.join(weights)})" if weights else name


def with_weights(name, settings):
    """Bind the weights of a loss and return a function of (encoding, rgb, prediction).

    `settings` must have an attribute for each name in `LOSS_WEIGHTS[name]`.
    """
    weights = {weight: getattr(settings, weight) for weight in LOSS_WEIGHTS.get(name, ())}
    return functools.partial(LOSSES[name], **weights)
