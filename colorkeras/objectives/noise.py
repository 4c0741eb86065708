"""Noise that is as smooth as chroma: the start of flows."""

import math

import tensorflow as tf

from colorkeras.color.resampling import divide_up

AMPLITUDES = {1: 0.38, 2: 0.45, 4: 0.46}
"""By the distance of its grid points in pixels: the amplitude of each part of the noise."""

MEAN_AMPLITUDE = 0.7
"""Of the part that is the same all over a picture.

The parts together have the spectrum of chroma at half resolution in CIFAR-10: its standard
deviations by octave, as shares of the whole, are 0.26, 0.34, 0.39, 0.33 and, of the pictures'
means, 0.75. Paths from such noise to chroma are short and decide large and small things at the same
time; white noise has nearly all its energy where chroma has none."""

_RADIUS = 0.8
"""Standard deviation of the bells into which grid points are spread, over their distance: wide
enough that they leave no trace of the grid (0.4 % of the variance)."""

_MARGIN = 3
"""Grid points outside on each side, beyond which bells do not reach in."""


def _grids(height, width):
    """Shapes of the normal noise that `_smooth` takes: `[rows, columns, 2]` of each grid."""
    of_distances = (
        [_num_points(height, distance), _num_points(width, distance), 2] for distance in AMPLITUDES
    )
    return [[1, 1, 2], *of_distances]


def _num_points(length, distance):
    return divide_up(length, distance) + 2 * _MARGIN


def _smooth(points, height, width):
    """Sums normal noise on grids of several distances, each spread by bells.

    Its distribution is the same at each pixel and for each distance between two, so that the grids
    are not seen in what becomes of it.

    Args:
        points: List of normal noise `[n, rows, columns, 2]` in the shapes of `_grids`.
        height: Of the result.
        width: Likewise.

    Returns:
        float32 `[n, height, width, 2]`, standard deviation about 1.
    """
    # Rows and columns last, where `matmul` takes them.
    mean, *grids = (tf.transpose(x, [0, 3, 1, 2]) for x in points)
    total = MEAN_AMPLITUDE * mean
    for (distance, amplitude), grid in zip(AMPLITUDES.items(), grids, strict=True):
        rows, columns = _bells(height, distance), _bells(width, distance)
        total += amplitude * tf.matmul(tf.matmul(rows, grid), columns, transpose_b=True)
    return tf.transpose(total, [0, 2, 3, 1])


def _bells(length, distance):
    """What each grid point adds to each pixel, float32 `[length, points]`, unit sums of squares."""
    places = distance * (tf.range(_num_points(length, distance)) - _MARGIN)
    offsets = tf.range(length)[:, tf.newaxis] - places
    bells = tf.exp(-0.5 * tf.square(tf.cast(offsets, tf.float32) / (_RADIUS * distance)))
    return tf.math.l2_normalize(bells, axis=1)


def noise_of_training(randomness, num_images, height, width):
    """Noise `[num_images, height, width, 2]` of a training step's `Randomness`."""
    points = [randomness.normal(num_images, shape) for shape in _grids(height, width)]
    return _smooth(points, height, width)


def noise_of_seeds(seeds, height, width):
    """Noise `[n, height, width, 2]`, of each picture a function of its seed alone.

    Args:
        seeds: int32 `[n]`.
        height: Of the noise.
        width: Likewise.
    """
    shapes = _grids(height, width)

    def of_one(seed):
        return tuple(
            tf.random.stateless_normal(shape, [seed, number]) for number, shape in enumerate(shapes)
        )

    signature = tuple(tf.TensorSpec([None, None, 2], tf.float32) for _ in shapes)
    return _smooth(tf.map_fn(of_one, seeds, fn_output_signature=signature), height, width)


def stored_noise(seed, height, width):
    """The noise of one seed, kept for graphs in which nothing may be drawn.

    Args:
        seed: Whole number.
        height: Of the largest noise that is to be had.
        width: Likewise.

    Returns:
        Function of a height and a width that returns noise `[1, height, width, 2]`, the same that
        `noise_of_seeds` draws. What has more grid points than the largest one fails.
    """
    # The n-th number that is drawn does not depend on how many follow, nor on their shape.
    stored = [
        tf.random.stateless_normal([math.prod(shape)], [seed, number]).numpy()
        for number, shape in enumerate(_grids(height, width))
    ]

    def noise(height, width):
        shapes = [[1, *shape] for shape in _grids(height, width)]
        points = [
            tf.reshape(tf.constant(numbers)[: tf.reduce_prod(shape)], shape)
            for numbers, shape in zip(stored, shapes, strict=True)
        ]
        return _smooth(points, height, width)

    return noise
