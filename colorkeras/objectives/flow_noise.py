"""Spatially correlated noise with the same spectrum as chroma, the starting point for flows."""

import math

import tensorflow as tf

from colorkeras.color.resampling import ceil_divide

GRID_DISTANCES = (1, 2, 4)
"""Grid spacing in pixels for each noise component that is not constant."""

AMPLITUDES = (0.7, 0.38, 0.45, 0.46)
"""Amplitudes of the noise components: one that is constant within an image, then one per grid.

The sum of the components has the same spectrum as half-resolution chroma in CIFAR-10. The standard
deviations of that chroma, relative to the total, are 0.26, 0.34, 0.39 and 0.33 in successive
octaves, and 0.75 for the image means. Paths from this noise to chroma are short and resolve large
and small structures at the same time. In contrast, nearly all the energy of white noise is at
frequencies at which chroma has none.
"""

_RADIUS = 0.8  # Kernel standard deviation / grid spacing; leaves grid artifacts of 0.4%.
MARGIN = 3
"""Number of grid points beyond each border; kernels farther out would not affect the image."""


def training_noise(randomness, num_images, height, width):
    """Draw noise `[num_images, height, width, 2]` using a training step's `Randomness`."""
    points = [randomness.normal(num_images, shape) for shape in _grid_shapes(height, width)]
    return interpolate(points, height, width)


def noise_from_seeds(seeds, height, width, amplitudes=AMPLITUDES):
    """Draw noise for each seed, int32 `[batch]`, independently of the rest of the batch.

    Returns float32 `[batch, height, width, 2]`.
    """
    shapes = _grid_shapes(height, width)

    def draw(seed):
        return tuple(
            tf.random.stateless_normal(shape, [seed, number]) for number, shape in enumerate(shapes)
        )

    signature = tuple(tf.TensorSpec([None, None, 2], tf.float32) for _ in shapes)
    points = tf.map_fn(draw, seeds, fn_output_signature=signature)
    return interpolate(points, height, width, amplitudes)


def precomputed_noise(seed, max_height, max_width):
    """Precompute the noise for one seed, for graphs without random operations.

    Returns a function of height and width that returns the same noise as `noise_from_seeds`,
    `[1, height, width, 2]`. It fails for sizes that require more grid points than the maximum size.
    """
    # The n-th random number does not depend on the shape or on the number of draws that follow.
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
        return interpolate(points, height, width)

    return noise


def _grid_shapes(height, width):
    """Return the shape `[rows, columns, 2]` of each noise component, starting with the constant."""
    grids = ([_num_points(height, step), _num_points(width, step), 2] for step in GRID_DISTANCES)
    return [[1, 1, 2], *grids]


def _num_points(length, distance):
    return ceil_divide(length, distance) + 2 * MARGIN


def interpolate(points, height, width, amplitudes=AMPLITUDES):
    """Interpolate noise on grids with different spacings and sum the results.

    Interpolation uses Gaussian kernels. The sum is stationary, so the grids are not visible.
    `points` is a list of arrays of Gaussian noise `[batch, rows, columns, 2]`; see `_grid_shapes`.
    The result has a standard deviation of about 1.
    """
    # Move rows and columns to the end for `matmul`.
    mean, *grids = (tf.transpose(x, [0, 3, 1, 2]) for x in points)
    total = amplitudes[0] * mean
    for distance, amplitude, grid in zip(GRID_DISTANCES, amplitudes[1:], grids, strict=True):
        rows, columns = _kernels(height, distance), _kernels(width, distance)
        total += amplitude * tf.matmul(tf.matmul(rows, grid), columns, transpose_b=True)
    return tf.transpose(total, [0, 2, 3, 1])


def _kernels(length, distance):
    """Return the weights of grid points for each pixel, `[length, points]`, with unit-norm rows."""
    positions = distance * (tf.range(_num_points(length, distance)) - MARGIN)
    offsets = tf.range(length)[:, tf.newaxis] - positions
    kernels = tf.exp(-0.5 * tf.square(tf.cast(offsets, tf.float32) / (_RADIUS * distance)))
    return tf.math.l2_normalize(kernels, axis=1)
