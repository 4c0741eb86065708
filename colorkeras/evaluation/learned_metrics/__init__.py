"""Whether colors are plausible, by judges that never see what the truth of a picture is.

A small network tries to tell real from recolored pictures (`fooling`); a classifier tells whether
colors suit what a picture shows (`classifier`), and how far the recolored pictures as a set lie
from the real ones in its features (`frechet`).
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from colorkeras.color.resampling import double, halve
from colorkeras.color.spaces import from_uint8, luma, luma_chroma_to_rgb, rgb_to_chroma, to_uint8
from colorkeras.evaluation import bootstrap
from colorkeras.evaluation.learned_metrics import classifier, fooling
from colorkeras.evaluation.learned_metrics.fooling import SIZES, compress, fooling_rate
from colorkeras.evaluation.learned_metrics.frechet import frechet_distance
from colorkeras.utils.errors import UserError
from colorkeras.utils.version import __version__

__all__ = [
    "FIGURES",
    "MIN_PICTURES",
    "SEEDS",
    "SIZES",
    "Figure",
    "check_pictures",
    "half_chroma",
    "judge",
    "protocol",
]

SEEDS = (0, 1, 2)
"""Of the networks that tell real from recolored; figures are means over them."""

MIN_PICTURES = 200
"""With fewer the network learns from less than 100 and its errors are steps of over 1 %."""

NUM_RESAMPLES = 200
"""Draws of pictures for the interval of the Frechet distance, which takes a while for each."""

COMPRESSED_SIZES = (8, 16)
"""Pixels: where traces of JPEG files tell much, so that pictures are also judged without them."""

IMAGE_SIZE = 32
"""Pixels: height and width of the pictures that the judges know."""


@dataclass(frozen=True)
class Figure:
    """A figure of a set of recolored pictures.

    Attributes:
        title: Short name for tables.
        unit: Unit of the figure, "" for a pure number.
        higher_is_better: Direction.
        description: One sentence for documentation.
        decimals: Digits behind the point in tables.
    """

    title: str
    unit: str
    higher_is_better: bool
    description: str
    decimals: int = 1


def _fooling(size):
    return Figure(
        f"Fooling, {size}x{size}",
        "%",
        True,
        f"Recolored pictures that a network takes for real at {size}x{size} pixels, at equal "
        "errors; 50 % means that it can't tell.",
    )


def _compressed(size):
    return Figure(
        f"{size}x{size}, JPEG",
        "%",
        True,
        f"The fooling rate at {size}x{size} pixels where both versions went through JPEG files of "
        "the same quality, so that traces of earlier compression are no clue.",
    )


FIGURES = {
    **{f"fooling_{size}": _fooling(size) for size in SIZES},
    **{f"compressed_{size}": _compressed(size) for size in COMPRESSED_SIZES},
    "top1": Figure(
        "Top-1",
        "%",
        True,
        "Pictures whose class a classifier of color pictures finds.",
    ),
    "frechet": Figure(
        "Frechet distance",
        "",
        False,
        "Frechet distance from the true pictures in that classifier's features; not FID.",
        decimals=3,
    ),
}
"""Every figure by the name used in JSON files and tables."""


def judge(
    truth,
    labels,
    recolored,
    seeds=SEEDS,
    sizes=SIZES,
    begun=None,
    keep=lambda judged: None,
    say=print,
):
    """Judges one set of recolored pictures.

    Args:
        truth: uint8 `[n, 32, 32, 3]`, n at least `MIN_PICTURES`.
        labels: CIFAR-10 classes of the pictures, int `[n]` in 0..9; None where they have none or
            are of other classes: the classifier's figures are then left out.
        recolored: uint8 `[n, 32, 32, 3]`, in the order of `truth`.
        seeds: Whole numbers; for each and for each size a network is trained.
        sizes: Pixels, some of `SIZES`.
        begun: What a call with the same arguments kept that did not come to its end.
        keep: Function of what there is of the result, called whenever there is more.
        say: Function of one line of text that tells how far it is, and what is left out.

    Returns:
        Dict ready for JSON: "figures", float by name in `FIGURES`; "ranges", of the figures that
        are means over seeds `[lowest, highest]`; "intervals", of the classifier's figures, as from
        `bootstrap`; "seeds"; "num_images".

    Raises:
        UserError: The pictures cannot be judged, or the classifier's file is missing.
    """
    _check_shapes(truth, recolored, labels)
    check_pictures(*truth.shape[:2])
    judged = begun or {
        "metrics": {},
        "ranges": {},
        "intervals": {},
        "seeds": list(seeds),
        "num_images": len(truth),
    }
    figures = judged["metrics"]
    if labels is None:
        say("No labels: top-1 accuracy and Frechet distance are left out.")
    elif "top1" not in figures:
        found, judged["intervals"] = _classifier_figures(truth, labels, recolored)
        figures |= found
        keep(judged)
    compressed = None
    for name, (is_compressed, size) in _rates(sizes).items():
        if name in figures:
            continue
        if is_compressed and compressed is None:
            compressed = compress(truth), compress(recolored)
        pair = compressed if is_compressed else (truth, recolored)
        rates = [fooling_rate(*pair, size, seed) for seed in seeds]
        low, high = judged["ranges"][name] = [min(rates), max(rates)]
        figures[name] = float(np.mean(rates))
        say(f"{FIGURES[name].title}: {figures[name]:.1f} % ({low:.1f} to {high:.1f})")
        keep(judged)
    judged["metrics"] = {name: figures[name] for name in FIGURES if name in figures}
    return judged


def _rates(sizes):
    """Whether pictures are compressed first and at what size they are judged, by figure."""
    rates = {f"fooling_{size}": (False, size) for size in sizes}
    return rates | {f"compressed_{n}": (True, n) for n in sizes if n in COMPRESSED_SIZES}


def protocol():
    """What tells whether figures of the same pictures are still those of judges: dict, for JSON.

    Settings that are tried out, the classifier, and for all else the version of colorkeras.
    """
    return {
        "seeds": list(SEEDS),
        "epochs": fooling.EPOCHS,
        "learned": fooling.LEARNED,
        "pairs_per_batch": fooling.PAIRS_PER_BATCH,
        "learning_rate": fooling.LEARNING_RATE,
        "weight_decay": fooling.WEIGHT_DECAY,
        "jpeg_quality": fooling.JPEG_QUALITY,
        "classifier": hashlib.sha256(classifier.FILE.read_bytes()).hexdigest(),
        "colorkeras": __version__,
    }


def half_chroma(images):
    """True color at half resolution with luma in full: uint8 `[n, h, w, 3]` to the same."""
    rgb = from_uint8(images)
    chroma = double(halve(rgb_to_chroma(rgb)), rgb)
    return to_uint8(luma_chroma_to_rgb(luma(rgb), chroma)).numpy()


def _classifier_figures(truth, labels, recolored):
    real, seen = classifier.classify(truth), classifier.classify(recolored)
    correct = classifier.correct(seen["logits"], labels)

    def top1(counts=None):
        return 100 * float(np.average(correct, weights=counts))

    def frechet(counts=None):
        return frechet_distance(real["features"], seen["features"], counts)

    low, high = bootstrap.interval(frechet, len(truth), NUM_RESAMPLES)
    return {"top1": top1(), "frechet": frechet()}, {
        "top1": bootstrap.interval(top1, len(truth)),
        "frechet": [max(low, 0.0), high],  # No distance is below 0.
    }


def check_pictures(num_images, image_size):
    """Raises UserError for pictures that cannot be judged."""
    if image_size != IMAGE_SIZE:
        raise UserError(
            f"pictures of {image_size}x{image_size} pixels to judge",
            f"{IMAGE_SIZE}x{IMAGE_SIZE} pixels, the size that the judges know",
            f"Pass --image-size {IMAGE_SIZE}, or leave --judge away.",
        )
    if num_images < MIN_PICTURES:
        raise UserError(
            f"{num_images} pictures to judge",
            f"at least {MIN_PICTURES}: half of them teach the judge, which else learns nothing",
            "Take another --split or data set, or leave --judge away.",
        )


def _check_shapes(truth, recolored, labels):
    if truth.shape != recolored.shape or (labels is not None and len(labels) != len(truth)):
        counts = [truth.shape, recolored.shape, None if labels is None else len(labels)]
        raise ValueError(
            f"Received shapes {counts} of truth, recolored pictures and labels; expected the same "
            "pictures in the same order."
        )
