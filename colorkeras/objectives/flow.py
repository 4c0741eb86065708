"""Flow matching: the network predicts the velocity that transports noise to plausible chroma.

References: Lipman, Chen, Ben-Hamu, Nickel, Le, "Flow matching for generative modeling", ICLR 2023;
Liu, Gong, Liu, "Flow straight and fast: learning to generate and transfer data with rectified
flow", ICLR 2023.
"""

import tensorflow as tf

from colorkeras.color.gradients import neighbor_differences
from colorkeras.color.resampling import downsample_2x
from colorkeras.color.spaces import rgb_to_chroma
from colorkeras.models.class_head import NUM_CLASSES
from colorkeras.objectives.flow_noise import training_noise
from colorkeras.objectives.flow_sampling import NOISE_GRIDS, FlowSampler, normalize_chroma
from colorkeras.objectives.losses import mean_or_zero
from colorkeras.objectives.objective import Objective

DETAIL_WEIGHT = 2.0
"""Weight of the error in velocity differences between neighboring pixels.

Without this term, the colors of small objects are learned last because large areas account for most
of the chroma variance.
"""

MEAN_WEIGHT = 0.5
"""Weight of the mean chroma error relative to the velocity error."""

NOISE_SAMPLES_PER_IMAGE = 2
"""Number of noise samples per image and step; they share one image encoding to save time."""

CONDITIONING_DROPOUT = 0.1
"""Fraction of labeled training images for which the velocity network does not receive the class."""


def flow_matching(prediction, settings, source=None, priors=None):
    """Create the objective for the "velocity" prediction; see `objectives.create`.

    For noise x0, ground-truth chroma x1 at half resolution and time t in `[0, 1]`, the network
    receives `x = (1 - t) x0 + t x1` and learns the velocity `x1 - x0`. At inference, the velocity
    is integrated over time, starting from noise; see `FlowSampler`. If the `temperature` setting is
    None, a temperature of 1 is used.
    """
    del prediction, source, priors
    sampling = {
        "sampling_steps": settings.sampling_steps,
        "temperature": 1.0 if settings.temperature is None else float(settings.temperature),
        "guidance_scale": settings.guidance_scale,
        "flip_tta": settings.flip_tta,
    }
    sampler = FlowSampler(**sampling)
    return Objective(
        description="flow matching ({sampling_steps} steps, guidance {guidance_scale:g})".format(
            **sampling
        ),
        target=_target,
        loss=_loss,
        colorize=sampler.colorize,
        make_deterministic_colorize=sampler.make_deterministic_colorize,
        colorize_from_normals=sampler.colorize_from_normals,
        noise_grids=NOISE_GRIDS,
        standard_deviation=sampler.standard_deviation,
        is_stochastic=True,
        temperature=sampler.temperature,
        metadata=sampling,
    )


def _target(rgb, grayscale, randomness, labels=None):
    chroma = normalize_chroma(downsample_2x(rgb_to_chroma(rgb)))
    chroma = tf.repeat(chroma, NOISE_SAMPLES_PER_IMAGE, axis=0)
    num_samples, height, width, _ = tf.unstack(tf.shape(chroma))
    noise = training_noise(randomness, num_samples, height, width)
    time = randomness.uniform(num_samples, [1])
    weight = time[:, tf.newaxis, tf.newaxis]
    noisy = (1 - weight) * noise + weight * chroma
    inputs = [grayscale, noisy, time, _condition(labels, randomness, tf.shape(grayscale)[0])]
    return inputs, tf.concat([chroma - noise, chroma], axis=-1)


def _condition(labels, randomness, num_images):
    """Return one-hot classes, some of them zeroed, float32 `[num_images, NUM_CLASSES]`."""
    if labels is None:
        return tf.zeros([num_images, NUM_CLASSES])
    is_kept = randomness.uniform(num_images, [1]) < 1 - CONDITIONING_DROPOUT
    return tf.one_hot(labels, NUM_CLASSES) * tf.cast(is_kept, tf.float32)


def _loss(target, prediction):
    """Compute a weighted sum of mean squared errors.

    The terms are errors in the velocity, in velocity differences between neighboring pixels, and in
    the mean chroma, an auxiliary output that helps to train the encoder.
    """
    errors = target - prediction
    velocity, mean = errors[..., :2], errors[..., 2:]
    velocity_error, mean_error = (mean_or_zero(tf.square(x)) for x in (velocity, mean))
    detail = tf.add_n([mean_or_zero(tf.square(x)) for x in neighbor_differences(velocity)])
    return velocity_error + DETAIL_WEIGHT * detail + MEAN_WEIGHT * mean_error
