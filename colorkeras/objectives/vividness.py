"""Decode predicted distributions of chroma at a vividness.

Training multiplies the loss of rare colors by class weights w. At inference, the distribution is
multiplied by `w ** -alpha` and sharpened. Vividness sets alpha: an alpha of 1 undoes the class
weights, lower values favor rare colors.
"""

import tensorflow as tf

from colorkeras.color.chroma_bins import annealed_mean

TEMPERATURE = 0.5
"""Temperature of the annealed mean."""

_ALPHAS = (0.5, -0.25, -1.0)
"""Alpha at vividness 0, 0.5 and 1; linear in between."""

_POINTS_SHARE = 0.5
"""Share of the predicted mean and median at vividness 0; falls linearly to 0 at 0.5."""


def vividness_alpha(vividness):
    """Return alpha, which falls as vividness rises.

    Args:
        vividness: float, any shape; values outside of `[0, 1]` are clipped.

    Returns:
        float32 of the same shape.

    Example:

    >>> vividness_alpha([0.0, 0.25, 0.5, 1.0]).numpy().tolist()
    [0.5, 0.125, -0.25, -1.0]
    """
    vividness = tf.clip_by_value(tf.cast(vividness, tf.float32), 0.0, 1.0)
    careful, default, lively = _ALPHAS
    low = careful + (default - careful) * 2 * vividness
    high = default + (lively - default) * (2 * vividness - 1)
    return tf.where(vividness < 0.5, low, high)


def decode_chroma(predictions, log_weights, vividness):
    """Compute chroma from a predicted distribution, mean and median.

    Args:
        predictions: Dict of `logits`, float32 `[batch, h, w, NUM_CHROMA_BINS]`, and `points`,
            float32 `[batch, h, w, 4]`: mean Cb and Cr, median Cb and Cr.
        log_weights: Logarithms of the class weights, float32 `[NUM_CHROMA_BINS]`.
        vividness: float32, scalar or `[batch]`, in `[0, 1]`.

    Returns:
        Cb and Cr, float32 `[batch, h, w, 2]`.
    """
    vividness = tf.reshape(tf.cast(vividness, tf.float32), [-1, 1, 1, 1])
    points = predictions["points"]
    point = (points[..., :2] + points[..., 2:]) / 2
    share = _POINTS_SHARE * tf.nn.relu(1 - 2 * vividness)
    logits = predictions["logits"] - vividness_alpha(vividness) * log_weights
    return share * point + (1 - share) * annealed_mean(logits, TEMPERATURE)
