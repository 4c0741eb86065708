"""Losses of the regression objective.

To add one, add a function and an entry to `LOSSES`. A loss takes the `ColorEncoding` of the
prediction, ground-truth RGB, float32 `[batch, height, width, 3]` in `[0, 1]`, and the prediction,
float32 `[batch, height, width, num_channels]`. It returns a scalar, the mean over the batch.
"""

import functools

import tensorflow as tf

from colorkeras.color.gradients import neighbor_differences
from colorkeras.color.spaces import luma

EDGE_CONTRAST = 0.1
"""Luma difference at which `structure` divides the weight of chroma smoothness by e."""


def mean_squared_error(encoding, rgb, prediction):
    """Mean squared error; its minimum is the mean of the plausible colors."""
    return tf.reduce_mean(tf.math.squared_difference(encoding.encode(rgb), prediction))


def mean_absolute_error(encoding, rgb, prediction):
    """Mean absolute error; its minimum is the median of the plausible colors."""
    return tf.reduce_mean(tf.abs(encoding.encode(rgb) - prediction))


def structure(encoding, rgb, prediction, smoothness_weight, gradient_weight):
    """Mean squared error with edge-aware chroma smoothness and luma gradient terms.

    With luma Y and chroma C (Cb and Cr) of the prediction, luma G of the ground truth, and d the
    difference of neighboring pixels along an axis:

        mse + smoothness_weight * sum over axes of mean(exp(-|dG| / EDGE_CONTRAST) |dC|)
            + gradient_weight * sum over axes of mean((dY - dG)^2)

    The smoothness term is the total variation of chroma, with less weight at luma edges: it
    penalizes color noise within objects but not color changes at their borders. The gradient term
    preserves image structure; it is zero for the prediction "chroma", which keeps the luma of the
    input.

    Args:
        encoding: `ColorEncoding` of the prediction.
        rgb: Ground truth, float32 `[batch, height, width, 3]` in `[0, 1]`.
        prediction: float32 `[batch, height, width, num_channels]`.
        smoothness_weight: Weight of the smoothness term, at least 0.
        gradient_weight: Weight of the gradient term, at least 0.

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
        smoothness += _mean(tf.exp(-tf.abs(edges) / EDGE_CONTRAST) * tf.abs(chroma_steps))
        gradient += _mean(tf.math.squared_difference(luma_steps, edges))
    return (
        mean_squared_error(encoding, rgb, prediction)
        + smoothness_weight * smoothness
        + gradient_weight * gradient
    )


def _mean(values):
    """Return the mean, or 0 for no values: an image one pixel wide has no neighbors."""
    return tf.math.divide_no_nan(tf.reduce_sum(values), tf.cast(tf.size(values), values.dtype))


LOSSES = {"mse": mean_squared_error, "mae": mean_absolute_error, "structure": structure}
"""Losses by name."""

LOSS_WEIGHTS = {"structure": ("smoothness_weight", "gradient_weight")}
"""Settings that a loss takes as further arguments."""


def describe(name, settings):
    """Describe a loss with its weights.

    Args:
        name: Key of `LOSSES`.
        settings: As for `with_weights`.

    Returns:
        str, for example "mse" or "structure (smoothness_weight 0.1, gradient_weight 0.5)".
    """
    weights = [f"{weight} {getattr(settings, weight):g}" for weight in LOSS_WEIGHTS.get(name, ())]
    return f"{name} ({', '.join(weights)})" if weights else name


def with_weights(name, settings):
    """Return a loss with its weights bound.

    Args:
        name: Key of `LOSSES`.
        settings: Object with an attribute for each name in `LOSS_WEIGHTS[name]`.

    Returns:
        Function of encoding, rgb and prediction.
    """
    weights = {weight: getattr(settings, weight) for weight in LOSS_WEIGHTS.get(name, ())}
    return functools.partial(LOSSES[name], **weights)
