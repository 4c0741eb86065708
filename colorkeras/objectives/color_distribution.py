"""The most likely distinct colors at given points in an image."""

import tensorflow as tf

from colorkeras.color.chroma_bins import BIN_CENTERS, BIN_SIZE
from colorkeras.color.spaces import luma_chroma_to_rgb, rgb_to_chroma, to_uint8

NUM_COLORS = 5
"""Number of colors per point."""

_MIN_DISTANCE = 1.5 * BIN_SIZE
"""Chroma distance below which bins are merged."""


def likeliest_colors(probabilities, luma):
    """Group bins with similar colors and return the most likely groups.

    Args:
        probabilities: Probability of each bin, float32 `[..., NUM_CHROMA_BINS]`.
        luma: float32 `[..., 1]` in `[0, 1]`.

    Returns:
        `(colors, probabilities)`: RGB, uint8 `[..., NUM_COLORS, 3]`, and float32
        `[..., NUM_COLORS]`, in descending order of probability. If fewer distinct colors are
        possible at this luma, the remaining entries have probability 0.
    """
    # The gamut limits the chroma at each luma, so several bins may result in the same color.
    possible = rgb_to_chroma(luma_chroma_to_rgb(luma[..., tf.newaxis, :], BIN_CENTERS))
    remaining, chroma, shares = probabilities, [], []
    for _ in range(NUM_COLORS):
        best = tf.argmax(remaining, axis=-1)
        peak = tf.gather(possible, best, batch_dims=best.shape.rank)[..., tf.newaxis, :]
        is_near = tf.norm(possible - peak, axis=-1) < _MIN_DISTANCE
        group = tf.where(is_near, remaining, 0.0)
        share = tf.reduce_sum(group, axis=-1, keepdims=True)
        mean = tf.reduce_sum(group[..., tf.newaxis] * possible, axis=-2)
        chroma.append(tf.where(share > 0, mean / tf.maximum(share, 1e-9), peak[..., 0, :]))
        shares.append(share)
        remaining -= group
    shares = tf.concat(shares, axis=-1)
    shares, order = tf.math.top_k(shares, NUM_COLORS)
    chroma = tf.gather(tf.stack(chroma, axis=-2), order, batch_dims=order.shape.rank - 1)
    luma = tf.repeat(luma[..., tf.newaxis, :], NUM_COLORS, axis=-2)
    return to_uint8(luma_chroma_to_rgb(luma, chroma)), shares
