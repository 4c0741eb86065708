"""Flow matching: the network predicts the velocity that transports noise to plausible chroma.

References: Lipman, Chen, Ben-Hamu, Nickel, Le, "Flow matching for generative modeling", ICLR 2023;
Liu, Gong, Liu, "Flow straight and fast: learning to generate and transfer data with rectified
flow", ICLR 2023.
"""

import dataclasses

import tensorflow as tf

from colorkeras.color.gradients import neighbor_differences
from colorkeras.color.resampling import downsample_2x
from colorkeras.color.spaces import rgb_to_chroma
from colorkeras.models.class_head import NUM_CLASSES
from colorkeras.objectives.flow_noise import training_noise
from colorkeras.objectives.flow_sampling import FlowSampler, normalize_chroma
from colorkeras.objectives.objective import Objective

DETAIL_WEIGHT = 2.0
"""Weight of the velocity's error in differences of neighboring pixels.

Large areas hold most of the variance of chroma; without this term small objects are learned last.
"""

MEAN_WEIGHT = 0.5
"""Weight of the error of the mean chroma, relative to that of the velocity."""

NOISE_SAMPLES_PER_IMAGE = 2
"""Noise samples per image and training step; encoding the image dominates the cost."""

CONDITIONING_DROPOUT = 0.1
"""Share of labeled training images whose class is withheld from the velocity network."""


def flow_matching(prediction, settings, source=None):
    """Create the objective of the prediction "velocity".

    With noise x0, ground-truth chroma x1 at half resolution and time t in `[0, 1]`, the network
    receives `x = (1 - t) x0 + t x1` and learns the velocity `x1 - x0`. Inference integrates the
    velocity from noise, see `FlowSampler`. A guidance scale above 1 amplifies the effect of the
    predicted class.

    Args:
        prediction: "velocity".
        settings: Object with `sampling_steps`, `temperature` (None selects 1), `guidance_scale` and
            `flip_tta`: average the class logits of the image and its mirror image.
        source: Not used.

    Returns:
        `Objective`.
    """
    del prediction, source
    steps, guidance_scale = settings.sampling_steps, settings.guidance_scale
    temperature = 1.0 if settings.temperature is None else float(settings.temperature)
    sampler = FlowSampler(steps, temperature, guidance_scale, settings.flip_tta)
    return Objective(
        description=f"flow matching ({steps} steps, guidance {guidance_scale:g})",
        target=_target,
        loss=_loss,
        colorize=sampler.colorize,
        make_deterministic_colorize=sampler.make_deterministic_colorize,
        standard_deviation=sampler.standard_deviation,
        is_stochastic=True,
        temperature=temperature,
        metadata=dataclasses.asdict(sampler),
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
    """Return the one-hot class with dropout, float32 `[num_images, NUM_CLASSES]`."""
    if labels is None:
        return tf.zeros([num_images, NUM_CLASSES])
    is_kept = randomness.uniform(num_images, [1]) < 1 - CONDITIONING_DROPOUT
    return tf.one_hot(labels, NUM_CLASSES) * tf.cast(is_kept, tf.float32)


def _loss(target, prediction):
    """Sum squared errors of the velocity, its neighbor differences and the mean chroma.

    The mean chroma is an auxiliary output, which trains the encoder.
    """
    errors = target - prediction
    velocity, mean = errors[..., :2], errors[..., 2:]
    detail = tf.add_n([_mean_square(steps) for steps in neighbor_differences(velocity)])
    return _mean_square(velocity) + DETAIL_WEIGHT * detail + MEAN_WEIGHT * _mean_square(mean)


def _mean_square(x):
    # 0 rather than NaN for no values: an image of one row has no vertical differences.
    return tf.math.divide_no_nan(tf.reduce_sum(tf.square(x)), tf.cast(tf.size(x), x.dtype))
