"""Metrics that compare colorized images with the ground truth, for training and evaluation.

All metrics operate on RGB rounded to 8 bits: float32 `[n, h, w, 3]` with integer values in
`[0, 255]`. A metric maps a batch to one or more numbers per image, `[n]` or `[n, k]`. These
numbers are averaged over all images of a dataset, and `finalize` maps the means to the metric's
value, which therefore does not depend on batching or order. To add a metric, add an entry to the
dictionary of its group.
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
"""Metrics by group, in table order."""

METRICS = {**FIDELITY, **COLORFULNESS, **STRUCTURE}
"""All metrics, by the name used in histories and JSON files."""

VALIDATION_METRICS = ("psnr_pooled", "ciede2000", "colorfulness")
"""Names of the metrics computed on the validation split after each training epoch."""

NUM_SAMPLES_PER_IMAGE = 8
"""Number of samples per image for metrics that require `SAMPLES`."""

MIN_SSIM_SIZE = 11
"""Side length of the SSIM window in pixels. SSIM is undefined for smaller images."""


def metrics_for(image_size: int, prior: bool = False, samples: bool = False) -> dict[str, Metric]:
    """Return the metrics that can be computed for an image size with the available inputs.

    Args:
        image_size: Shorter side of the images in pixels.
        prior: Whether the color prior of the training split is available.
        samples: Whether several samples per image are available.
    """
    available = {None, *((PRIOR,) if prior else ()), *((SAMPLES,) if samples else ())}
    metrics = {name: metric for name, metric in METRICS.items() if metric.needs in available}
    if image_size < MIN_SSIM_SIZE:
        del metrics["ssim"]
    return metrics
