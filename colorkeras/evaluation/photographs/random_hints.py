"""Evaluate models on photographs with color hints at random positions."""

import numpy as np

from colorkeras.color.spaces import from_uint8, luma_chroma_to_rgb, to_uint8
from colorkeras.evaluation.metrics import photographs
from colorkeras.evaluation.photographs.pooled_errors import image_errors, summarize
from colorkeras.image_io import DecodedImage
from colorkeras.inference.color_hints import Hint, HintList
from colorkeras.inference.color_settings import ColorSettings

COUNTS = (1, 5, 10, 50)
"""Numbers of hints per photograph."""

VIVIDNESS = 0.0
"""Vividness for photographs with hints; 0 gives the lowest color error away from the hints."""

RADIUS = 1.5
"""Radius of a hint in pixels; the disc covers about `photographs.HINT_SIZE` squared pixels."""

TOLERANCE = 3 / 255
"""Maximum error in mean chroma at which a hint is considered honored."""

MODEL, SPREAD = "model", "hints without a network"
"""Row titles for the model and for `photographs.spread_hints`."""


def measure_hints(predictor, source, counts=COUNTS):
    """Evaluate a model with color hints at random positions.

    The color of each hint is the mean ground-truth chroma around its position.

    Args:
        predictor: `Predictor` for a model that accepts hints.
        source: `PhotographSource`.
        counts: Numbers of hints.

    Returns:
        JSON-serializable dict from number of hints to a dict with the result of `summarize` for
        each row, and "honored", the percentage of hints at which the mean chroma of the output is
        within `TOLERANCE` of the hint's chroma.
    """
    results = {}
    for count in counts:
        measured = list(source.map(lambda photograph, n=count: _measure(predictor, photograph, n)))
        baseline, model, spread = np.stack([errors for errors, _ in measured], axis=1)
        honored = np.concatenate([honored for _, honored in measured])
        results[str(count)] = {
            MODEL: summarize(model, baseline),
            SPREAD: summarize(spread, baseline),
            "honored": float(100 * np.mean(honored)),
        }
    return results


def _measure(predictor, photograph, count):
    """Return `image_errors` of the baseline, model and `SPREAD`, and which hints are honored."""
    truth, gray = photograph.truth, photograph.gray
    luma = from_uint8(gray[..., np.newaxis])
    positions, chroma = photographs.random_hints(truth, count, [0, photograph.index, count])
    spread = photographs.spread_hints(luma.numpy()[..., 0], positions, chroma)
    colors = _rgb(luma.numpy()[tuple(positions.T)], chroma)
    hints = [
        Hint(int(column), int(row), "#" + bytes(color).hex(), RADIUS)
        for (row, column), color in zip(positions, colors, strict=True)
    ]
    settings = ColorSettings(vividness=VIVIDNESS, hints=HintList(hints))
    output = predictor.color_image(DecodedImage(gray), settings).pixels
    outputs = [np.repeat(gray[..., np.newaxis], 3, axis=-1), output, _rgb(luma, spread)]
    difference = np.abs(photographs.hint_chroma(output, positions) - chroma).max(axis=-1)
    return image_errors(truth, outputs), difference <= TOLERANCE


def _rgb(luma, chroma):
    return to_uint8(luma_chroma_to_rgb(luma, chroma.astype(np.float32))).numpy()
