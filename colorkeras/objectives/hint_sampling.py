"""Sample color variations by drawing hints from the network's predictions.

Hints are added one at a time. Each hint is placed at the most uncertain position, and its color is
drawn from the distribution predicted at that position, given all previous hints. The network
propagates the color across the object, which keeps the variation coherent.
"""

import tensorflow as tf

from colorkeras.color import chroma_bins
from colorkeras.objectives.hinted_loss import STRIDE

NUM_HINTS = 5
"""Number of hints per image."""

ALPHA, TEMPERATURE = 0.75, 0.7
"""Class weight exponent and temperature for drawing colors.

The predicted distribution is multiplied by the class weights to the power of -`ALPHA`, and then
sharpened with `TEMPERATURE`.
"""

_REACH = 5
"""Minimum distance between hints, in cells of `STRIDE` x `STRIDE` pixels."""

_WINDOW = 5
"""Side length of the window over which uncertainty is averaged, in cells.

Averaging favors uncertain regions over isolated uncertain values.
"""


def draw_numbers(seeds):
    """Draw the random numbers for `sample_hints`.

    Args:
        seeds: int32 `[batch]`. The numbers for a seed do not depend on the rest of the batch.

    Returns:
        Uniform numbers in `[0, 1)`, float32 `[batch, NUM_HINTS]`.
    """
    return tf.map_fn(
        lambda seed: tf.random.stateless_uniform([NUM_HINTS], [seed, 0]),
        seeds,
        fn_output_signature=tf.TensorSpec([NUM_HINTS], tf.float32),
    )


def sample_hints(predict_logits, log_weights, grayscale, numbers):
    """Draw hints for each image from the distributions predicted by a network.

    Args:
        predict_logits: Function of hints that returns logits `[batch, h', w', NUM_CHROMA_BINS]`.
        log_weights: Logarithms of the class weights, float32 `[NUM_CHROMA_BINS]`.
        grayscale: `[batch, h, w, 1]`; only its shape is used.
        numbers: Numbers from `draw_numbers`.

    Returns:
        float32 `[batch, h, w, 3]`. Each hint covers `STRIDE` x `STRIDE` pixels.
    """

    def add_hint(index, hints, is_free):
        logits = (predict_logits(hints) - ALPHA * log_weights) / TEMPERATURE
        uncertainty = chroma_bins.standard_deviation(logits)
        uncertainty = tf.nn.avg_pool2d(uncertainty, _WINDOW, 1, "SAME")
        place = _largest(tf.where(is_free, uncertainty, -1.0))
        chroma = _draw(tf.gather_nd(logits, place, batch_dims=1), numbers[:, index])
        distance = tf.norm(tf.cast(_offsets(is_free, place), tf.float32), axis=-1, keepdims=True)
        hints = tf.where(_covers(hints, place), _as_hint(chroma), hints)
        return index + 1, hints, is_free & (distance > _REACH)

    shape = tf.shape(grayscale)
    cells = [shape[0], *(-(-shape[axis] // STRIDE) for axis in (1, 2)), 1]
    _, hints, _ = tf.while_loop(
        lambda index, *_: index < NUM_HINTS,
        add_hint,
        [0, tf.zeros([*tf.unstack(shape[:3]), 3]), tf.fill(cells, True)],
        shape_invariants=[
            tf.TensorShape([]),
            tf.TensorShape([None, None, None, 3]),
            tf.TensorShape([None, None, None, 1]),
        ],
        parallel_iterations=1,
    )
    return hints


def _largest(values):
    """Return the row and column of the maximum of `[batch, h, w, 1]`, int32 `[batch, 2]`."""
    shape = tf.shape(values)
    flat = tf.reshape(values, [shape[0], shape[1] * shape[2]])
    index = tf.argmax(flat, axis=-1, output_type=tf.int32)
    return tf.stack([index // shape[2], index % shape[2]], axis=-1)


def _draw(logits, numbers):
    """Draw chroma, float32 `[batch, 2]`, using uniform numbers `[batch]` in `[0, 1)`."""
    cumulated = tf.cumsum(tf.nn.softmax(logits), axis=-1)
    chosen = tf.reduce_sum(tf.cast(cumulated <= numbers[:, tf.newaxis], tf.int32), axis=-1)
    # Due to rounding, the last sum may be less than 1.
    chosen = tf.minimum(chosen, chroma_bins.NUM_CHROMA_BINS - 1)
    return tf.gather(chroma_bins.BIN_CENTERS, chosen)


def _offsets(like, place):
    """Return row and column offsets from a position `[batch, 2]`, int32 `[batch, h, w, 2]`."""
    rows, columns = tf.meshgrid(*map(tf.range, tf.unstack(tf.shape(like)[1:3])), indexing="ij")
    return tf.stack([rows, columns], axis=-1) - place[:, tf.newaxis, tf.newaxis]


def _covers(hints, place):
    """Return a mask of the pixels that a predicted value covers, bool `[batch, h, w, 1]`."""
    offsets = _offsets(hints, STRIDE * place)
    return tf.reduce_all((offsets >= 0) & (offsets < STRIDE), axis=-1, keepdims=True)


def _as_hint(chroma):
    return tf.pad(chroma, [[0, 0], [0, 1]], constant_values=1.0)[:, tf.newaxis, tf.newaxis]
