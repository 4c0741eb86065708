"""Color errors of photographs of any size, pooled over all pixels."""

import numpy as np
import tensorflow as tf

from colorkeras.evaluation.metrics import METRICS

ALL = "all"
"""Key for values over all sources."""

_NAMES = ("psnr_pooled", "ciede2000", "colorfulness_ratio")
"""Keys in `METRICS`; the last metric has two values per image."""


def image_errors(truth, outputs):
    """Compute the input to `summarize` for one photograph.

    Args:
        truth: uint8 `[h, w, 3]`.
        outputs: List of k colorized photographs, uint8 `[h, w, 3]`.

    Returns:
        float64 `[k, 5]`: number of pixels, sums over pixels of squared error and of CIEDE2000, and
        colorfulness of the ground truth and of the output.
    """
    values = _image_means(truth[np.newaxis], np.stack(outputs)).numpy().astype(np.float64)
    num_pixels = np.prod(truth.shape[:2])
    pixels = np.full([len(outputs), 1], num_pixels, np.float64)
    return np.concatenate([pixels, num_pixels * values[:, :2], values[:, 2:]], axis=1)


@tf.function(
    input_signature=[
        tf.TensorSpec([1, None, None, 3], tf.uint8),
        tf.TensorSpec([None, None, None, 3], tf.uint8),
    ],
    autograph=False,
)
def _image_means(truth, outputs):
    truth = tf.cast(tf.repeat(truth, tf.shape(outputs)[0], axis=0), tf.float32)
    values = [METRICS[name].per_image(truth, tf.cast(outputs, tf.float32)) for name in _NAMES]
    return tf.concat([tf.stack(values[:2], axis=-1), values[2]], axis=-1)


def summarize(errors, baseline):
    """Compute color metrics over all pixels of several photographs.

    Args:
        errors: Results of `image_errors` for one colorizer, `[n, 5]`.
        baseline: Results of `image_errors` for the grayscale baseline, `[n, 5]`.

    Returns:
        Dict of float: "psnr" in dB; "gain", the difference from the baseline's PSNR in dB;
            "ciede2000"; "reduction", the reduction in CIEDE2000 relative to the baseline in
            percent; and "colorfulness", the mean as a percentage of the ground truth's.
    """
    pixels, squared, difference, truth, output = np.sum(errors, axis=0)
    _, base_squared, base_difference, _, _ = np.sum(baseline, axis=0)
    return {
        "psnr": _decibels(255**2 * pixels / squared),
        "gain": _decibels(base_squared / squared),
        "ciede2000": float(difference / pixels),
        "reduction": float(100 * (1 - difference / base_difference)),
        "colorfulness": float(100 * output / truth) if truth else 0.0,
    }


def _decibels(ratio):
    return float(10 * np.log10(ratio))


def summarize_groups(errors, baseline, groups):
    """Apply `summarize` to all photographs and, if there are several groups, to each group.

    Args:
        errors: See `summarize`.
        baseline: See `summarize`.
        groups: Group of each photograph, list of str.

    Returns:
        Dict from group to the result of `summarize`; the first key is `ALL`.
    """
    groups = np.array(groups)
    names = np.unique(groups)
    summaries = {ALL: summarize(errors, baseline)}
    if len(names) > 1:
        chosen = {str(name): groups == name for name in names}
        summaries |= {n: summarize(errors[which], baseline[which]) for n, which in chosen.items()}
    return summaries
