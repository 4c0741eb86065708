"""Realism metrics based on trained networks rather than on pixel-by-pixel comparison.

A discriminator learns to distinguish real from recolored images (`fooling`). A classifier trained
on color images measures whether colors match the content (`classifier`). The Frechet distance
compares the feature distributions of real and recolored images (`frechet`).
"""

import hashlib
import logging
from dataclasses import dataclass

import numpy as np

from colorkeras.color.resampling import downsample_2x, upsample_2x
from colorkeras.color.spaces import from_uint8, luma, luma_chroma_to_rgb, rgb_to_chroma, to_uint8
from colorkeras.evaluation import bootstrap
from colorkeras.evaluation.learned_metrics import classifier, fooling
from colorkeras.evaluation.learned_metrics.fooling import SIZES, compress, fooling_rate
from colorkeras.evaluation.learned_metrics.frechet import frechet_distance
from colorkeras.utils.errors import UserError

__all__ = [
    "LEARNED_METRICS",
    "MIN_IMAGES",
    "SIZES",
    "check_images",
    "compute",
    "half_chroma",
    "protocol",
]

logger = logging.getLogger(__name__)

SEEDS = (0, 1, 2)
"""Discriminator seeds; fooling rates are averaged over them."""

PROTOCOL_VERSION = "0.1.0"
"""Version of colorkeras in which the networks or their training last changed."""

MIN_IMAGES = 200
"""Minimum number of images. The discriminator is tested on half of them, so each test image
accounts for at most 1% of the result."""

NUM_RESAMPLES = 200
"""Number of bootstrap resamples for the Frechet distance, which is slow to compute."""

COMPRESSED_SIZES = (8, 16)
"""Image sizes in pixels at which JPEG artifacts help the discriminator most. For these sizes,
fooling rates are also computed after compression, which hides the artifacts."""

IMAGE_SIZE = 32
"""Height and width, in pixels, of the images that the networks accept."""


@dataclass(frozen=True)
class LearnedMetric:
    """Definition of a metric for a set of recolored images.

    Attributes:
        title: Short name for tables.
        unit: Unit of the value; "" if dimensionless.
        higher_is_better: Whether higher values are better.
        description: One-sentence description for documentation.
        decimals: Number of digits after the decimal point in tables.
    """

    title: str
    unit: str
    higher_is_better: bool
    description: str
    decimals: int = 1


_FOOLING = (
    "Percentage of recolored images that a discriminator classifies as real at {0}x{0} pixels, at "
    "the equal error rate; 50% means indistinguishable."
)

_COMPRESSED = (
    "Fooling rate at {0}x{0} pixels after JPEG compression of real and recolored images at the "
    "same quality, which hides traces of earlier compression."
)

LEARNED_METRICS = {
    **{
        f"fooling_{n}": LearnedMetric(f"Fooling, {n}x{n}", "%", True, _FOOLING.format(n))
        for n in SIZES
    },
    **{
        f"compressed_{n}": LearnedMetric(f"{n}x{n}, JPEG", "%", True, _COMPRESSED.format(n))
        for n in COMPRESSED_SIZES
    },
    "top1": LearnedMetric("Top-1", "%", True, "Top-1 accuracy of a color image classifier."),
    "frechet": LearnedMetric(
        "Frechet distance",
        "",
        False,
        "Frechet distance to the original images in the classifier's feature space; not FID.",
        decimals=3,
    ),
}
"""Learned metrics, by the name used in JSON files."""


