"""Random flips, shifts and cutout."""

import tensorflow as tf

MAX_SHIFT = 4
"""Maximum shift along each axis in pixels."""


def flip_and_shift(images, randomness, max_shift=MAX_SHIFT):
    """Flip half of the images horizontally and shift each by up to `max_shift` pixels.

    Images are `[batch, height, width, channels]` with height and width greater than `max_shift`.
    Pixels exposed by a shift are filled by reflection at the border. Images must be floating point
    on GPUs, where `tf.gather` does not support uint8.
    """
    shape = tf.shape(images)
    draws = randomness.integers(shape[0], [2, 1], 2 * (2 * max_shift + 1))
    # A random integer below 2 (2 m + 1) encodes the shift and, in its lowest bit, the flip.
    rows = _reflect(tf.range(shape[1]) + draws[:, 0] // 2 - max_shift, shape[1])
    columns = _reflect(tf.range(shape[2]) + draws[:, 1] // 2 - max_shift, shape[2])
    columns = tf.where(draws[:, 0] % 2 == 0, shape[2] - 1 - columns, columns)
    moved = tf.gather(images, rows, axis=1, batch_dims=1)
    moved = tf.gather(moved, columns, axis=2, batch_dims=1)
    return tf.ensure_shape(moved, images.shape)  # Restore the static shape.


def cut_out(images, randomness, size):
    """Replace a random square in each image with gray.

    Images are float32 `[batch, height, width, 3]` in `[0, 1]`. `size` is the side length of the
    square in pixels. The square may extend beyond the border of the image.

    Reference: DeVries, Taylor, "Improved regularization of convolutional neural networks with
    cutout", 2017.
    """
    num_images, height, width, _ = tf.unstack(tf.shape(images))
    centers = randomness.uniform(num_images, [2])

    def inside(length, center):
        distance = tf.range(length, dtype=tf.float32) - center[:, tf.newaxis] * tf.cast(
            length, tf.float32
        )
        return tf.abs(distance) < size / 2

    rows, columns = inside(height, centers[:, 0]), inside(width, centers[:, 1])
    covered = rows[:, :, tf.newaxis, tf.newaxis] & columns[:, tf.newaxis, :, tf.newaxis]
    return tf.where(covered, 0.5, images)


def _reflect(indices, size):
    """Map indices in `(-size, 2 size - 2]` to `[0, size)` by reflection at the border pixels."""
    last = size - 1
    return last - tf.abs(last - tf.abs(indices))
