"""Random augmentation of training images, inside the compiled train step.

To add one, add a function and an entry to `AUGMENTATIONS`. A function takes ground-truth RGB,
float32 `[batch, height, width, 3]` in `[0, 1]`, and `Randomness`. It returns the RGB target and the
grayscale input, float32 `[batch, height, width, 3]` and `[batch, height, width, 1]` in `[0, 1]`.
"""

from colorkeras.color.spaces import luma
from colorkeras.data.augmentation.geometry import flip_and_shift
from colorkeras.data.augmentation.scan import degrade


def none(rgb, randomness):
    """Return the images unchanged."""
    del randomness
    return rgb, luma(rgb)


def flip(rgb, randomness):
    """Flip half of the images and shift all, see `flip_and_shift`."""
    rgb = flip_and_shift(rgb, randomness)
    return rgb, luma(rgb)


def flip_only(rgb, randomness):
    """Flip half of the images without shifts, which keeps the 8x8 grid of JPEG sources."""
    rgb = flip_and_shift(rgb, randomness, max_shift=0)
    return rgb, luma(rgb)


def flip_and_degrade(rgb, randomness):
    """Apply `flip`, and degrade the grayscale input like scans of old photographs.

    Networks that predict chroma learn the true chroma for the degraded luma, which they keep.
    Networks that predict RGB learn to restore luma as well.
    """
    rgb = flip_and_shift(rgb, randomness)
    return rgb, degrade(rgb, randomness)


AUGMENTATIONS = {"none": none, "flip": flip, "flip_only": flip_only, "scan": flip_and_degrade}
"""Augmentations by name."""
