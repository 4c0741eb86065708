"""Calibration of a model's confidence: predicted and observed deviation of chroma."""

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
"""Number of groups of pixels, equally large, from the most to the least certain."""


def calibration(model, source, degradation, num_images):
    """Group pixels by predicted deviation and measure the observed deviation in each group.

    If the predicted distribution is right, the expected squared error of its mean is the predicted
    variance. For a sample it is twice that, because sample and ground truth both vary. An annealed
    mean lies between mean and mode and may deviate slightly more.

    The endpoint of a sampling model uses the same noise for all images, a few samples whose error
    would not average out. The model therefore is sampled with a seed per image: one sample is the
    answer, and as many further samples as the endpoint draws give the spread. An estimate from few
    samples is rough: low values tend to be too low, high values too high.

    Args:
        model: `ExportedModel` with the endpoint "colorize_with_confidence".
        source: `Source` of ground truth.
        degradation: Key of `DEGRADATIONS`, applied to the model's input.
        num_images: Number of images, from the first one; rounded up to whole batches.

    Returns:
        Dict of "predicted" and "observed", lists of `NUM_CALIBRATION_GROUPS` floats: root mean
        square of the standard deviation and of the distance to the ground truth, Cb and Cr in
        `[-0.5, 0.5]` together; and "factor", their expected ratio.

    Reference: Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks", ICML 2017,
    section 2, on reliability diagrams.
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
    """Chroma and its standard deviation from the endpoint."""
    colored = model.saved_model.signatures["colorize_with_confidence"](grayscale=grayscale)
    return rgb_to_chroma(colored["rgb"]), colored["standard_deviation"]


def _sampled(model, grayscale, first, num_examples):
    """Chroma of one sample per image and the standard deviation of further samples."""
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
    """Save a reliability diagram as PNG; a calibrated model lies on the line.

    Args:
        path: Path of the file.
        measured: Dict from `calibration`.
        title: Title of the plot.
    """
    plots.save_scatter(
        Path(path),
        {"tenths of the pixels": (measured["predicted"], measured["observed"])},
        ("predicted standard deviation of chroma", "observed deviation from the ground truth"),
        title,
        slope=measured["factor"],
    )