def compute(
    truth, labels, recolored, seeds=SEEDS, sizes=SIZES, partial=None, on_update=lambda result: None
):
    """Compute the learned metrics of a set of recolored images.

    Args:
        truth: uint8 `[n, 32, 32, 3]`, n at least `MIN_IMAGES`.
        labels: CIFAR-10 classes of the images, int `[n]` in `[0, 9]`; None omits the classifier's
            metrics.
        recolored: uint8 `[n, 32, 32, 3]`, in the same order as `truth`.
        seeds: Discriminator seeds; one discriminator is trained for each seed and size.
        sizes: Image sizes in pixels, a subset of `SIZES`.
        partial: Last result that an interrupted call with the same arguments passed to `on_update`;
            only the missing metrics are computed.
        on_update: Function that is called after each metric with the result so far.

    Returns:
        JSON-serializable dict with "metrics", a dict from name to float; "ranges" over the seeds,
        `[lowest, highest]`; bootstrap "intervals" for the classifier's metrics; "seeds"; and
        "num_images".

    Raises:
        UserError: The images are unsuitable, or the classifier file is missing.
    """
    _check_shapes(truth, recolored, labels)
    check_images(*truth.shape[:2])
    result = partial or {
        "metrics": {},
        "ranges": {},
        "intervals": {},
        "seeds": list(seeds),
        "num_images": len(truth),
    }
    metrics = result["metrics"]
    if labels is None:
        logger.info("No labels, so top-1 accuracy and Frechet distance are omitted.")
    elif "top1" not in metrics:
        values, result["intervals"] = _classifier_metrics(truth, labels, recolored)
        metrics |= values
        on_update(result)
    compressed = None
    for name, (is_compressed, size) in _fooling_rates(sizes).items():
        if name in metrics:
            continue
        if is_compressed and compressed is None:
            compressed = compress(truth), compress(recolored)
        pair = compressed if is_compressed else (truth, recolored)
        rates = [fooling_rate(*pair, size, seed) for seed in seeds]
        low, high = result["ranges"][name] = [min(rates), max(rates)]
        metrics[name] = float(np.mean(rates))
        title = LEARNED_METRICS[name].title
        logger.info("%s: %.1f%% (%.1f to %.1f)", title, metrics[name], low, high)
        on_update(result)
    result["metrics"] = {name: metrics[name] for name in LEARNED_METRICS if name in metrics}
    return result


def _fooling_rates(sizes):
    """Return a dict from metric name to `(is_compressed, image_size)`."""
    rates = {f"fooling_{size}": (False, size) for size in sizes}
    return rates | {f"compressed_{n}": (True, n) for n in sizes if n in COMPRESSED_SIZES}


def protocol():
    """Return all settings that affect learned metrics as a JSON-serializable dict.

    It contains the hyperparameters, a hash of the classifier and `PROTOCOL_VERSION`.
    """
    return {
        "seeds": list(SEEDS),
        "epochs": fooling.EPOCHS,
        "learned": fooling.MIN_LOSS,
        "pairs_per_batch": fooling.PAIRS_PER_BATCH,
        "learning_rate": fooling.LEARNING_RATE,
        "weight_decay": fooling.WEIGHT_DECAY,
        "jpeg_quality": fooling.JPEG_QUALITY,
        "classifier": hashlib.sha256(classifier.FILE.read_bytes()).hexdigest(),
        "colorkeras": PROTOCOL_VERSION,
    }


def half_chroma(images):
    """Reduce the chroma of images, uint8 `[n, h, w, 3]`, to half resolution."""
    rgb = from_uint8(images)
    chroma = upsample_2x(downsample_2x(rgb_to_chroma(rgb)), rgb)
    return to_uint8(luma_chroma_to_rgb(luma(rgb), chroma)).numpy()


def _classifier_metrics(truth, labels, recolored):
    real, fake = classifier.classify(truth), classifier.classify(recolored)
    correct = classifier.correct(fake["logits"], labels)

    def top1(counts=None):
        return 100 * float(np.average(correct, weights=counts))

    def frechet(counts=None):
        return frechet_distance(real["features"], fake["features"], counts)

    low, high = bootstrap.interval(frechet, len(truth), NUM_RESAMPLES)
    return {"top1": top1(), "frechet": frechet()}, {
        "top1": bootstrap.interval(top1, len(truth)),
        "frechet": [max(low, 0.0), high],  # Distances cannot be negative.
    }


def check_images(num_images, image_size):
    """Raise UserError if there are too few images or they have the wrong size."""
    if image_size != IMAGE_SIZE:
        raise UserError(
            f"images of {image_size}x{image_size} pixels for learned metrics",
            f"{IMAGE_SIZE}x{IMAGE_SIZE} pixels, the input size of the networks",
            f"Pass --image-size {IMAGE_SIZE} or omit --learned-metrics.",
        )
    if num_images < MIN_IMAGES:
        raise UserError(
            f"{num_images} images for learned metrics",
            f"at least {MIN_IMAGES} images, half of which are used to train the discriminator",
            "Pass a different --split or --dataset, or omit --learned-metrics.",
        )


def _check_shapes(truth, recolored, labels):
    if truth.shape != recolored.shape or (labels is not None and len(labels) != len(truth)):
        counts = [truth.shape, recolored.shape, None if labels is None else len(labels)]
        raise ValueError(
            f"Received {counts} as the shapes of truth and recolored and the number of labels. "
            "Expected equal shapes and one label per image. Pass the same images in the same order."
        )
