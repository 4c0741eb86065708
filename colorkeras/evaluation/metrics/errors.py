"""Distances from the ground truth, pixel by pixel."""

import numpy as np
import tensorflow as tf

from colorkeras.color.ciede2000 import ciede2000
from colorkeras.evaluation.metrics.definition import SAMPLES, Metric, image_mean, lab, percent

PSNR_CAP = 60.0
"""dB. A picture that is reproduced exactly has infinite PSNR; the cap keeps means finite."""


def squared_error(truth, output):
    """Mean squared error of each picture, `[n]`; `[k, n]` for outputs `[k, n, h, w, 3]`."""
    return tf.reduce_mean(tf.math.squared_difference(truth, output), axis=[-3, -2, -1])


def psnr(mean_squared_error):
    """PSNR in dB for a peak of 255, at most `PSNR_CAP`."""
    share = 255.0**2 / tf.maximum(mean_squared_error, 1e-9)
    return tf.minimum(10.0 * tf.math.log(share) / tf.math.log(10.0), PSNR_CAP)


def _mean_psnr(truth, output):
    return psnr(squared_error(truth, output))


def _lowest_squared_error(truth, samples):
    return tf.reduce_min(squared_error(truth, samples), axis=0)


def _ssim(truth, output):
    return tf.image.ssim(truth, output, max_val=255.0)


def _absolute_error(truth, output):
    return image_mean(tf.abs(truth - output))


def ab_squared_distance(truth, output):
    """Squared distance of each pixel in the a*b* plane, `[n, h, w]`."""
    difference = lab(truth)[..., 1:] - lab(output)[..., 1:]
    return tf.reduce_sum(tf.square(difference), axis=-1)


def _ab_squared_error(truth, output):
    return image_mean(ab_squared_distance(truth, output))


def color_difference(truth, output):
    """Mean CIEDE2000 of each picture, `[n]`."""
    return image_mean(ciede2000(lab(truth), lab(output)))


def _lab_accuracy(tolerance):
    """The share of pixels whose L*a*b* has the truth's value within a tolerance in percent.

    L*, a* and b* are rounded to whole numbers. L* spans 100, a* and b* 220, so that a percent is
    1 there and 2.2 here.

    Reference: Nazeri, Ng, Ebrahimi, "Image colorization using generative adversarial networks",
    AMDO 2018.
    """
    limits = tolerance * np.array([1.0, 2.2, 2.2], np.float32)

    def per_image(truth, output):
        difference = tf.abs(tf.round(lab(truth)) - tf.round(lab(output)))
        return image_mean(tf.cast(tf.reduce_all(difference <= limits, axis=-1), tf.float32))

    return per_image


def _lab_accuracy_metric(tolerance):
    return Metric(
        f"Lab accuracy {tolerance} %",
        "%",
        _lab_accuracy(tolerance),
        True,
        f"Share of pixels within {tolerance} % in each of L*, a* and b* (Nazeri et al. 2018).",
        "fidelity",
        finish=percent,
    )


ERRORS = {
    "psnr_pooled": Metric(
        "PSNR, pooled",
        "dB",
        squared_error,
        True,
        "PSNR of the squared error pooled over all pictures, RGB, capped at 60 dB.",
        "fidelity",
        finish=psnr,
    ),
    "psnr_mean": Metric(
        "PSNR, mean",
        "dB",
        _mean_psnr,
        True,
        "Mean of the pictures' PSNR, RGB, each capped at 60 dB.",
        "fidelity",
    ),
    "ssim": Metric(
        "SSIM",
        "",
        _ssim,
        True,
        "Structural similarity (Wang et al. 2004), Gaussian window of 11 pixels, mean over RGB.",
        "fidelity",
        decimals=3,
    ),
    "mae": Metric(
        "MAE",
        "/255",
        _absolute_error,
        False,
        "Mean absolute error of RGB in 8-bit levels.",
        "fidelity",
    ),
    "ab_rmse": Metric(
        "a*b* RMSE",
        "",
        _ab_squared_error,
        False,
        "Root of the mean squared distance in the a*b* plane of CIE L*a*b*.",
        "fidelity",
        finish=tf.sqrt,
    ),
    "ciede2000": Metric(
        "CIEDE2000",
        "",
        color_difference,
        False,
        "Mean CIEDE2000 color difference (Sharma et al. 2005).",
        "fidelity",
    ),
    "lab_accuracy_2": _lab_accuracy_metric(2),
    "lab_accuracy_5": _lab_accuracy_metric(5),
    "best_of_8": Metric(
        "Best of 8",
        "dB",
        _lowest_squared_error,
        True,
        "PSNR, pooled, of that one of 8 samples of each picture that comes nearest to the truth.",
        "fidelity",
        finish=psnr,
        needs=SAMPLES,
    ),
}
"""Metrics of single pixels' errors, and of SSIM's windows, by name."""
