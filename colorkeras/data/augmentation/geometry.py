"""Random flips, shifts and covers of pictures."""

import tensorflow as tf

MAX_SHIFT = 4
"""Pixels: the largest shift in each direction."""


def flip_and_shift(images, randomness, max_shift=MAX_SHIFT):
    """Mirrors half of the pictures and shifts each by up to `max_shift` pixels.

    Pixels that a shift uncovers are filled by reflection at the border.

    Args:
        images: `[n, h, w, c]`, h and w greater than `max_shift`. Float rather than uint8 where
            a GPU is to do it: TensorFlow has no kernel there that gathers uint8.
        randomness: `Randomness`, from which the result follows.
        max_shift: Pixels, at least 0.

    Returns:
        Dtype and shape of `images`.
    """
    shape = tf.shape(images)
    draws = randomness.integers(shape[0], [2, 1], 2 * (2 * max_shift + 1))
    # A draw below 2 (2 m + 1) holds a shift (its half) and a toss of a coin (its last bit).
    rows = _reflect(tf.range(shape[1]) + draws[:, 0] // 2 - max_shift, shape[1])
    columns = _reflect(tf.range(shape[2]) + draws[:, 1] // 2 - max_shift, shape[2])
    columns = tf.where(draws[:, 0] % 2 == 0, shape[2] - 1 - columns, columns)
    moved = tf.gather(images, rows, axis=1, batch_dims=1)
    moved = tf.gather(moved, columns, axis=2, batch_dims=1)
    return tf.ensure_shape(moved, images.shape)  # Else a graph forgets what it knows of the size.


def cut_out(images, randomness, size):
    """Covers a square of each picture with gray, partly outside where its center is near a border.

    Args:
        images: float32 `[n, h, w, 3]` in 0..1.
        randomness: `Randomness`, from which the places follow.
        size: Pixels.

    Returns:
        As `images`.

    Reference: DeVries, Taylor, "Improved regularization of convolutional neural networks with
    cutout", 2017.
    """
    num_images, height, width, _ = tf.unstack(tf.shape(images))
    place = randomness.uniform(num_images, [2])

    def inside(length, center):
        distance = tf.range(length, dtype=tf.float32) - center[:, tf.newaxis] * tf.cast(
            length, tf.float32
        )
        return tf.abs(distance) < size / 2

    rows, columns = inside(height, place[:, 0]), inside(width, place[:, 1])
    covered = rows[:, :, tf.newaxis, tf.newaxis] & columns[:, tf.newaxis, :, tf.newaxis]
    return tf.where(covered, 0.5, images)


def _reflect(indices, size):
    """Folds indices from -size+1..2 size-2 into 0..size-1, without repeating the border."""
    last = size - 1
    return last - tf.abs(last - tf.abs(indices))
