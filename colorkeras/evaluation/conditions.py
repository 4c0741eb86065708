"""What models are measured on, and what their figures are compared with."""

from dataclasses import dataclass

import tensorflow as tf

from colorkeras.data import Source
from colorkeras.evaluation.measure import (
    evaluate,
    finished,
    grayscale_baseline,
    measure_each,
    paint,
)
from colorkeras.evaluation.metrics import metrics_for
from colorkeras.evaluation.training_colors import TrainingColors, training_colors
from colorkeras.utils.errors import UserError

REFERENCES = {
    "grayscale_baseline": "grayscale baseline",
    "mean_chroma": "mean chroma",
    "truth": "ground truth",
}
"""What models are compared with: keys of `metrics.json` and titles of rows.

Gray as it came, which a model has to beat; everywhere the mean chroma of the training part, which
no other single chroma beats in squared error there; and the ground truth measured as if it were a
model's output.
"""


@dataclass(frozen=True)
class Conditions:
    """What models are measured on and compared with, made once for all of them by `prepare`.

    Attributes:
        description: What the pictures are and what models are shown of them, for people.
        source: `Source` of ground truth.
        degradation: Key of `DEGRADATIONS`.
        colors: Those of the training part.
        references: Dict of figures by metric name by key of `REFERENCES`.
    """

    description: str
    source: Source
    degradation: str
    colors: TrainingColors
    references: dict


def prepare(dataset, split, degradation="none"):
    """Reads the training part's colors and measures the references on another part.

    Args:
        dataset: `ImageDataset`.
        split: "train", "validation" or "test".
        degradation: Key of `DEGRADATIONS`.

    Returns:
        `Conditions`.
    """
    source, colors = getattr(dataset, split), training_colors(dataset.train)
    degraded = "" if degradation == "none" else f", degraded: {degradation}"
    metrics = metrics_for(source.image_size, prior=True)
    # Shown itself, the truth is never degraded.
    itself = measure_each(tf.identity, lambda rgb, seeds: rgb, source, metrics, colors.prior)
    mean_chroma = paint(colors.mean_chroma)
    references = {
        "grayscale_baseline": evaluate(grayscale_baseline, source, degradation, colors.prior),
        "mean_chroma": evaluate(mean_chroma, source, degradation, colors.prior),
        "truth": finished(itself),
    }
    description = f"{dataset.description}, {split}{degraded}"
    return Conditions(description, source, degradation, colors, references)


def check_image_size(model, source):
    """Raises UserError if an `ExportedModel` cannot take a source's pictures."""
    if model.image_size not in (None, source.image_size):
        raise UserError(
            f"pictures of {source.image_size} pixels for the model {str(model.path)!r}",
            f"{model.image_size} pixels, the only size it takes",
            "Choose another --image-size or another model.",
        )
