"""References that every evaluation reports beside the models, and what they share with them."""

from dataclasses import dataclass

import tensorflow as tf

from colorkeras.data import Source
from colorkeras.evaluation.color_statistics import ColorStatistics, color_statistics
from colorkeras.evaluation.evaluator import (
    compute_per_image,
    constant_chroma,
    evaluate,
    finalize,
    grayscale_baseline,
)
from colorkeras.evaluation.metrics import metrics_for
from colorkeras.utils.errors import UserError

REFERENCES = {
    "grayscale_baseline": "grayscale baseline",
    "mean_chroma": "mean chroma",
    "truth": "ground truth",
}
"""References by their key in `metrics.json`, with the titles of their rows.

The grayscale input itself, which a model has to beat; the mean chroma of the training part in every
pixel, which minimizes the squared error of a constant chroma there; and the ground truth, evaluated
like a model's output.
"""


@dataclass(frozen=True)
class EvaluationSetup:
    """Data and references that all models of an evaluation share; made by `prepare`.

    Attributes:
        description: Description of the images and their degradation, for people.
        source: `Source` of ground truth.
        degradation: Key of `DEGRADATIONS`, applied to the input of models.
        statistics: `ColorStatistics` of the training part.
        references: Dict by key of `REFERENCES` of dicts of float by metric name.
    """

    description: str
    source: Source
    degradation: str
    statistics: ColorStatistics
    references: dict


def prepare(dataset, split, degradation="none"):
    """Compute color statistics of the training part and metrics of the references.

    Args:
        dataset: `ImageDataset`.
        split: "train", "validation" or "test".
        degradation: Key of `DEGRADATIONS`.

    Returns:
        `EvaluationSetup`.
    """
    source, statistics = getattr(dataset, split), color_statistics(dataset.train)
    degraded = "" if degradation == "none" else f", degraded: {degradation}"
    prior, mean_chroma = statistics.prior, constant_chroma(statistics.mean_chroma)
    metrics = metrics_for(source.image_size, prior=True)
    # The ground truth is never degraded.
    truth = compute_per_image(tf.identity, lambda rgb, seeds: rgb, source, metrics, prior)
    references = {
        "grayscale_baseline": evaluate(grayscale_baseline, source, degradation, prior),
        "mean_chroma": evaluate(mean_chroma, source, degradation, prior),
        "truth": finalize(truth),
    }
    description = f"{dataset.description}, {split}{degraded}"
    return EvaluationSetup(description, source, degradation, statistics, references)


def check_image_size(model, source):
    """Raise UserError if an `ExportedModel` does not accept a source's image size."""
    if model.image_size not in (None, source.image_size):
        raise UserError(
            f"images of {source.image_size} pixels for the model {str(model.path)!r}",
            f"{model.image_size} pixels, the only size it accepts",
            "Choose another --image-size or another model.",
        )
