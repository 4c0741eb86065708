"""Realism metrics from trained networks, which do not depend on the true colors of single images.

A discriminator learns to tell real from recolored images (`fooling`). A classifier of color images
shows whether colors suit the content (`classifier`); the distance between the features of real and
recolored images compares both as sets (`frechet`).
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
from colorkeras.utils.version import __version__

__all__ = [
    "LEARNED_METRICS",
    "MIN_IMAGES",
    "SEEDS",
    "SIZES",
    "LearnedMetric",
    "check_images",
    "compute",
    "half_chroma",
    "protocol",
]

logger = logging.getLogger(__name__)

SEEDS = (0, 1, 2)
"""Seeds of the discriminators; fooling rates are means over them."""

MIN_IMAGES = 200
"""Minimum number of images, half of which test the discriminator: one is at most 1 % of them."""

NUM_RESAMPLES = 200
"""Bootstrap resamples for the Frechet distance, which is slow to compute."""

COMPRESSED_SIZES = (8, 16)
"""Image sizes in pixels at which traces of JPEG files help the discriminator most, so that fooling
rates are also computed without such traces."""

IMAGE_SIZE = 32
"""Height and width in pixels of the images that the networks accept."""


@dataclass(frozen=True)
class LearnedMetric:
    """Definition of a metric of a set of recolored images.

    Attributes:
        title: Short name for tables.
        unit: Unit of the value, "" for a pure number.
        higher_is_better: Direction.
        description: One sentence for documentation.
        decimals: Digits after the decimal point in tables.
    """

    title: str
    unit: str
    higher_is_better: bool
    description: str
    decimals: int = 1


def _fooling(size):
    return LearnedMetric(
        f"Fooling, {size}x{size}",
        "%",
        True,
        f"Recolored images that a discriminator takes for real at {size}x{size} pixels, at the "
        "equal error rate; 50 % means indistinguishable.",
    )


def _compressed(size):
    return LearnedMetric(
        f"{size}x{size}, JPEG",
        "%",
        True,
        f"Fooling rate at {size}x{size} pixels after JPEG compression of real and recolored images "
        "at the same quality, so that traces of earlier compression are no clue.",
    )


LEARNED_METRICS = {
    **{f"fooling_{size}": _fooling(size) for size in SIZES},
    **{f"compressed_{size}": _compressed(size) for size in COMPRESSED_SIZES},
    "top1": LearnedMetric("Top-1", "%", True, "Top-1 accuracy of a classifier of color images."),
    "frechet": LearnedMetric(
        "Frechet distance",
        "",
        False,
        "Frechet distance to the true images in the features of that classifier; not FID.",
        decimals=3,
    ),
}
"""Learned metrics by their name in JSON files and tables."""


def compute(
    truth, labels, recolored, seeds=SEEDS, sizes=SIZES, partial=None, on_update=lambda result: None
):
    """Compute the learned metrics of a set of recolored images.

    Args:
        truth: uint8 `[n, 32, 32, 3]`, n at least `MIN_IMAGES`.
        labels: CIFAR-10 classes of the images, int `[n]` in `[0, 9]`. None for other or no classes,
            which omits the classifier's metrics.
        recolored: uint8 `[n, 32, 32, 3]`, in the order of `truth`.
        seeds: One discriminator is trained per seed and size.
        sizes: Image sizes in pixels, a subset of `SIZES`.
        partial: Last result that an interrupted call with the same arguments passed to `on_update`.
        on_update: Function of the result so far, called after each metric.

    Returns:
        Dict for JSON: "metrics", float by name in `LEARNED_METRICS`; "ranges" over seeds,
        `[lowest, highest]`; bootstrap "intervals" of the classifier's metrics; "seeds";
        "num_images".

    Raises:
        UserError: The images are unsuitable, or the classifier's file is missing.
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
        logger.info("No labels: top-1 accuracy and Frechet distance are omitted.")
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
        logger.info("%s: %.1f %% (%.1f to %.1f)", title, metrics[name], low, high)
        on_update(result)
    result["metrics"] = {name: metrics[name] for name in LEARNED_METRICS if name in metrics}
    return result


def _fooling_rates(sizes):
    """Whether images are compressed first, and their size, by metric name."""
    rates = {f"fooling_{size}": (False, size) for size in sizes}
    return rates | {f"compressed_{n}": (True, n) for n in sizes if n in COMPRESSED_SIZES}


def protocol():
    """Return everything but the images that learned metrics depend on, as a dict for JSON.

    It holds the tunable hyperparameters, a hash of the classifier and the version of colorkeras.
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
        "colorkeras": __version__,
    }


def half_chroma(images):
    """Return true colors with chroma at half resolution: uint8 `[n, h, w, 3]` to the same."""
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
        "frechet": [max(low, 0.0), high],  # A distance is not negative.
    }


def check_images(num_images, image_size):
    """Raise UserError for too few images, or images of the wrong size."""
    if image_size != IMAGE_SIZE:
        raise UserError(
            f"images of {image_size}x{image_size} pixels for learned metrics",
            f"{IMAGE_SIZE}x{IMAGE_SIZE} pixels, the size of the networks",
            f"Pass --image-size {IMAGE_SIZE}, or omit --learned-metrics.",
        )
    if num_images < MIN_IMAGES:
        raise UserError(
            f"{num_images} images for learned metrics",
            f"at least {MIN_IMAGES}, half of which train the discriminator",
            "Pass another --split or --dataset, or omit --learned-metrics.",
        )


def _check_shapes(truth, recolored, labels):
    if truth.shape != recolored.shape or (labels is not None and len(labels) != len(truth)):
        counts = [truth.shape, recolored.shape, None if labels is None else len(labels)]
        raise ValueError(
            f"Received shapes {counts} of truth, recolored images and labels; expected the same "
            "images in the same order."
        )
