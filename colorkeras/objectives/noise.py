"""Noise that is as smooth as chroma: the start of flows."""

import itertools

import tensorflow as tf

AMPLITUDES = {1: 0.32, 2: 0.45, 4: 0.5}
"""By the distance of its grid points in pixels: the amplitude of each part of the noise."""

MEAN_AMPLITUDE = 0.68
"""Of the part that is the same all over a picture.

The parts together have the spectrum of chroma at half resolution in CIFAR-10: its standard
deviations by octave, as shares of the whole, are 0.22, 0.33, 0.40, 0.35 and, of the pictures'
means, 0.75. Paths from such noise to chroma are short and decide large and small things at the same
time; white noise has nearly all its energy where chroma has none."""

_RADIUS = 0.8
"""Standard deviation of the bells into which grid points are spread, over their distance: wide
enough that they leave no trace of the grid (0.4 % of the variance)."""

_MARGIN = 3
"""Grid points outside on each side, beyond which bells do not reach in."""


def smooth_noise(draw, height, width):
    """Sums normal noise on grids of several distances, each spread by bells.

    Its distribution is the same at each pixel and for each distance between two, so that the grids
    are not seen in what becomes of it.

    Args:
        draw: Function of a shape `[h, w, 2]` to normal noise `[n, h, w, 2]`, other at each call.
        height: Of the noise.
        width: Likewise.

    Returns:
        float32 `[n, height, width, 2]`, standard deviation about 1.
    """
    total = MEAN_AMPLITUDE * draw([1, 1, 2])
    for distance, amplitude in AMPLITUDES.items():
        rows, columns = _bells(height, distance), _bells(width, distance)
        points = draw([tf.shape(rows)[1], tf.shape(columns)[1], 2])
        total += amplitude * tf.einsum("yr,xc,nrck->nyxk", rows, columns, points)
    return total


def _bells(length, distance):
    """What each grid point adds to each pixel, float32 `[length, points]`, unit sums of squares."""
    points = -(-length // distance) + 2 * _MARGIN
    places = distance * (tf.range(points) - _MARGIN)
    offsets = tf.range(length)[:, tf.newaxis] - places
    bells = tf.exp(-0.5 * tf.square(tf.cast(offsets, tf.float32) / (_RADIUS * distance)))
    return tf.math.l2_normalize(bells, axis=1)


def noise_of_training(randomness, num_pictures, height, width):
    """Noise `[num_pictures, height, width, 2]` of a training step's `Randomness`."""
    return smooth_noise(lambda shape: randomness.normal(num_pictures, shape), height, width)


def noise_of_seeds(seeds, height, width):
    """Noise `[n, height, width, 2]`, of each picture a function of its seed alone.

    Args:
        seeds: int32 `[n]`.
        height: Of the noise.
        width: Likewise.
    """

    def of_one(seed):
        numbers = itertools.count()

        def draw(shape):
            return tf.random.stateless_normal([1, *shape], [seed, next(numbers)])

        return smooth_noise(draw, height, width)[0]

    shape = tf.TensorSpec([None, None, 2], tf.float32)
    return tf.map_fn(of_one, seeds, fn_output_signature=shape)
