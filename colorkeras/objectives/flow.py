"""Flow matching: the network leads noise to one of the plausible colorings.

References: Lipman, Chen, Ben-Hamu, Nickel, Le, "Flow matching for generative modeling", ICLR 2023;
Liu, Gong, Liu, "Flow straight and fast: learning to generate and transfer data with rectified
flow", ICLR 2023.
"""

import tensorflow as tf

from colorkeras.architectures.flow_unet import ENCODER, GUIDE
from colorkeras.color import luma_chroma_to_rgb, rgb_to_chroma
from colorkeras.objectives.noise import noise_of_seeds, noise_of_training
from colorkeras.objectives.objective import Objective
from colorkeras.resolution import double, halve

CHROMA_SCALE = 0.055
"""Standard deviation of Cb and Cr in CIFAR-10: chroma over it is of the size of the noise."""

MEAN_WEIGHT = 0.5
"""Of the error of the chroma to expect, beside that of the velocity."""

NOISES_PER_PICTURE = 2
"""How often a training step uses a picture: looking at it costs more than leading noise."""

NUM_DRAWS = 8
"""Samples from which the spread of the distribution is estimated."""


def flow(output, settings, source=None):
    """The objective of output "velocity".

    With noise x0, true chroma x1 at half resolution and a time t, 0..1, the network sees
    `x = (1 - t) x0 + t x1` and learns the velocity `x1 - x0` that leads on from there. Coloring
    starts at noise of a temperature and follows the velocity in `steps` steps of Euler's method.

    Args:
        output: "velocity".
        settings: With `steps` and `temperature` (None takes 1).
        source: Not used.

    Returns:
        `Objective`.
    """
    del output, source
    steps = settings.steps
    temperature = 1.0 if settings.temperature is None else float(settings.temperature)

    def color(network, grayscale, seeds, temperature=temperature):
        return _color(network, grayscale, seeds, temperature, steps)

    def spread(network, grayscale):
        return _spread(network, grayscale, temperature, steps)

    return Objective(
        description=f"flow matching ({steps} Euler steps)",
        target=_target,
        loss=_loss,
        color=color,
        spread=spread,
        samples=True,
        temperature=temperature,
        facts={"steps": steps, "temperature": temperature},
    )


def _target(rgb, grayscale, randomness):
    chroma = tf.repeat(halve(rgb_to_chroma(rgb)) / CHROMA_SCALE, NOISES_PER_PICTURE, axis=0)
    num_pictures, height, width, _ = tf.unstack(tf.shape(chroma))
    noise = noise_of_training(randomness, num_pictures, height, width)
    time = randomness.uniform(num_pictures, [1])
    share = time[:, tf.newaxis, tf.newaxis]
    noisy = (1 - share) * noise + share * chroma
    return [grayscale, noisy, time], tf.concat([chroma - noise, chroma], axis=-1)


def _loss(target, prediction):
    """Squared errors of the velocity and, at half weight, of the mean chroma.

    The latter only teaches the encoder what the guide is to know of the picture.
    """
    errors = tf.reduce_mean(tf.math.squared_difference(target, prediction), axis=[0, 1, 2])
    return tf.tensordot(errors, tf.constant([0.5, 0.5, MEAN_WEIGHT / 2, MEAN_WEIGHT / 2]), 1)


def _color(network, grayscale, seeds, temperature, steps):
    seen = network.get_layer(ENCODER)(grayscale, training=False)
    chroma = _draw(network, seen, seeds, temperature, steps)
    return luma_chroma_to_rgb(grayscale, double(chroma, grayscale))


def _spread(network, grayscale, temperature, steps):
    seen = network.get_layer(ENCODER)(grayscale, training=False)
    first = tf.zeros(tf.shape(grayscale)[:1], tf.int32)
    draws = tf.map_fn(
        lambda number: _draw(network, seen, first + number, temperature, steps),
        tf.range(NUM_DRAWS),
        fn_output_signature=tf.TensorSpec([None, None, None, 2], tf.float32),
    )
    _, variance = tf.nn.moments(draws, axes=[0])
    # Bessel's correction: few draws lie too close to their own mean.
    variance *= NUM_DRAWS / (NUM_DRAWS - 1)
    return double(tf.sqrt(tf.reduce_sum(variance, axis=-1, keepdims=True)), grayscale)


def _draw(network, seen, seeds, temperature, steps):
    """Chroma of one plausible version of each picture, at half resolution.

    Args:
        network: From `flow_unet`.
        seen: What its encoder makes of the pictures.
        seeds: int32 `[n]`.
        temperature: float32 `[]` or `[n]`.
        steps: Number of steps.

    Returns:
        float32 `[n, ceil(h / 2), ceil(w / 2), 2]`, Cb and Cr.
    """
    *features, mean, _ = seen
    guide = network.get_layer(GUIDE)
    num_pictures, height, width, _ = tf.unstack(tf.shape(mean))
    noise = noise_of_seeds(seeds, height, width)

    def step(number, chroma):
        time = tf.fill([num_pictures, 1], tf.cast(number, tf.float32) / steps)
        velocity = guide([chroma, time, mean, *features], training=False)
        return number + 1, chroma + velocity / steps

    _, chroma = tf.while_loop(
        lambda number, chroma: number < steps,
        step,
        [0, noise * tf.reshape(temperature, [-1, 1, 1, 1])],
        shape_invariants=[tf.TensorShape([]), tf.TensorShape([None, None, None, 2])],
        parallel_iterations=1,
    )
    return chroma * CHROMA_SCALE
