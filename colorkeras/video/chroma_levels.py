"""Restoration of the colorfulness that is lost when predictions are averaged.

Averaging pulls chroma toward its mean: strong colors become paler, and gray areas take on color.
The correction adjusts the averaged chroma so that the distribution of its magnitudes approaches the
distribution for the individual predictions.
"""

import numpy as np

_QUANTILES = (np.arange(16) + 0.5) / 16
"""Quantile levels at which the distribution of chroma magnitudes is sampled."""

_MEAN_SHARE = 0.3
"""Weight of the mean chroma in the colorfulness metric (Hasler and Suesstrunk 2003)."""

_MIN_SHARE = 0.98
"""Fraction of the predictions' colorfulness to restore. Restoring all of it would amplify errors
(measured with `benchmarks/video.py`)."""

_MAX_GAIN = 1.5
"""Maximum factor by which chroma is increased or decreased."""

_OFFSET = 0.002
"""Constant added to both chroma levels of each ratio, so that nearly gray pixels get gains close to
1."""


def chroma_levels(chroma):
    """Summarize the distribution of Cb and Cr `[h, w, 2]`.

    Returns:
        float64 `[17]`: the colorfulness (the spread plus a fraction of the mean), followed by 16
        quantiles of the chroma magnitude.

    >>> chroma_levels(np.full([2, 2, 2], (0.3, 0.4)))[[0, 1, -1]].round(2).tolist()
    [0.15, 0.5, 0.5]
    """
    pixels = chroma.reshape(-1, 2).astype(np.float64)
    spread = np.sqrt(pixels.var(0).sum())
    colorfulness = spread + _MEAN_SHARE * np.linalg.norm(pixels.mean(0))
    return np.append(colorfulness, np.quantile(np.linalg.norm(pixels, axis=1), _QUANTILES))


def level_gains(chroma, predicted, averaged):
    """Compute per-pixel gains that restore the distribution of chroma.

    Args:
        chroma: Averaged Cb and Cr, float32 `[h, w, 2]`.
        predicted: `chroma_levels` of the predictions.
        averaged: `chroma_levels` of the averages.

    Returns:
        Chroma gain of each pixel, float32 `[h, w, 1]`.
    """
    lost, allowed = predicted[0] - averaged[0], (1 - _MIN_SHARE) * predicted[0]
    strength = 1 - allowed / lost if lost > allowed else 0.0
    ratios = (predicted[1:] + _OFFSET) / (averaged[1:] + _OFFSET)
    gains = np.clip(1 + strength * (ratios - 1), 1 / _MAX_GAIN, _MAX_GAIN)
    magnitudes = np.linalg.norm(chroma, axis=-1, keepdims=True)
    return np.interp(magnitudes, averaged[1:], gains).astype(np.float32)
