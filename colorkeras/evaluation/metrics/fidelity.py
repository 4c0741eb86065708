"""Fidelity metrics: per-pixel distance between the prediction and the ground truth."""

import numpy as np
import tensorflow as tf

from colorkeras.color.ciede2000 import ciede2000
from colorkeras.evaluation.color_statistics import ab_bins
from colorkeras.evaluation.metrics.base import (
    PRIOR,
    SAMPLES,
    Metric,
    image_mean,
    lab,
    percent,
    ratio,
)

PSNR_CAP = 60.0
"""Maximum PSNR in dB. Exact reproductions have an infinite PSNR; the cap keeps means finite."""

_MAX_DISTANCE = 150


def squared_error(truth, output):
    """Compute the mean squared error of each image, `[n]`, or `[k, n]` for `[k, n, h, w, 3]`."""
    return tf.reduce_mean(tf.math.squared_difference(truth, output), axis=[-3, -2, -1])


def psnr(mean_squared_error):
    """Compute the PSNR in dB for a peak value of 255, capped at `PSNR_CAP`."""
    peak_ratio = 255.0**2 / tf.maximum(mean_squared_error, 1e-9)
    return tf.minimum(10.0 * tf.math.log(peak_ratio) / tf.math.log(10.0), PSNR_CAP)


def color_difference(truth, output):
    """Compute the mean CIEDE2000 color difference of each image, `[n]`."""
    return image_mean(ciede2000(lab(truth), lab(output)))


def _mean_psnr(truth, output):
    return psnr(squared_error(truth, output))


def _lowest_squared_error(truth, samples):
    return tf.reduce_min(squared_error(truth, samples), axis=0)


def _ssim(truth, output):
    return tf.image.ssim(truth, output, max_val=255.0)


def _absolute_error(truth, output):
    return image_mean(tf.abs(truth - output))


def _ab_squared_distance(truth, output):
    """Compute the squared distance between pixels in the a*b* plane, `[n, h, w]`."""
    difference = lab(truth)[..., 1:] - lab(output)[..., 1:]
    return tf.reduce_sum(tf.square(difference), axis=-1)


def _ab_squared_error(truth, output):
    return image_mean(_ab_squared_distance(truth, output))


def _area_under_curve(truth, output):
    """Compute the area under the accuracy curve for each pixel, float32 `[n, h, w]` in `[0, 1]`.

    A pixel is accurate at a threshold if its a*b* distance from the ground truth does not exceed
    the threshold. The ceiling of this distance is the lowest of the thresholds 0, 1, ..., 150 at
    which the pixel is accurate.
    """
    distance = tf.math.ceil(tf.sqrt(_ab_squared_distance(truth, output)))
    count = _MAX_DISTANCE + 1
    return tf.maximum(count - distance, 0.0) / count


def _mean_area(truth, output):
    return image_mean(_area_under_curve(truth, output))


def _weighted_area(truth, output, prior):
    """Compute each image's mean pixel weight and mean weighted area under the curve, `[n, 2]`."""
    weights = 1.0 / tf.gather(prior, ab_bins(truth))
    areas = _area_under_curve(truth, output)
    return tf.stack([image_mean(weights), image_mean(weights * areas)], axis=-1)


def _lab_accuracy(tolerance):
    """Define the metric "percentage of accurate pixels" for a tolerance in percent.

    A pixel is accurate if its errors in L*, a* and b* are all within the tolerance. L*, a* and b*
    are rounded to whole numbers. L* spans 100 units, and a* and b* span 220 units each, so one
    percent corresponds to 1 unit of L* and 2.2 units of a* and b*.

    Reference: Nazeri, Ng, Ebrahimi, "Image colorization using generative adversarial networks",
    AMDO 2018.
    """
    limits = tolerance * np.array([1.0, 2.2, 2.2], np.float32)

    def per_image(truth, output):
        difference = tf.abs(tf.round(lab(truth)) - tf.round(lab(output)))
        return image_mean(tf.cast(tf.reduce_all(difference <= limits, axis=-1), tf.float32))

    return Metric(
        f"Lab accuracy {tolerance}%",
        "%",
        per_image,
        True,
        f"Percentage of pixels within {tolerance}% in L*, a* and b* (Nazeri et al. 2018).",
        finalize=percent,
    )


FIDELITY = {
    "psnr_pooled": Metric(
        "PSNR, pooled",
        "dB",
        squared_error,
        True,
        "PSNR for the RGB squared error pooled over all images, capped at 60 dB.",
        finalize=psnr,
    ),
    "psnr_mean": Metric(
        "PSNR, mean",
        "dB",
        _mean_psnr,
        True,
        "RGB PSNR of each image, capped at 60 dB, averaged over images.",
    ),
    "ssim": Metric(
        "SSIM",
        "",
        _ssim,
        True,
        "Structural similarity (Wang et al. 2004), 11-pixel Gaussian window, mean over RGB.",
        decimals=3,
    ),
    "mae": Metric(
        "MAE", "/255", _absolute_error, False, "Mean absolute RGB error in 8-bit levels."
    ),
    "ab_rmse": Metric(
        "a*b* RMSE",
        "",
        _ab_squared_error,
        False,
        "Root mean squared distance in the a*b* plane of CIE L*a*b*.",
        finalize=tf.sqrt,
    ),
    "ciede2000": Metric(
        "CIEDE2000",
        "",
        color_difference,
        False,
        "Mean CIEDE2000 color difference (Sharma et al. 2005).",
    ),
    "lab_accuracy_2": _lab_accuracy(2),
    "lab_accuracy_5": _lab_accuracy(5),
    "best_of_8": Metric(
        "Best of 8",
        "dB",
        _lowest_squared_error,
        True,
        "Pooled PSNR of the best of 8 samples per image, i.e. the closest to the ground truth.",
        finalize=psnr,
        needs=SAMPLES,
    ),
    "auc": Metric(
        "AuC",
        "%",
        _mean_area,
        True,
        "Percentage of pixels within a distance in the a*b* plane, averaged over the distances 0, "
        "1, ..., 150 (Zhang et al. 2016).",
        finalize=percent,
    ),
    "auc_balanced": Metric(
        "Balanced AuC",
        "%",
        _weighted_area,
        True,
        "AuC with pixels weighted by the inverse frequency of their true color in the training "
        "split, in bins of size 10 in a* and b* (Zhang et al. 2016).",
        finalize=lambda means: percent(ratio(means)),
        num_values=2,
        needs=PRIOR,
    ),
}
"""Fidelity metrics by name.

The areas under the curve follow Zhang, Isola, Efros, "Colorful image colorization", ECCV 2016,
section 3.1.
"""
