"""Whether a model's confidence means anything: predicted against real deviations of chroma."""

import math
from pathlib import Path

import numpy as np
import tensorflow as tf

from colorkeras import figures
from colorkeras.color import from_uint8, rgb_to_chroma
from colorkeras.data import evaluation_batches
from colorkeras.degradations import DEGRADATIONS

NUM_BINS = 10
"""Groups of pixels, from the most to the least certain, the same number of pixels in each."""

_PICTURES_PER_BATCH = 100


def reliability(model, source, degradation, num_pictures):
    """Groups pixels by the deviation that the model predicts, and measures the real one in each.

    What the model calls its answer is off by the spread of what is plausible, if its distribution
    is right: for a sampled answer both the answer and the truth vary, so the squared deviation is
    twice the predicted variance; for a mean it is once.

    Args:
        model: `ExportedModel` with the endpoint "colorize_with_confidence".
        source: `Source` of ground truth.
        degradation: Key of `DEGRADATIONS`: what the model is shown of it.
        num_pictures: How many of its pictures, the first ones, are looked at.

    Returns:
        Dict of "predicted" and "observed", lists of `NUM_BINS` floats: root mean squares of the
        standard deviation and of the distance of chroma from the truth, Cb and Cr together, each
        in -0.5..0.5; and "factor", their ratio if the model's distribution is right.

    Reference: Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks", ICML 2017,
    section 2, on such diagrams.
    """
    predicted, observed = _deviations(model, source, degradation, num_pictures)
    order = np.argsort(predicted, kind="stable")
    groups = np.array_split(order, NUM_BINS)
    return {
        "predicted": [_root_mean_square(predicted[group]) for group in groups],
        "observed": [_root_mean_square(observed[group]) for group in groups],
        "factor": math.sqrt(2) if model.samples else 1.0,
    }


def _deviations(model, source, degradation, num_pictures):
    show = DEGRADATIONS[degradation]
    endpoint = model.saved_model.signatures["colorize_with_confidence"]
    predicted, observed = [], []
    for images in evaluation_batches(source, _PICTURES_PER_BATCH).take(
        -(-num_pictures // _PICTURES_PER_BATCH)
    ):
        rgb = from_uint8(images)
        colored = endpoint(grayscale=show(rgb))
        error = rgb_to_chroma(rgb) - rgb_to_chroma(colored["rgb"])
        predicted.append(tf.reshape(colored["standard_deviation"], [-1]))
        observed.append(tf.reshape(tf.norm(error, axis=-1), [-1]))
    return np.concatenate(predicted), np.concatenate(observed)


def _root_mean_square(values):
    return float(np.sqrt(np.mean(np.square(values, dtype="float64"))))


def save_plot(path, measured, title):
    """Writes the diagram as PNG: a model that knows how sure it is lies on the line.

    Args:
        path: Target.
        measured: What `reliability` returned.
        title: Line above.
    """
    figures.save_scatter(
        Path(path),
        {"tenths of the pixels": (measured["predicted"], measured["observed"])},
        ("predicted standard deviation of chroma", "observed deviation from the truth"),
        title,
        slope=measured["factor"],
    )
