"""Calibration of a model's confidence: predicted versus observed chroma deviations."""

import math
from pathlib import Path

import numpy as np
import tensorflow as tf

from colorkeras.color.spaces import from_uint8, rgb_to_chroma
from colorkeras.data import evaluation_batches
from colorkeras.evaluation.degradations import DEGRADATIONS
from colorkeras.objectives.flow_sampling import NUM_SPREAD_SAMPLES
from colorkeras.utils import plots

NUM_CALIBRATION_GROUPS = 10
"""Number of equally large groups of pixels, ordered from the most to the least certain."""


def calibration(model, source, degradation, num_images):
    """Group pixels by predicted deviation and measure the observed deviation in each group.

    If the predicted distribution is correct, the expected squared error of its mean equals the
    predicted variance. The expected squared error of a sample is twice the variance because both
    the sample and the ground truth vary. An annealed mean lies between the mean and the mode, so
    its error may be slightly larger than the mean's.

    A sampling model's endpoint uses the same noise for all images, so the errors of its few samples
    would not average out. Sampling models are therefore sampled with a different seed per image:
    one sample is the prediction, and the predicted deviation is computed from as many additional
    samples as the endpoint draws. Because there are few samples, low deviations are underestimated
    and high deviations are overestimated.

    Only the first `num_images` images are used, rounded up to whole batches.

    Returns:
        Dict with "predicted", the root mean square of the predicted standard deviation in each
        group; "observed", the root mean square distance from the ground truth in each group; and
        "factor", the expected ratio of observed to predicted values. The first two are lists of
        float, computed jointly over Cb and Cr in `[-0.5, 0.5]`.

    Reference: Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks", ICML 2017,
    section 2 (reliability diagrams).
    """
    predicted, observed = _deviations(model, source, degradation, num_images)
    order = np.argsort(predicted, kind="stable")
    groups = np.array_split(order, NUM_CALIBRATION_GROUPS)
    return {
        "predicted": [_root_mean_square(predicted[group]) for group in groups],
        "observed": [_root_mean_square(observed[group]) for group in groups],
        "factor": math.sqrt(2) if model.samples else 1.0,
    }


def _deviations(model, source, degradation, num_images):
    degrade = DEGRADATIONS[degradation]
    predicted, observed, num_seen = [], [], 0
    for images in evaluation_batches(source):
        if num_seen >= num_images:
            break
        rgb = from_uint8(images)
        if model.samples:
            answer, deviation = _sampled(model, degrade(rgb), num_seen, source.num_examples)
        else:
            answer, deviation = _predicted(model, degrade(rgb))
        num_seen += len(images)
        predicted.append(tf.reshape(deviation, [-1]))
        observed.append(tf.reshape(tf.norm(rgb_to_chroma(rgb) - answer, axis=-1), [-1]))
    return np.concatenate(predicted), np.concatenate(observed)


def _predicted(model, grayscale):
    """Return the chroma and its standard deviation predicted by the endpoint."""
    colored = model.saved_model.signatures["colorize_with_confidence"](grayscale=grayscale)
    return rgb_to_chroma(colored["rgb"]), colored["standard_deviation"]


def _sampled(model, grayscale, first, num_examples):
    """Return the chroma of one sample per image and the standard deviation of further samples."""
    seeds = first + tf.range(len(grayscale))
    answer, *others = (
        rgb_to_chroma(model.color(grayscale, seeds + number * num_examples))
        for number in range(NUM_SPREAD_SAMPLES + 1)
    )
    _, variance = tf.nn.moments(tf.stack(others), axes=[0])
    # Bessel's correction, as in the endpoint.
    variance *= NUM_SPREAD_SAMPLES / (NUM_SPREAD_SAMPLES - 1)
    return answer, tf.sqrt(tf.reduce_sum(variance, axis=-1))


def _root_mean_square(values):
    return float(np.sqrt(np.mean(np.square(values, dtype="float64"))))


def save_plot(path, measured, title):
    """Save a reliability diagram as a PNG file; ideally, the points lie on the dashed line."""
    plots.save_scatter(
        Path(path),
        {"deciles of pixels": (measured["predicted"], measured["observed"])},
        ("predicted standard deviation of chroma", "observed deviation from the ground truth"),
        title,
        slope=measured["factor"],
    )
