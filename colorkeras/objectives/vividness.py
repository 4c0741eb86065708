"""Decode predicted chroma distributions with adjustable vividness.

Training multiplies the loss by class weights w, which emphasize rare colors. At inference, the
distribution is multiplied by `w ** -alpha`, sharpened, averaged, and mixed with the predicted
median. The result has a low error but is pale, like all averages of plausible colors. To make it
more colorful while adding as little squared error as possible, pixels are moved away from the
image's mean color. The root mean square of this shift is set by vividness and is about the same for
all colorful images.
"""

import tensorflow as tf

from colorkeras.color.chroma_bins import annealed_mean

DEFAULT_VIVIDNESS = 0.5
"""Default vividness."""

_ALPHA = 0.5
"""Exponent alpha; 0 retains the effect of the class weights, and 1 removes it."""

_TEMPERATURE = 0.3
"""Temperature of the annealed mean."""

_MEDIAN_SHARE = 0.75
"""Weight of the predicted median when it is mixed with the annealed mean."""

_BOOST = (0.0, 0.052, 0.112)
"""Root mean square of the added chroma at vividness 0, 0.5 and 1; interpolated linearly."""

_MEAN_BOOST = 0.2
"""Boost of the image's mean color, relative to the boost of deviations from the mean."""

_MIN_SPREAD = 0.02
"""Constant added to the chroma spread to limit the boost of gray images."""

_NEUTRAL = 0.015
"""Chroma at which the boost is halved; neutral pixels, such as borders, stay neutral."""

_SKIN_DIRECTION = (-0.53, 0.848)
"""Hue shared by all skin tones (122 degrees), as a unit vector (Cb, Cr)."""

_SKIN_PROTECTION, _SKIN_CONCENTRATION = 0.9, 10.5
"""Strength and concentration of the reduction in boost for skin tones.

The strength is the relative reduction at the skin hue. The concentration determines how quickly the
reduction decays with the hue angle (37% remains at 25 degrees). Skin needs less boost because
networks predict it well.
"""


def decode_chroma(predictions, log_weights, vividness):
    """Compute chroma from a predicted distribution, mean and median.

    Args:
        predictions: Dict with `logits`, float32 `[batch, h, w, NUM_CHROMA_BINS]`, and `points`,
            float32 `[batch, h, w, 4]`: mean Cb and Cr, median Cb and Cr.
        log_weights: Logarithms of the class weights, float32 `[NUM_CHROMA_BINS]`.
        vividness: float32, scalar or `[batch]`; clipped to `[0, 1]`.

    Returns:
        Cb and Cr, float32 `[batch, h, w, 2]`.
    """
    vividness = tf.clip_by_value(tf.cast(vividness, tf.float32), 0.0, 1.0)
    careful, default, lively = _BOOST
    low = careful + (default - careful) * 2 * vividness
    high = default + (lively - default) * (2 * vividness - 1)
    amount = tf.reshape(tf.where(vividness < 0.5, low, high), [-1, 1, 1, 1])
    mean = annealed_mean(predictions["logits"] - _ALPHA * log_weights, _TEMPERATURE)
    median = predictions["points"][..., 2:]
    return boost(_MEDIAN_SHARE * median + (1 - _MEDIAN_SHARE) * mean, amount)


def boost(chroma, amount):
    """Make images more colorful by moving chroma away from gray and from each image's mean.

    Args:
        chroma: Cb and Cr, float32 `[batch, h, w, 2]`.
        amount: Root mean square of the chroma added to colorful images, float32 scalar or
            `[batch, 1, 1, 1]`. Pale images and neutral pixels change less.

    Returns:
        float32 `[batch, h, w, 2]`.

    Example:

    >>> chroma = tf.constant([[[[0.1, 0.0], [-0.1, 0.0], [0.0, 0.0]]]])
    >>> [f"{value:.2f}" for value in boost(chroma, 0.05).numpy()[0, 0, :, 0]]
    ['0.14', '-0.14', '0.00']
    """
    chroma = tf.cast(chroma, tf.float32)
    mean = tf.reduce_mean(chroma, axis=[1, 2], keepdims=True)
    deviation = chroma - mean
    squared = tf.reduce_sum(tf.square(deviation), axis=-1, keepdims=True)
    spread = tf.sqrt(tf.reduce_mean(squared, axis=[1, 2], keepdims=True))
    added = deviation / (spread + _MIN_SPREAD)
    added += _MEAN_BOOST * mean / (tf.norm(mean, axis=-1, keepdims=True) + _MIN_SPREAD)
    norm = tf.norm(chroma, axis=-1, keepdims=True)
    along_skin = tf.reduce_sum(chroma * _SKIN_DIRECTION, axis=-1, keepdims=True)
    cosine = tf.math.divide_no_nan(along_skin, norm)
    protection = _SKIN_PROTECTION * tf.exp(_SKIN_CONCENTRATION * (cosine - 1))
    return chroma + amount * added * (1 - protection) * norm / (norm + _NEUTRAL)
