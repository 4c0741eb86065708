"""Losses of regressions.

Add a loss by adding a function and one entry to `LOSSES`. A loss takes the `Representation` that
the network predicts, the true RGB, float32 `[n, h, w, 3]` in 0..1, and the prediction, float32
`[n, h, w, num_channels]`; it returns one scalar, the mean over the batch.
"""

import functools

import tensorflow as tf

from colorkeras.color.gradients import neighbor_differences
from colorkeras.color.spaces import luma

EDGE_CONTRAST = 0.1
"""Luma step, 0..1, at which `structure` lets chroma change e times more freely than on a plane."""


def mean_squared_error(representation, rgb, prediction):
    """Mean squared error; its minimum is the mean of the plausible colors."""
    return tf.reduce_mean(tf.math.squared_difference(representation.target(rgb), prediction))


def mean_absolute_error(representation, rgb, prediction):
    """Mean absolute error; its minimum is the median of the plausible colors."""
    return tf.reduce_mean(tf.abs(representation.target(rgb) - prediction))


def structure(representation, rgb, prediction, smoothness_weight, gradient_weight):
    """Mean squared error, smooth chroma between edges, and the luma gradients of the truth.

    With luma Y and chroma C (Cb and Cr) of the prediction, luma G of the truth, and d the
    difference of neighbors along an axis, this is

        mse + smoothness_weight * sum over axes of mean(exp(-|dG| / EDGE_CONTRAST) |dC|)
            + gradient_weight * sum over axes of mean((dY - dG)^2)

    The term of smoothness is total variation of chroma, weighted down where luma has an edge:
    color neither speckles inside a thing nor bleeds over its border. The term of gradients keeps
    the drawing, which is the input's unless that is degraded; it is zero for output "chroma",
    which takes its luma from the input.

    Args:
        representation: See the module, as for `rgb` and `prediction`.
        rgb: Likewise.
        prediction: Likewise.
        smoothness_weight: At least 0.
        gradient_weight: At least 0.

    References: Rudin, Osher, Fatemi, "Nonlinear total variation based noise removal algorithms",
    Physica D 60, 1992 (total variation). Godard, Mac Aodha, Brostow, "Unsupervised monocular depth
    estimation with left-right consistency", CVPR 2017, equation 3 (weights exp(-|gradient|)).
    Mathieu, Couprie, LeCun, "Deep multi-scale video prediction beyond mean square error", ICLR
    2016, equation 6, which compares the gradients' absolute values; here the sign counts.
    """
    guide = luma(rgb)
    predicted_luma, chroma = representation.luma_and_chroma(guide, prediction)
    smoothness = gradient = 0.0
    for edges, luma_steps, chroma_steps in zip(
        neighbor_differences(guide),
        neighbor_differences(predicted_luma),
        neighbor_differences(chroma),
        strict=True,
    ):
        smoothness += _mean(tf.exp(-tf.abs(edges) / EDGE_CONTRAST) * tf.abs(chroma_steps))
        gradient += _mean(tf.math.squared_difference(luma_steps, edges))
    return (
        mean_squared_error(representation, rgb, prediction)
        + smoothness_weight * smoothness
        + gradient_weight * gradient
    )


def _mean(values):
    """Mean, 0 of nothing: a picture one pixel wide has no neighbors."""
    return tf.math.divide_no_nan(tf.reduce_sum(values), tf.cast(tf.size(values), values.dtype))


LOSSES = {"mse": mean_squared_error, "mae": mean_absolute_error, "structure": structure}
"""Losses by name."""

LOSS_WEIGHTS = {"structure": ("smoothness_weight", "gradient_weight")}
"""Names of the settings that a loss takes as further arguments; most take none."""


def describe(name, settings):
    """The name of a loss with its weights, for records.

    Args:
        name: Key of `LOSSES`.
        settings: As for `with_weights`.

    Returns:
        str, for example "structure (smoothness_weight 0.1, gradient_weight 0.5)" or "mse".
    """
    weights = [f"{weight} {getattr(settings, weight):g}" for weight in LOSS_WEIGHTS.get(name, ())]
    return f"{name} ({', '.join(weights)})" if weights else name


def with_weights(name, settings):
    """`LOSSES[name]` with its weights filled in.

    Args:
        name: Key of `LOSSES`.
        settings: Object with an attribute for each name in `LOSS_WEIGHTS[name]`.

    Returns:
        Function of representation, rgb and prediction.
    """
    weights = {weight: getattr(settings, weight) for weight in LOSS_WEIGHTS.get(name, ())}
    return functools.partial(LOSSES[name], **weights)
