"""Evaluate the variations that sampling models generate for a photograph."""

import numpy as np

from colorkeras.evaluation.metrics import photographs
from colorkeras.evaluation.photographs.automatic import TRUTH
from colorkeras.evaluation.photographs.pooled_errors import image_errors, summarize

EVERY = 4
"""Use only every n-th photograph, because each variation requires several predictions."""

NUM_VARIATIONS = 2


def measure_variations(predictor, source):
    """Colorize photographs with two seeds and compare the results.

    Args:
        predictor: `Predictor` for a model that samples.
        source: `PhotographSource`.

    Returns:
        JSON-serializable dict: "num_images"; "difference", the mean CIEDE2000 between the two
        variations; "errors", the result of `summarize` for each variation; and "incoherence" for
        the ground truth and each variation.
    """
    titles = [f"variation {number + 1}" for number in range(NUM_VARIATIONS)]

    def measure(photograph):
        outputs = predictor.variations(photograph.gray, NUM_VARIATIONS, seed=1)
        gray = np.repeat(photograph.gray[..., np.newaxis], 3, axis=-1)
        return (
            image_errors(photograph.truth, [gray, *outputs]),
            image_errors(outputs[0], outputs[1:]),
            [
                photographs.chroma_variances(image, photograph.segments)
                for image in (photograph.truth, *outputs)
            ],
        )

    errors, differences, variances = (
        np.stack(values, axis=1) for values in zip(*source.map(measure, EVERY), strict=True)
    )
    baseline, *errors = errors
    pixels, _, total, _, _ = differences[0].sum(axis=0)
    return {
        "num_images": len(baseline),
        "difference": float(total / pixels),
        "errors": {
            title: summarize(values, baseline) for title, values in zip(titles, errors, strict=True)
        },
        "incoherence": {
            title: photographs.incoherence(values)
            for title, values in zip([TRUTH, *titles], variances, strict=True)
        },
    }
