"""Flow matching: the network leads noise to one of the plausible colorings.

References: Lipman, Chen, Ben-Hamu, Nickel, Le, "Flow matching for generative modeling", ICLR 2023;
Liu, Gong, Liu, "Flow straight and fast: learning to generate and transfer data with rectified
flow", ICLR 2023. Guidance: Ho, Salimans, "Classifier-free diffusion guidance", 2022, equation 6.
Steps: Hairer, Norsett, Wanner, "Solving ordinary differential equations I", 1993,
section III.1.
"""

import functools

import numpy as np
import tensorflow as tf

from colorkeras.color.gradients import neighbor_differences
from colorkeras.color.resampling import divide_up, double, halve
from colorkeras.color.spaces import luma_chroma_to_rgb, rgb_to_chroma
from colorkeras.models.architectures.flow_unet import ENCODER, GUIDE
from colorkeras.models.outputs import NUM_CLASSES
from colorkeras.objectives.noise import noise_of_seeds, noise_of_training, stored_noise
from colorkeras.objectives.objective import Objective

CHROMA_SCALES = (0.07, 0.034)
"""Standard deviations in CIFAR-10 of chroma's two independent parts, `(Cr - Cb) / sqrt(2)`, from
blue to orange, and `(Cr + Cb) / sqrt(2)`, from green to magenta: over them chroma is of the size of
the noise."""

DETAIL_WEIGHT = 2.0
"""Of the error of differences between neighbors, beside that of the velocity itself.

Most of the variance of chroma is that of large areas; without it small things are learned last."""

MEAN_WEIGHT = 0.5
"""Of the error of the chroma to expect, beside that of the velocity."""

NOISES_PER_PICTURE = 2
"""How often a training step uses a picture: looking at it costs more than leading noise."""

KNOWN_SHARE = 0.9
"""Of the pictures with labels, those that the guide is told the class of in training."""

SURE = 0.5
"""Probability above which the guide is told in coloring what the encoder takes a picture for."""

TIME_WARP = 2.2
"""Exponent of the times of looks: at first, when all is noise, the way bends most.

`benchmarks/sampling.py` compares others."""

_AXES = np.array([[-1, 1], [1, 1]], np.float32) / np.sqrt(np.float32(2))
"""From Cb and Cr to their independent parts, and back: a reflection."""

NUM_DRAWS = 8
"""Samples from which the spread of the distribution is estimated."""


def flow(output, settings, source=None):
    """The objective of output "velocity".

    With noise x0, true chroma x1 at half resolution and a time t, 0..1, the network sees
    `x = (1 - t) x0 + t x1` and learns the velocity `x1 - x0` that leads on from there. Coloring
    starts at noise of a temperature and follows the velocity in `steps` steps of the two-step
    method of Adams and Bashforth, the first of Euler's: of second order as Heun's, but for one look
    of the guide in each step rather than two. A guidance above 1 leads further in the direction in
    which the class, where it is believed to be known, turns the velocity.

    Args:
        output: "velocity".
        settings: With `steps`, `temperature` (None takes 1), `guidance`, and `mirror`: whether what
            a picture shows is asked of its mirror image as well.
        source: Not used.

    Returns:
        `Objective`.
    """
    del output, source
    steps, guidance = settings.sampling_steps, settings.guidance_scale
    temperature = 1.0 if settings.temperature is None else float(settings.temperature)

    def lead(network, grayscale, noise, temperature):
        seen = _look(network, grayscale, settings.flip_tta)
        chroma = _draw(network, seen, noise, temperature, steps, guidance)
        return luma_chroma_to_rgb(grayscale, double(chroma, grayscale))

    def color(network, grayscale, seeds, temperature=temperature):
        noise = functools.partial(noise_of_seeds, seeds)
        return lead(network, grayscale, noise, temperature)

    def without_drawing(seed, max_height, max_width):
        stored = stored_noise(seed, divide_up(max_height, 2), divide_up(max_width, 2))

        def color(network, grayscale):
            def noise(height, width):
                # A sum, as the converter to LiteRT forgets how many channels repeated noise has.
                return tf.zeros([tf.shape(grayscale)[0], 1, 1, 1]) + stored(height, width)

            return lead(network, grayscale, noise, temperature)

        return color

    def spread(network, grayscale):
        seen = _look(network, grayscale, settings.flip_tta)
        first = tf.zeros(tf.shape(grayscale)[:1], tf.int32)

        def draw(number):
            noise = functools.partial(noise_of_seeds, first + number)
            return _draw(network, seen, noise, temperature, steps, guidance)

        variance = _variance(draw)
        return double(tf.sqrt(tf.reduce_sum(variance, axis=-1, keepdims=True)), grayscale)

    return Objective(
        description=f"flow matching ({steps} steps, guidance {guidance:g})",
        target=_target,
        loss=_loss,
        color=color,
        without_drawing=without_drawing,
        spread=spread,
        samples=True,
        temperature=temperature,
        metadata={
            "sampling_steps": steps,
            "temperature": temperature,
            "guidance_scale": guidance,
            "flip_tta": settings.flip_tta,
        },
    )


def _target(rgb, grayscale, randomness, labels=None):
    chroma = tf.repeat(scale(halve(rgb_to_chroma(rgb))), NOISES_PER_PICTURE, axis=0)
    num_images, height, width, _ = tf.unstack(tf.shape(chroma))
    noise = noise_of_training(randomness, num_images, height, width)
    time = randomness.uniform(num_images, [1])
    share = time[:, tf.newaxis, tf.newaxis]
    noisy = (1 - share) * noise + share * chroma
    inputs = [grayscale, noisy, time, _told(labels, randomness, tf.shape(grayscale)[0])]
    return inputs, tf.concat([chroma - noise, chroma], axis=-1)


