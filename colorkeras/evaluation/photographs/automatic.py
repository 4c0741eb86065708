"""Metrics for automatic colorization: errors, colorfulness, skin colors and coherence."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from colorkeras.color.spaces import from_uint8, to_uint8
from colorkeras.evaluation.evaluator import constant_chroma, grayscale_baseline
from colorkeras.evaluation.learned_metrics.frechet import frechet_distance
from colorkeras.evaluation.metrics import photographs
from colorkeras.evaluation.photographs.photograph_source import center_crop
from colorkeras.evaluation.photographs.pooled_errors import image_errors, summarize_groups
from colorkeras.evaluation.references import REFERENCES

BASELINE, MEAN_CHROMA, TRUTH = (
    REFERENCES[key] for key in ("grayscale_baseline", "mean_chroma", "truth")
)
"""Row titles of the references."""

VIVIDNESS = (0.0, 0.5, 1.0)
"""Vividness values at which models with a vividness input are evaluated."""

SKIN_GROUPS = ("faces", "heads")
"""Sources of portraits, used to measure skin color errors."""


@dataclass(frozen=True)
class Automatic:
    """Results from `measure_automatic`.

    Attributes:
        record: JSON-serializable dict: "num_images" by group; "errors", the results of `summarize`
            by row and group; "skin", the results of `skin_errors` by row and group; "incoherence"
            by row; and, if there is an encoder, "frechet", the Frechet distance from the ground
            truth by row.
        crops: Dict from row to the center crops of all photographs, uint8 `[n, 32, 32, 3]`.
    """

    record: dict
    crops: dict


@dataclass(frozen=True)
class References:
    """Reference data for evaluating a model.

    Attributes:
        mean_chroma: Mean Cb and Cr of the training split, float `[2]`.
        encoder: Function that maps an image, uint8 `[h, w, 3]`, to its features, float `[k]`, for
            the Frechet distance; None omits the distance.
    """

    mean_chroma: np.ndarray
    encoder: Callable | None = None


def colorings(exported, adjustments):
    """Return a dict from row title to keyword arguments for `Predictor.colorize`.

    Args:
        exported: `ExportedModel`.
        adjustments: Dict of arguments common to all rows, such as saturation.
    """
    if not exported.has_vividness:
        return {"model": adjustments}
    return {f"vividness {level:g}": {"vividness": level, **adjustments} for level in VIVIDNESS}


def measure_automatic(predictor, source, references, rows):
    """Colorize all photographs with several settings and measure the results.

    Args:
        predictor: `Predictor`.
        source: `PhotographSource`.
        references: `References`.
        rows: Result of `colorings`.

    Returns:
        `Automatic`.
    """
    constant = constant_chroma(references.mean_chroma)
    titles = [BASELINE, MEAN_CHROMA, *rows]

    def measure(photograph):
        gray = from_uint8(photograph.gray[np.newaxis, ..., np.newaxis])
        outputs = [to_uint8(f(gray)).numpy()[0] for f in (grayscale_baseline, constant)]
        outputs += [predictor.colorize(photograph.gray, **row) for row in rows.values()]
        images = [photograph.truth, *outputs]
        colored = dict(zip([TRUTH, *titles], images, strict=True))
        return {
            "group": photograph.group,
            "errors": image_errors(photograph.truth, outputs),
            "variances": [
                photographs.chroma_variances(colored[title], photograph.segments)
                for title in (TRUTH, *rows)
            ],
            "crops": [center_crop(image) for image in images],
            "features": [references.encoder(image) for image in images if references.encoder],
            "skin": colored if photograph.group in SKIN_GROUPS else None,
        }

    measured = list(source.map(measure))
    groups = [each["group"] for each in measured]
    errors, variances, crops, features = (
        np.stack([each[key] for each in measured], axis=1)
        for key in ("errors", "variances", "crops", "features")
    )
    names, counts = np.unique(groups, return_counts=True)
    record = {
        "num_images": dict(zip(names.tolist(), counts.tolist(), strict=True)),
        "errors": {
            title: summarize_groups(values, errors[0], groups)
            for title, values in zip(titles, errors, strict=True)
        },
        "skin": {title: _skin(measured, title) for title in rows},
        "incoherence": {
            title: photographs.incoherence(values)
            for title, values in zip([TRUTH, *rows], variances, strict=True)
        },
    }
    if references.encoder:
        record["frechet"] = {
            title: frechet_distance(features[0], values)
            for title, values in zip(titles, features[1:], strict=True)
        }
    return Automatic(record, dict(zip([TRUTH, *titles], crops, strict=True)))


def _skin(measured, title):
    """Return a dict from group to the results of `skin_errors` for one row."""
    portraits = {
        group: [each["skin"] for each in measured if each["skin"] and each["group"] == group]
        for group in SKIN_GROUPS
    }
    return {
        group: photographs.skin_errors([p[TRUTH] for p in images], [p[title] for p in images])
        for group, images in portraits.items()
        if len(images) >= photographs.MIN_PORTRAITS
    }
