"""Learned metrics of models and references, cached in a file because they take long to compute."""

import hashlib
import json
import logging
from pathlib import Path

import numpy as np

from colorkeras.evaluation import learned_metrics, references
from colorkeras.evaluation.evaluator import constant_chroma, grayscale_baseline, recolor
from colorkeras.evaluation.image_samples import load_all_images
from colorkeras.evaluation.learned_metrics import LEARNED_METRICS
from colorkeras.evaluation.tables import table_lines
from colorkeras.utils.errors import one_line
from colorkeras.utils.files import write_json
from colorkeras.utils.text_table import format_table

logger = logging.getLogger(__name__)

LEARNED_REFERENCES = {
    "grayscale_baseline": references.REFERENCES["grayscale_baseline"],
    "mean_chroma": references.REFERENCES["mean_chroma"],
    "flipped": "true images flipped",
    "truth": references.REFERENCES["truth"],
    "half_chroma": "true chroma at half resolution",
}
"""References by key, with the titles of their rows.

The grayscale input; the mean chroma of the training part in every pixel; the flipped ground truth,
whose fooling rate should be near 50 %; the ground truth, for the classifier's metrics only; and the
ground truth with chroma at half resolution, the best result of a model with such chroma.
"""


def evaluate_learned(name, colorize, setup, cache_file=None):
    """Compute the learned metrics of a colorizer.

    Args:
        name: Name of the model in the cache.
        colorize: Colorizer, see `evaluator`.
        setup: `EvaluationSetup`.
        cache_file: Path of a JSON file, or None. Metrics in it are reused if images and protocol
            are the same; new metrics are added one by one.

    Returns:
        Dict from `learned_metrics.compute`.

    Raises:
        UserError: The images are unsuitable; see `learned_metrics.check_images`.
    """
    recolored = recolor(colorize, setup.source, setup.degradation)
    return _compute_cached(name, name, load_all_images(setup.source), recolored, setup, cache_file)


def evaluate_learned_references(setup, cache_file=None, on_update=lambda results: None):
    """Compute the learned metrics of all references.

    Args:
        setup: `EvaluationSetup`.
        cache_file: As for `evaluate_learned`.
        on_update: Function of the results so far, called after each reference.

    Returns:
        Dict of results from `learned_metrics.compute` by key of `LEARNED_REFERENCES`.
    """
    truth = load_all_images(setup.source)
    results = {}
    for name, title in LEARNED_REFERENCES.items():
        recolored = _reference(name, setup, truth)
        # Nothing distinguishes the ground truth from itself.
        sizes = () if name == "truth" else learned_metrics.SIZES
        results[name] = _compute_cached(name, title, truth, recolored, setup, cache_file, sizes)
        on_update(results)
    return results


def _compute_cached(name, title, truth, recolored, setup, cache_file, sizes=learned_metrics.SIZES):
    labels = getattr(setup.source, "labels", None)
    fingerprint = _fingerprint(truth, recolored, labels)
    entries = {} if cache_file is None else _read(cache_file)
    cached = entries.get(name, {})
    cached = cached["result"] if cached.get("fingerprint") == fingerprint else None
    known = set(cached["metrics"]) if cached else None

    def save(result):
        entries[name] = {"fingerprint": fingerprint, "result": result}
        if cache_file is not None:
            write_json(cache_file, entries)

    logger.info("Learned metrics of %s", title)
    result = learned_metrics.compute(
        truth, labels, recolored, sizes=sizes, partial=cached, on_update=save
    )
    if known == set(result["metrics"]):
        logger.info("Reused the results in %s", cache_file)
    else:
        save(result)
    return result


def _reference(name, setup, truth):
    """Recolored images of a reference."""
    if name == "flipped":
        return truth[:, :, ::-1]
    if name == "half_chroma":
        return learned_metrics.half_chroma(truth)
    if name == "truth":
        return truth
    colorize = grayscale_baseline
    if name == "mean_chroma":
        colorize = constant_chroma(setup.statistics.mean_chroma)
    return recolor(colorize, setup.source, setup.degradation)


def _fingerprint(truth, recolored, labels):
    """Hash of everything that the learned metrics depend on, hexadecimal."""
    digest = hashlib.sha256(json.dumps(learned_metrics.protocol(), sort_keys=True).encode())
    for part in (truth, recolored, () if labels is None else labels):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def _read(cache_file):
    """Entries of the cache by name, each with "fingerprint" and "result"; none if damaged."""
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

    Args:
        models: Dict of results from `evaluate_learned` by row title.
        references: Dict from `evaluate_learned_references`.
    """
    rows = {title: result["metrics"] for title, result in models.items()}
    rows |= {LEARNED_REFERENCES[name]: result["metrics"] for name, result in references.items()}
    names = [n for n in LEARNED_METRICS if any(n in values for values in rows.values())]
    return format_table("realism", table_lines(rows, names, LEARNED_METRICS))