def _told(labels, randomness, num_images):
    """What the guide is told in training of the class: float32 `[n, NUM_CLASSES]`."""
    if labels is None:
        return tf.zeros([num_images, NUM_CLASSES])
    is_told = randomness.uniform(num_images, [1]) < KNOWN_SHARE
    return tf.one_hot(labels, NUM_CLASSES) * tf.cast(is_told, tf.float32)


def _believed(logits):
    """What the guide is told in coloring of the class: float32 `[n, NUM_CLASSES]`.

    Not the probabilities, of which each version would make another thing: one that is right most
    often, or none.
    """
    probabilities = tf.nn.softmax(logits)
    is_sure = tf.reduce_max(probabilities, axis=-1, keepdims=True) > SURE
    return tf.one_hot(tf.argmax(logits, axis=-1), NUM_CLASSES) * tf.cast(is_sure, tf.float32)


def scale(chroma):
    """Cb and Cr, float32 `[..., 2]`, to two parts about independent and of unit variance."""
    return tf.tensordot(chroma, _AXES, 1) / CHROMA_SCALES


def unscale(scaled):
    """The inverse of `scale`."""
    return tf.tensordot(scaled * CHROMA_SCALES, _AXES, 1)


def _loss(target, prediction):
    """Squared errors of the velocity, of its detail and of the chroma to expect.

    The last only teaches the encoder what the guide is to know of the picture.
    """
    errors = target - prediction
    velocity, mean = errors[..., :2], errors[..., 2:]
    detail = tf.add_n([_mean_square(steps) for steps in neighbor_differences(velocity)])
    return _mean_square(velocity) + DETAIL_WEIGHT * detail + MEAN_WEIGHT * _mean_square(mean)


def _mean_square(x):
    # A picture of one row has no differences, and a mean over none is not a number.
    return tf.math.divide_no_nan(tf.reduce_sum(tf.square(x)), tf.cast(tf.size(x), x.dtype))


def _look(network, grayscale, mirror):
    """What the encoder makes of pictures, as `flow_unet` lists it.

    With `mirror` the logits of classes are means with those of the mirror images.
    """
    encoder = network.get_layer(ENCODER)
    *seen, logits = encoder(grayscale, training=False)
    if mirror:
        # A call of its own, of which graphs leave out all that only leads to features.
        *_, mirrored = encoder(tf.reverse(grayscale, axis=[2]), training=False)
        logits = (logits + mirrored) / 2
    return [*seen, logits]


def _variance(draw):
    """The variance of `NUM_DRAWS` draws; `draw` maps the number of one to chroma."""
    draws = tf.map_fn(
        draw,
        tf.range(NUM_DRAWS),
        fn_output_signature=tf.TensorSpec([None, None, None, 2], tf.float32),
        parallel_iterations=1,  # Each keeps all cores busy, and takes its memory.
    )
    _, variance = tf.nn.moments(draws, axes=[0])
    # Bessel's correction: few draws lie too close to their own mean.
    return variance * NUM_DRAWS / (NUM_DRAWS - 1)


def _draw(network, seen, noise, temperature, steps, guidance):
    """Chroma of one plausible version of each picture, at half resolution.

    Args:
        network: From `flow_unet`.
        seen: What `_look` made of the pictures.
        noise: Function of a height and a width that returns noise `[n, height, width, 2]`.
        temperature: float32 `[]` or `[n]`.
        steps: Number of steps.
        guidance: 1, or above to exaggerate what the class does to the velocity.

    Returns:
        float32 `[n, ceil(h / 2), ceil(w / 2), 2]`, Cb and Cr.
    """
    *features, mean, logits = seen
    num_images, height, width, _ = tf.unstack(tf.shape(mean))
    noise = noise(height, width) * tf.reshape(temperature, [-1, 1, 1, 1])
    velocity_at = _guided(network, features, mean, _believed(logits), guidance)
    times = tf.constant(times_of(steps))

    def step(number, chroma, earlier):
        """Looks at the noisy chroma once, and follows the velocity that it shows."""
        before, now, then = times[tf.maximum(number - 1, 0)], times[number], times[number + 1]
        velocity = velocity_at(chroma, tf.fill([num_images, 1], now))
        # The velocity half way, if it goes on changing as since the last look.
        share = tf.math.divide_no_nan(then - now, 2 * (now - before))
        middle = velocity + share * (velocity - earlier)
        return number + 1, chroma + (then - now) * middle, velocity

    shape = tf.TensorShape([None, None, None, 2])
    _, chroma, _ = tf.while_loop(
        lambda number, *_: number < steps,
        step,
        [0, noise, tf.zeros_like(noise)],
        shape_invariants=[tf.TensorShape([]), shape, shape],
        parallel_iterations=1,
    )
    return unscale(chroma)


def _guided(network, features, mean, known, guidance):
    """Function of noisy chroma and time that gives the velocity."""
    guide = network.get_layer(GUIDE)
    if guidance == 1:
        return lambda chroma, time: guide([chroma, time, known, mean, *features], training=False)
    told = tf.concat([known, tf.zeros_like(known)], axis=0)
    mean, *features = (tf.concat([x, x], axis=0) for x in (mean, *features))

    def velocity_at(chroma, time):
        # As one batch: told the class, and not.
        noisy, times = (tf.concat([x, x], axis=0) for x in (chroma, time))
        velocity = guide([noisy, times, told, mean, *features], training=False)
        informed, ignorant = tf.split(velocity, 2)
        return ignorant + guidance * (informed - ignorant)

    return velocity_at


def times_of(steps):
    """When the guide looks: float32 NumPy `[steps + 1]`, rising from 0 to 1, dense at first."""
    return np.linspace(0, 1, steps + 1, dtype=np.float32) ** TIME_WARP
