"""Random augmentation of training images, performed in the compiled train step.

To add an augmentation, write a function and add it to `AUGMENTATIONS`. The function takes
ground-truth RGB, float32 `[batch, height, width, 3]` in `[0, 1]`, and `Randomness`. It returns the
RGB target `[batch, height, width, 3]` and the grayscale input `[batch, height, width, 1]`, both
float32 in `[0, 1]`.
"""

from colorkeras.color.spaces import luma
from colorkeras.data.augmentation.framing import frame
from colorkeras.data.augmentation.geometry import flip_and_shift
from colorkeras.data.augmentation.scan import degrade


def none(rgb, randomness):
    """Return the images unchanged."""
    del randomness
    return rgb, luma(rgb)


def flip(rgb, randomness):
    """Flip half of the images and shift all of them; see `flip_and_shift`."""
    rgb = flip_and_shift(rgb, randomness)
    return rgb, luma(rgb)


def flip_only(rgb, randomness):
    """Flip half of the images. Without shifts, the 8x8 blocks of JPEG images stay aligned."""
    rgb = flip_and_shift(rgb, randomness, max_shift=0)
    return rgb, luma(rgb)


def flip_and_degrade(rgb, randomness):
    """Apply `flip` and degrade the grayscale input to resemble scans of old photographs.

    Networks that predict chroma learn the original chroma and keep the degraded luma. Networks that
    predict RGB also learn to restore luma.
    """
    rgb = flip_and_shift(rgb, randomness)
    return rgb, degrade(rgb, randomness)


def flip_and_frame(rgb, randomness):
    """Apply `flip_only`, add borders to some images, and degrade some of the grayscale inputs."""
    rgb = frame(flip_and_shift(rgb, randomness, max_shift=0), randomness)
    return rgb, degrade(rgb, randomness, clean_share=0.85)


AUGMENTATIONS = {
    "none": none,
    "flip": flip,
    "flip_only": flip_only,
    "scan": flip_and_degrade,
    "photograph": flip_and_frame,
}
"""Augmentations by name."""
