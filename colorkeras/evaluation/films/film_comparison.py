"""Compare stable and frame-by-frame colorization on films with known colors."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from colorkeras.color.spaces_numpy import luma, luma_chroma_to_rgb, to_uint8
from colorkeras.evaluation.metrics import METRICS
from colorkeras.evaluation.metrics.temporal import TEMPORAL
from colorkeras.inference.color_settings import ColorSettings
from colorkeras.inference.streaming import upsample_color
from colorkeras.video.scene_color import SceneColorizer
from colorkeras.video.scenes import find_cuts

TRUTH, FRAME_BY_FRAME, STABLE = "ground truth", "frame by frame", "stable"
"""Row titles of the ground truth and the two colorizations."""

FILM_METRICS = {
    **TEMPORAL,
    **{name: METRICS[name] for name in ("psnr_pooled", "ciede2000", "colorfulness")},
}
"""Film metrics by name."""

MAX_ERROR_RATIO, MAX_ERROR_SHARE = 1.3, 0.5
"""Maximum warping error relative to the ground truth and relative to frame-by-frame colorization;
the larger of the two limits applies."""

MIN_COLORFULNESS = 0.95
"""Minimum colorfulness relative to frame-by-frame colorization."""

_FRAMES_PER_BATCH = 16


@dataclass(frozen=True)
class FilmComparison:
    """Results of `compare_colorings`.

    Attributes:
        cuts: List with the index of the first frame of each scene, except the first scene.
        colored: Dict from row title to film, uint8 `[n, h, w, 3]`.
        metrics: Dict from row title to a dict from name in `FILM_METRICS` to float.
    """

    cuts: list
    colored: dict
    metrics: dict

    @property
    def max_warping_error(self):
        """Maximum warping error for stable colorization, in 8-bit levels."""
        errors = {title: row["warping_error"] for title, row in self.metrics.items()}
        return max(MAX_ERROR_RATIO * errors[TRUTH], MAX_ERROR_SHARE * errors[FRAME_BY_FRAME])

    @property
    def missed(self):
        """Names of the metrics for which stable colorization misses its target."""
        stable, single = (self.metrics[title] for title in (STABLE, FRAME_BY_FRAME))
        is_met = {
            "warping_error": stable["warping_error"] <= self.max_warping_error,
            "colorfulness": stable["colorfulness"] >= MIN_COLORFULNESS * single["colorfulness"],
            "psnr_pooled": stable["psnr_pooled"] >= single["psnr_pooled"],
            "ciede2000": stable["ciede2000"] <= single["ciede2000"],
        }
        return [name for name, met in is_met.items() if not met]


def compare_colorings(predictor, film, frame_rate, settings=None):
    """Colorize the luma of a film with both methods and measure the results.

    Args:
        predictor: `Predictor`.
        film: uint8 RGB `[n, h, w, 3]` with at least two frames per scene.
        frame_rate: Frames per second.
        settings: `ColorSettings` without hints; None for the defaults.

    Returns:
        `FilmComparison`.
    """
    settings = settings or ColorSettings()
    grays = np.rint(luma(film)[..., 0]).astype(np.uint8)
    cuts = list(find_cuts(grays))
    scenes = [slice(*edges) for edges in zip([0, *cuts], [*cuts, len(film)], strict=True)]
    frames = [(number / frame_rate, gray / np.float32(255)) for number, gray in enumerate(grays)]
    stable = []
    for scene in scenes:
        colorizer = SceneColorizer(predictor, settings)
        for (_, gray), chroma in zip(frames[scene], colorizer.colorize(frames[scene]), strict=True):
            stable.append(to_uint8(luma_chroma_to_rgb(gray[..., np.newaxis], chroma)))
    colored = {
        TRUTH: film,
        FRAME_BY_FRAME: np.stack([_colorize(predictor, gray, settings) for gray in grays]),
        STABLE: np.stack(stable),
    }
    metrics = {title: measure(film, output, scenes) for title, output in colored.items()}
    return FilmComparison(cuts, colored, metrics)


def measure(truth, output, scenes):
    """Compute `FILM_METRICS` for a film; return a dict from name to float.

    Args:
        truth: uint8 `[n, h, w, 3]`.
        output: Colorized film, uint8 `[n, h, w, 3]`.
        scenes: List with one slice of frame indices per scene.
    """
    values = {}
    for name, metric in FILM_METRICS.items():
        if name in TEMPORAL:
            parts = scenes
        else:
            parts = [
                slice(start, start + _FRAMES_PER_BATCH)
                for start in range(0, len(truth), _FRAMES_PER_BATCH)
            ]
        pairs = (
            (truth[part].astype(np.float32), output[part].astype(np.float32)) for part in parts
        )
        numbers = np.concatenate([metric.per_image(*pair) for pair in pairs])
        mean = tf.constant(numbers.mean(0, dtype=np.float64), tf.float32)
        values[name] = float(metric.finalize(mean))
    return values


def _colorize(predictor, gray, settings):
    """Colorize a single frame as if it were a photograph."""
    small = predictor.network_input(gray)
    return upsample_color(gray, small, predictor.predict(small, settings), settings.saturation)
