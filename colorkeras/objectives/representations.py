"""How the numbers that a regression predicts stand for a picture.

Add one by adding an entry to `REPRESENTATIONS` and one of the same name to `OUTPUTS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

from colorkeras.color.spaces import luma, luma_chroma_to_rgb, rgb_to_chroma


@dataclass(frozen=True)
class Representation:
    """How predictions relate to pictures.

    Attributes:
        target: Maps true RGB, float32 `[n, h, w, 3]` in 0..1, to what the loss compares the
            prediction with, `[n, h, w, num_channels]`.
        decode: Maps grayscale input, float32 `[n, h, w, 1]` in 0..1, and the prediction to RGB,
            float32 `[n, h, w, 3]` in 0..1. The loss never sees it.
        luma_and_chroma: Maps grayscale, as above, and the prediction to the luma `[n, h, w, 1]`
            and the chroma `[n, h, w, 2]` that it stands for, before anything is clipped.
    """

    target: Callable
    decode: Callable
    luma_and_chroma: Callable


def _decode_rgb(grayscale, prediction):
    del grayscale  # The prediction holds the whole picture.
    return tf.clip_by_value(prediction, 0.0, 1.0)


def _luma_and_chroma_of_rgb(grayscale, prediction):
    del grayscale
    return luma(prediction), rgb_to_chroma(prediction)


def _luma_and_chroma_of_chroma(grayscale, prediction):
    return grayscale, prediction


REPRESENTATIONS = {
    "rgb": Representation(
        target=tf.identity,
        decode=_decode_rgb,
        luma_and_chroma=_luma_and_chroma_of_rgb,
    ),
    "chroma": Representation(
        target=rgb_to_chroma,
        decode=luma_chroma_to_rgb,
        luma_and_chroma=_luma_and_chroma_of_chroma,
    ),
}
"""Red, green, blue in 0..1; or BT.601 Cb and Cr in -0.5..0.5, which keeps the input's luma."""
