"""Metrics of colored images against their ground truth, one definition each.

Training and evaluation share them. All operate on RGB rounded to 8 bits: float32 `[n, h, w, 3]`
with whole values in `[0, 255]`. A metric maps a batch to one number per image, `[n]`, or to
several, `[n, k]`. Its value on a data set is `finalize` of the mean of these numbers over all
images, and so independent of batching and order. To add a metric, add an entry to the dictionary in
its module.
"""

from colorkeras.evaluation.metrics.base import PRIOR, SAMPLES, MeanOverImages, Metric, rounded
from colorkeras.evaluation.metrics.colorfulness import COLORFULNESS, colorfulness
from colorkeras.evaluation.metrics.fidelity import FIDELITY, PSNR_CAP
from colorkeras.evaluation.metrics.structure import STRUCTURE

__all__ = [
    "GROUPS",
    "METRICS",
    "MIN_SSIM_SIZE",
    "NUM_SAMPLES_PER_IMAGE",
    "PRIOR",
    "PSNR_CAP",
    "SAMPLES",
    "VALIDATION_METRICS",
    "MeanOverImages",
    "Metric",
    "colorfulness",
    "metrics_for",
    "rounded",
]

GROUPS = {"fidelity": FIDELITY, "colorfulness": COLORFULNESS, "structure": STRUCTURE}
"""Metrics by group, in the order of tables."""

METRICS = {**FIDELITY, **COLORFULNESS, **STRUCTURE}
"""Every metric by its name in histories, JSON files and tables."""

VALIDATION_METRICS = ("psnr_pooled", "ciede2000", "colorfulness")
"""Keys of `METRICS` that training computes on the validation part after each epoch."""

NUM_SAMPLES_PER_IMAGE = 8
"""Number of samples per image for metrics that need `SAMPLES`."""

MIN_SSIM_SIZE = 11
"""Side of the SSIM window in pixels. Smaller images have no SSIM."""


def metrics_for(image_size: int, prior: bool = False, samples: bool = False) -> dict[str, Metric]:
    """Return the metrics that are defined for an image size and the available inputs.

    Args:
        image_size: Shorter side of the images in pixels.
        prior: Whether the color prior of the training part is available.
        samples: Whether several samples per image are available.

    Returns:
        Dict of `Metric` by name.
    """
    available = {None, *((PRIOR,) if prior else ()), *((SAMPLES,) if samples else ())}
    metrics = {name: metric for name, metric in METRICS.items() if metric.needs in available}
    if image_size < MIN_SSIM_SIZE:
        del metrics["ssim"]
    return metrics
