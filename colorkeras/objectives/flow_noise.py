"""Spatially correlated noise with the spectrum of chroma: the initial state of flows."""

import math

import tensorflow as tf

from colorkeras.color.resampling import ceil_divide

AMPLITUDES = {1: 0.38, 2: 0.45, 4: 0.46}
"""Amplitude of each noise component by the distance of its grid points in pixels."""

MEAN_AMPLITUDE = 0.7
"""Amplitude of the component that is constant over an image.

Together the components have the spectrum of chroma at half resolution in CIFAR-10: its standard
deviations per octave, relative to the total, are 0.26, 0.34, 0.39 and 0.33, that of the image means
is 0.75. Paths from such noise to chroma are short and resolve large and small structures at the
same time; white noise has nearly all its energy at frequencies where chroma has none.
"""

_RADIUS = 0.8  # Gaussian kernel's standard deviation / grid distance: 0.4 % grid artifacts.
_MARGIN = 3  # Grid points outside the image on each side, beyond which kernels do not reach in.


def training_noise(randomness, num_images, height, width):
    """Draw noise `[num_images, height, width, 2]` from the `Randomness` of a training step."""
    points = [randomness.normal(num_images, shape) for shape in _grid_shapes(height, width)]
    return _interpolate(points, height, width)


def noise_from_seeds(seeds, height, width):
    """Draw noise for each seed, independent of the rest of the batch.

    Args:
        seeds: int32 `[batch]`.
        height: Pixels.
        width: Pixels.

    Returns:
        float32 `[batch, height, width, 2]`.
    """
    shapes = _grid_shapes(height, width)

    def draw(seed):
        return tuple(
            tf.random.stateless_normal(shape, [seed, number]) for number, shape in enumerate(shapes)
        )

    signature = tuple(tf.TensorSpec([None, None, 2], tf.float32) for _ in shapes)
    return _interpolate(tf.map_fn(draw, seeds, fn_output_signature=signature), height, width)


def precomputed_noise(seed, max_height, max_width):
    """Store the noise of one seed, for graphs without random operations.

    Args:
        seed: int.
        max_height: Pixels.
        max_width: Pixels.

    Returns:
        Function of a height and a width that returns noise `[1, height, width, 2]`, equal to that
        of `noise_from_seeds`. It fails for more grid points than the maximum size has.
    """
    # The n-th random number depends neither on the shape nor on how many numbers follow.
    stored = [
        tf.random.stateless_normal([math.prod(shape)], [seed, number]).numpy()
        for number, shape in enumerate(_grid_shapes(max_height, max_width))
    ]

    def noise(height, width):
        shapes = [[1, *shape] for shape in _grid_shapes(height, width)]
        points = [
            tf.reshape(tf.constant(numbers)[: tf.reduce_prod(shape)], shape)
            for numbers, shape in zip(stored, shapes, strict=True)
        ]
        return _interpolate(points, height, width)

    return noise


def _grid_shapes(height, width):
    """Shapes of the normal noise on each grid: `[rows, columns, 2]`, the constant one first."""
    grids = ([_num_points(height, step), _num_points(width, step), 2] for step in AMPLITUDES)
    return [[1, 1, 2], *grids]


def _num_points(length, distance):
    return ceil_divide(length, distance) + 2 * _MARGIN


def _interpolate(points, height, width):
    """Sum normal noise on grids of several distances, each interpolated by Gaussian kernels.

    The result is stationary: no trace of the grids is visible.

    Args:
        points: List of normal noise `[batch, rows, columns, 2]` of the shapes of `_grid_shapes`.
        height: Pixels.
        width: Pixels.

    Returns:
        float32 `[batch, height, width, 2]`, standard deviation about 1.
    """
    # Rows and columns last, as `matmul` expects.
    mean, *grids = (tf.transpose(x, [0, 3, 1, 2]) for x in points)
    total = MEAN_AMPLITUDE * mean
    for (distance, amplitude), grid in zip(AMPLITUDES.items(), grids, strict=True):
        rows, columns = _kernels(height, distance), _kernels(width, distance)
        total += amplitude * tf.matmul(tf.matmul(rows, grid), columns, transpose_b=True)
    return tf.transpose(total, [0, 2, 3, 1])


def _kernels(length, distance):
    """Weights of each grid point at each pixel, float32 `[length, points]`, rows of unit norm."""
    positions = distance * (tf.range(_num_points(length, distance)) - _MARGIN)
    offsets = tf.range(length)[:, tf.newaxis] - positions
    kernels = tf.exp(-0.5 * tf.square(tf.cast(offsets, tf.float32) / (_RADIUS * distance)))
    return tf.math.l2_normalize(kernels, axis=1)
