"""Whether a model's confidence means anything: predicted against real deviations of chroma."""

import math
from pathlib import Path

import numpy as np
import tensorflow as tf

from colorkeras.color.spaces import from_uint8, rgb_to_chroma
from colorkeras.data import evaluation_batches
from colorkeras.data.degradations import DEGRADATIONS
from colorkeras.objectives.flow import NUM_DRAWS
from colorkeras.utils import plots

NUM_BINS = 10
"""Groups of pixels, from the most to the least certain, the same number of pixels in each."""


def calibration(model, source, degradation, num_images):
    """Groups pixels by the deviation that the model predicts, and measures the real one in each.

    What the model calls its answer is off by the spread of what is plausible, if its distribution
    is right: for a sampled answer both the answer and the truth vary, so the squared deviation is
    twice the predicted variance; for a mean it is once. An annealed mean lies between mean and
    mode, so it may be off by a little more.

    The endpoint of a model that samples takes the same noise for all pictures, a few draws that
    would not average out over them. So such a model is asked for samples from seeds of their own:
    one is the answer, the spread is that of as many others as the endpoint draws. Few draws give a
    rough spread: where it is low it is often too low, and where it is high too high.

    Args:
        model: `ExportedModel` with the endpoint "colorize_with_confidence".
        source: `Source` of ground truth.
        degradation: Key of `DEGRADATIONS`: what the model is shown of it.
        num_images: How many of its pictures, the first ones, are looked at; a batch is looked at
            as a whole.

    Returns:
        Dict of "predicted" and "observed", lists of `NUM_BINS` floats: root mean squares of the
        standard deviation and of the distance of chroma from the truth, Cb and Cr together, each
        in -0.5..0.5; and "factor", their ratio if the model's distribution is right.

    Reference: Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks", ICML 2017,
    section 2, on such diagrams.
    """
    predicted, observed = _deviations(model, source, degradation, num_images)
    order = np.argsort(predicted, kind="stable")
    groups = np.array_split(order, NUM_BINS)
    return {
        "predicted": [_root_mean_square(predicted[group]) for group in groups],
        "observed": [_root_mean_square(observed[group]) for group in groups],
        "factor": math.sqrt(2) if model.samples else 1.0,
    }


def _deviations(model, source, degradation, num_images):
    show = DEGRADATIONS[degradation]
    predicted, observed, num_seen = [], [], 0
    for images in evaluation_batches(source):
        if num_seen >= num_images:
            break
        rgb = from_uint8(images)
        if model.samples:
            answer, deviation = _sampled(model, show(rgb), num_seen, source.num_examples)
        else:
            answer, deviation = _told(model, show(rgb))
        num_seen += len(images)
        predicted.append(tf.reshape(deviation, [-1]))
        observed.append(tf.reshape(tf.norm(rgb_to_chroma(rgb) - answer, axis=-1), [-1]))
    return np.concatenate(predicted), np.concatenate(observed)


def _told(model, grayscale):
    """Chroma and its standard deviation, as the endpoint tells them."""
    colored = model.saved_model.signatures["colorize_with_confidence"](grayscale=grayscale)
    return rgb_to_chroma(colored["rgb"]), colored["standard_deviation"]


def _sampled(model, grayscale, first, num_examples):
    """Chroma of one sample of each picture, and the standard deviation of others."""
    seeds = first + tf.range(len(grayscale))
    answer, *others = (
        rgb_to_chroma(model.color(grayscale, seeds + number * num_examples))
        for number in range(NUM_DRAWS + 1)
    )
    _, variance = tf.nn.moments(tf.stack(others), axes=[0])
    # Bessel's correction, as for the endpoint.
    variance *= NUM_DRAWS / (NUM_DRAWS - 1)
    return answer, tf.sqrt(tf.reduce_sum(variance, axis=-1))


def _root_mean_square(values):
    return float(np.sqrt(np.mean(np.square(values, dtype="float64"))))


def save_plot(path, measured, title):
    """Writes the diagram as PNG: a model that knows how sure it is lies on the line.

    Args:
        path: Target.
        measured: What `reliability` returned.
        title: Line above.
    """
    plots.save_scatter(
        Path(path),
        {"tenths of the pixels": (measured["predicted"], measured["observed"])},
        ("predicted standard deviation of chroma", "observed deviation from the truth"),
        title,
        slope=measured["factor"],
    )
