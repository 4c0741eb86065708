"""Learned metrics for models and references, cached in a file because computing them is slow."""

import hashlib
import json
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from colorkeras.evaluation import learned_metrics, references
from colorkeras.evaluation.evaluator import constant_chroma, grayscale_baseline, recolor
from colorkeras.evaluation.image_samples import load_all_images
from colorkeras.evaluation.learned_metrics import LEARNED_METRICS
from colorkeras.evaluation.metric_tables import table_lines
from colorkeras.utils.errors import one_line
from colorkeras.utils.files import write_json
from colorkeras.utils.text_table import format_table

logger = logging.getLogger(__name__)

LEARNED_REFERENCES = {
    "grayscale_baseline": references.REFERENCES["grayscale_baseline"],
    "mean_chroma": references.REFERENCES["mean_chroma"],
    "flipped": "flipped ground truth",
    "truth": references.REFERENCES["truth"],
    "half_chroma": "ground truth with half-resolution chroma",
}
"""Row titles of the references, by key.

The references are the grayscale input; the mean chroma of the training split at every pixel; the
flipped ground truth, whose fooling rate should be close to 50%; the ground truth (only for the
classifier's metrics); and the ground truth with half-resolution chroma, which is the best possible
result for models that predict chroma at half resolution.
"""


def evaluate_learned(name, colorize, setup, cache_file=None):
    """Compute a colorizer's learned metrics; return the dict from `learned_metrics.compute`.

    Args:
        name: Name of the model in the cache.
        colorize: Colorizer; see `evaluator`.
        setup: `EvaluationSetup`.
        cache_file: See `cached_learned_metrics`.

    Raises:
        UserError: The images are unsuitable; see `learned_metrics.check_images`.
    """
    recolored = recolor(colorize, setup.source, setup.degradation)
    images = LearnedImages(load_all_images(setup.source), getattr(setup.source, "labels", None))
    return cached_learned_metrics(name, images, recolored, cache_file)


def evaluate_learned_references(setup, cache_file=None, on_update=lambda results: None):
    """Compute the learned metrics of all references; see `learned_reference_metrics`.

    For the other arguments, see `evaluate_learned`.
    """
    images = LearnedImages(load_all_images(setup.source), getattr(setup.source, "labels", None))
    constant = constant_chroma(setup.statistics.mean_chroma)
    gray, mean_chroma = (
        recolor(colorize, setup.source, setup.degradation)
        for colorize in (grayscale_baseline, constant)
    )
    return learned_reference_metrics(images, gray, mean_chroma, cache_file, on_update)


@dataclass(frozen=True)
class LearnedImages:
    """Ground-truth images for learned metrics.

    Attributes:
        truth: uint8 `[n, 32, 32, 3]`.
        labels: CIFAR-10 classes, int `[n]`, or None.
    """

    truth: np.ndarray
    labels: np.ndarray | None = None


def learned_reference_metrics(
    images, gray, mean_chroma, cache_file=None, on_update=lambda results: None
):
    """Compute the learned metrics of all references from their images.

    Args:
        images: `LearnedImages`.
        gray: The images in grayscale, uint8 `[n, 32, 32, 3]`.
        mean_chroma: The images with the mean chroma at every pixel, uint8 `[n, 32, 32, 3]`.
        cache_file: See `cached_learned_metrics`.
        on_update: Function that is called after each reference with the results so far.

    Returns:
        Dict from key in `LEARNED_REFERENCES` to the result of `learned_metrics.compute`.
    """
    recolored = {
        "grayscale_baseline": gray,
        "mean_chroma": mean_chroma,
        "flipped": images.truth[:, :, ::-1],
        "truth": images.truth,
        "half_chroma": learned_metrics.half_chroma(images.truth),
    }
    results = {}
    for name in LEARNED_REFERENCES:
        # A discriminator cannot distinguish the ground truth from itself.
        sizes = () if name == "truth" else learned_metrics.SIZES
        results[name] = cached_learned_metrics(name, images, recolored[name], cache_file, sizes)
        on_update(results)
    return results


def cached_learned_metrics(name, images, recolored, cache_file=None, sizes=learned_metrics.SIZES):
    """Compute learned metrics, or load them from a cache file.

    Args:
        name: Name in the cache.
        images: `LearnedImages`.
        recolored: uint8 `[n, 32, 32, 3]`, in the same order as the ground truth.
        cache_file: Path to a JSON file, or None. Cached metrics are reused if the images and the
            protocol are unchanged. Each new metric is saved as soon as it has been computed.
        sizes: See `learned_metrics.compute`.

    Returns:
        Dict from `learned_metrics.compute`.
    """
    truth, labels = images.truth, images.labels
    fingerprint = _fingerprint(truth, recolored, labels)
    entries = {} if cache_file is None else _read(cache_file)
    cached = entries.get(name, {})
    cached = cached["result"] if cached.get("fingerprint") == fingerprint else None
    known = set(cached["metrics"]) if cached else None

    def save(result):
        entries[name] = {"fingerprint": fingerprint, "result": result}
        if cache_file is not None:
            write_json(cache_file, entries)

    logger.info("Computing learned metrics for %s", LEARNED_REFERENCES.get(name, name))
    result = learned_metrics.compute(
        truth, labels, recolored, sizes=sizes, partial=cached, on_update=save
    )
    if known == set(result["metrics"]):
        logger.info("Reused the results in %s", cache_file)
    else:
        save(result)
    return result


def _fingerprint(truth, recolored, labels):
    """Return a hexadecimal hash of everything that affects learned metrics."""
    digest = hashlib.sha256(json.dumps(learned_metrics.protocol(), sort_keys=True).encode())
    for part in (truth, recolored, () if labels is None else labels):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def _read(cache_file):
    """Read a cache file; return an empty dict if it is missing or damaged.

    The result maps each name to a dict with "fingerprint" and "result".
    """
    try:
        entries = json.loads(Path(cache_file).read_text(encoding="utf-8"))
        return {name: entry for name, entry in entries.items() if "result" in entry}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        logger.warning("%s cannot be read and will be replaced: %s", cache_file, one_line(error))
        return {}


def learned_table(models, references):
    """Format the learned metrics of models and references for a terminal.

    Both arguments are dicts whose values are results of `learned_metrics.compute`. The keys of
    `models` are row titles, and the keys of `references` are keys in `LEARNED_REFERENCES`.
    """
    rows = {title: result["metrics"] for title, result in models.items()}
    rows |= {LEARNED_REFERENCES[name]: result["metrics"] for name, result in references.items()}
    names = [n for n in LEARNED_METRICS if any(n in values for values in rows.values())]
    return format_table("realism", table_lines(rows, names, LEARNED_METRICS))
