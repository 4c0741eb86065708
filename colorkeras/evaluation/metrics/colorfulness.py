"""Colorfulness metrics: the amount and variety of color, regardless of position."""

import math

import tensorflow as tf

from colorkeras.evaluation.metrics.base import (
    SAMPLES,
    Metric,
    image_mean,
    lab,
    percent,
    ratio,
)
from colorkeras.evaluation.metrics.fidelity import color_difference

NUM_HUES = 36
"""Number of hue bins in the a*b* plane; each covers 10 degrees."""

# Above the rounding error of 8-bit grays and below the chroma of all other 8-bit colors.
_MIN_CHROMA = 0.1


def colorfulness(rgb):
    """Compute the colorfulness of RGB images in `[0, 255]`, based on signed opponent colors.

    The result is float32 `[n]`: 0 is gray, 15 slightly, 45 quite and 82 highly colorful.

    Reference: Hasler and Suesstrunk, "Measuring colourfulness in natural images", SPIE 5007, 2003.
    """
    red, green, blue = tf.unstack(rgb, axis=-1)
    red_green = red - green
    yellow_blue = (red + green) / 2 - blue
    means, variances = tf.nn.moments(tf.stack([red_green, yellow_blue], axis=-1), axes=[1, 2])
    deviation = tf.sqrt(tf.reduce_sum(variances, axis=-1))
    distance = tf.sqrt(tf.reduce_sum(tf.square(means), axis=-1))
    return deviation + 0.3 * distance


def _both_colorfulness(truth, output):
    return tf.stack([colorfulness(truth), colorfulness(output)], axis=-1)


def ab_chroma(rgb):
    """Compute the chroma C*ab of each pixel, 0 for gray: `[n, h, w, 3]` to `[n, h, w]`."""
    chroma = tf.norm(lab(rgb)[..., 1:], axis=-1)
    return tf.where(chroma < _MIN_CHROMA, 0.0, chroma)


def hue_histogram(rgb):
    """Compute each image's hue histogram, weighted by chroma because gray has no hue.

    The result is float32 `[n, NUM_HUES]`: for each bin, the sum of C*ab over the pixels with hues
    in the bin, divided by the total number of pixels. The first bin covers 0 to 10 degrees.
    """
    _, a, b = tf.unstack(lab(rgb), axis=-1)
    turns = tf.math.floormod(tf.atan2(b, a) / (2 * math.pi), 1.0)
    # Hues just below 360 degrees may be rounded to 360.
    bins = tf.minimum(tf.cast(turns * NUM_HUES, tf.int32), NUM_HUES - 1)
    num_pixels = tf.shape(rgb)[1] * tf.shape(rgb)[2]
    histogram = tf.math.bincount(
        tf.reshape(bins, [-1, num_pixels]),
        weights=tf.reshape(ab_chroma(rgb), [-1, num_pixels]),
        minlength=NUM_HUES,
        maxlength=NUM_HUES,
        axis=-1,
    )
    return tf.ensure_shape(histogram, [None, NUM_HUES]) / tf.cast(num_pixels, tf.float32)


def _both_hue_histograms(truth, output):
    return tf.concat([hue_histogram(truth), hue_histogram(output)], axis=-1)


def hue_distance(histograms):
    """Compute the earth mover's distance between two hue histograms on the circle.

    The distance is the mean angle by which the colors of one histogram must be rotated to match the
    other, so a slight shift of all hues results in a small distance. It equals the L1 distance
    between the cumulative histograms after subtracting their median difference.

    Maps two concatenated histograms with arbitrary sums, float32 `[..., 2 * NUM_HUES]`, to
    `[0, 180]` degrees. A histogram of zeros represents gray: the distance is 180 if exactly one
    histogram is gray, and 0 if both are.

    Reference: Rabin, Delon, Gousseau, "Transportation distances on the circle", Journal of
    Mathematical Imaging and Vision 41, 2011.
    """
    first, second = tf.split(histograms, 2, axis=-1)
    sums = [tf.reduce_sum(histogram, axis=-1, keepdims=True) for histogram in (first, second)]
    shares = [tf.math.divide_no_nan(h, s) for h, s in zip((first, second), sums, strict=True)]
    difference = tf.cumsum(shares[0] - shares[1], axis=-1)
    median = tf.sort(difference, axis=-1)[..., NUM_HUES // 2, tf.newaxis]
    distance = tf.reduce_sum(tf.abs(difference - median), axis=-1) * (360 / NUM_HUES)
    gray = tf.concat(sums, axis=-1) == 0
    one_is_gray = tf.reduce_any(gray, axis=-1) & ~tf.reduce_all(gray, axis=-1)
    return tf.where(one_is_gray, 180.0, distance)


def _sample_difference(truth, samples):
    del truth
    return color_difference(samples[0], samples[1])


COLORFULNESS = {
    "colorfulness": Metric(
        "Colorfulness",
        "",
        lambda truth, output: colorfulness(output),
        None,
        "Mean colorfulness of the images (Hasler and Suesstrunk 2003, signed opponent colors). "
        "Compare with the ground truth.",
    ),
    "colorfulness_ratio": Metric(
        "Colorfulness ratio",
        "%",
        _both_colorfulness,
        None,
        "Mean colorfulness as a percentage of the ground truth's.",
        finalize=lambda means: percent(ratio(means)),
        num_values=2,
    ),
    "mean_chroma": Metric(
        "Mean chroma",
        "",
        lambda truth, output: image_mean(ab_chroma(output)),
        None,
        "Mean distance from gray in the CIE a*b* plane. Compare with the ground truth.",
    ),
    "hue_distance": Metric(
        "Hue distance",
        "deg",
        _both_hue_histograms,
        False,
        "Earth mover's distance on the hue circle between the hues in all colorized images and "
        "those in the ground truth, weighted by chroma; 180 for gray output.",
        finalize=hue_distance,
        num_values=2 * NUM_HUES,
    ),
    "diversity": Metric(
        "Diversity",
        "",
        _sample_difference,
        None,
        "Mean CIEDE2000 color difference between two samples of the same image.",
        needs=SAMPLES,
    ),
}
"""Colorfulness metrics by name."""
