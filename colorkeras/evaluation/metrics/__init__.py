"""Measures of a colored picture against its ground truth, one definition each.

Training and evaluation share them. All see 8-bit rounded RGB: float32 `[n, h, w, 3]` with whole
values in 0..255. Each maps a batch to one number per picture, `[n]`, or to several, `[n, k]`; the
figure of a data set is `finish` of the mean of those numbers over all pictures, so that it does not
depend on batches or their order. Add a metric by adding one entry to the table of its module.
"""

from colorkeras.evaluation.metrics.balance import BALANCE
from colorkeras.evaluation.metrics.definition import PRIOR, SAMPLES, MeanOverImages, Metric, rounded
from colorkeras.evaluation.metrics.errors import ERRORS, PSNR_CAP
from colorkeras.evaluation.metrics.liveliness import LIVELINESS, colorfulness
from colorkeras.evaluation.metrics.structure import STRUCTURE

__all__ = [
    "GROUPS",
    "METRICS",
    "MIN_SSIM_SIZE",
    "PRIOR",
    "PSNR_CAP",
    "SAMPLES",
    "SAMPLES_PER_PICTURE",
    "VALIDATION_METRICS",
    "MeanOverImages",
    "Metric",
    "colorfulness",
    "metrics_for",
    "rounded",
]

METRICS = {**ERRORS, **BALANCE, **LIVELINESS, **STRUCTURE}
"""Every metric by the name used in histories, JSON files and tables."""

GROUPS = tuple(dict.fromkeys(metric.group for metric in METRICS.values()))
"""Every `Metric.group`, in the order of tables."""

VALIDATION_METRICS = ("psnr_pooled", "ciede2000", "colorfulness")
"""Keys of `METRICS` that training computes on the validation part after each epoch."""

SAMPLES_PER_PICTURE = 8
"""How many samples of each picture the metrics that need `SAMPLES` see."""

MIN_SSIM_SIZE = 11
"""Pixels: the side of the SSIM window, below which a picture has no SSIM."""


def metrics_for(image_size: int, prior: bool = False, samples: bool = False) -> dict[str, Metric]:
    """The metrics that are defined for certain pictures and models.

    Args:
        image_size: The pictures' shorter side in pixels.
        prior: Whether the prior of the training data is known.
        samples: Whether there are several samples of each picture.

    Returns:
        Dict of `Metric` by name.
    """
    available = {None, *((PRIOR,) if prior else ()), *((SAMPLES,) if samples else ())}
    metrics = {name: metric for name, metric in METRICS.items() if metric.needs in available}
    if image_size < MIN_SSIM_SIZE:
        del metrics["ssim"]
    return metrics
