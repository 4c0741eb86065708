"""References included in every evaluation, and the setup that all models share."""

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
"""Row titles of the references, by key in `metrics.json`.

The references are the grayscale input, which a model has to beat; the mean chroma of the training
split at every pixel, which is the best constant prediction; and the ground truth, evaluated as if
it were a model's output.
"""


@dataclass(frozen=True)
class EvaluationSetup:
    """Data and references shared by all models in an evaluation; see `prepare`.

    Attributes:
        description: Description of the data.
        source: `Source` with the ground truth.
        degradation: Key in `DEGRADATIONS`; applied to the input of models.
        statistics: `ColorStatistics` of the training split.
        references: Dict from key in `REFERENCES` to a dict from metric name to float.
    """

    description: str
    source: Source
    degradation: str
    statistics: ColorStatistics
    references: dict


def prepare(dataset, split, degradation="none"):
    """Compute the training split's color statistics and the references' metrics.

    `split` is "train", "validation" or "test"; `degradation` is a key in `DEGRADATIONS`. Returns an
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
    """Raise UserError if an `ExportedModel` does not accept the image size of a source."""
    if model.image_size not in (None, source.image_size):
        raise UserError(
            f"images of {source.image_size}x{source.image_size} pixels for the model "
            f"{str(model.path)!r}",
            f"{model.image_size}x{model.image_size} pixels, the only size that the model accepts",
            "Choose a different --image-size or model.",
        )
