"""Noise that is as smooth as chroma: the start of flows."""

import tensorflow as tf

AMPLITUDES = {1: 0.2, 2: 0.55, 4: 0.55, 8: 0.4, 16: 0.75}
"""By the distance of its grid points in pixels: the amplitude of each part of the noise.

The parts together have the spectrum of chroma at half resolution in CIFAR-10: its standard
deviations by octave, over `flow.CHROMA_SCALE`, are 0.20, 0.32, 0.40, 0.35 and, of the pictures'
means, 0.79. Paths from such noise to chroma are short and decide large and small things at the same
time; white noise has nearly all its energy where chroma has none."""


def smooth_noise(draw, height, width):
    """Sums normal noise on grids of several distances, each interpolated bilinearly.

    Args:
        draw: Function of a shape `[h, w, 2]` to normal noise `[n, h, w, 2]`, other at each call.
        height: Of the noise.
        width: Likewise.

    Returns:
        float32 `[n, height, width, 2]`, standard deviation about 1.
    """
    total = 0.0
    for distance, amplitude in AMPLITUDES.items():
        points = [-(-height // distance), -(-width // distance)]
        part = draw([*points, 2])
        if distance > 1:
            part = tf.image.resize(part, [points[0] * distance, points[1] * distance])
        total += amplitude * part[:, :height, :width]
    return total


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
        numbers = iter(range(len(AMPLITUDES)))

        def draw(shape):
            return tf.random.stateless_normal([1, *shape], [seed, next(numbers)])

        return smooth_noise(draw, height, width)[0]

    shape = tf.TensorSpec([None, None, 2], tf.float32)
    return tf.map_fn(of_one, seeds, fn_output_signature=shape)
