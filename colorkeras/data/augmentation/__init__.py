"""Random changes of training pictures, as part of the compiled train step.

Add one by adding a function and one entry to `AUGMENTATIONS`. A function takes true RGB, float32
`[n, h, w, 3]` in 0..1, and `Randomness`; it returns the RGB to learn and the grayscale to learn it
from, float32 `[n, h, w, 3]` and `[n, h, w, 1]` in 0..1.
"""

from colorkeras.color.spaces import luma
from colorkeras.data.augmentation.geometry import flip_and_shift
from colorkeras.data.augmentation.scan import degrade


def none(rgb, randomness):
    """Changes nothing."""
    del randomness
    return rgb, luma(rgb)


def flip(rgb, randomness):
    """Mirrors half of the pictures and shifts all: see `flip_and_shift`."""
    rgb = flip_and_shift(rgb, randomness)
    return rgb, luma(rgb)


def flip_only(rgb, randomness):
    """Mirrors half of the pictures, and leaves their pixels on the grid of an earlier JPEG file."""
    rgb = flip_and_shift(rgb, randomness, max_shift=0)
    return rgb, luma(rgb)


def flip_and_degrade(rgb, randomness):
    """As `flip`, but learns from grayscale as old photographs show it: see `degrade`.

    Networks that predict chroma learn the true chroma beside the degraded luma, which their output
    keeps; networks that predict RGB learn to restore as well.
    """
    rgb = flip_and_shift(rgb, randomness)
    return rgb, degrade(rgb, randomness)


AUGMENTATIONS = {"none": none, "flip": flip, "flip_only": flip_only, "scan": flip_and_degrade}
"""Augmentations by name."""
