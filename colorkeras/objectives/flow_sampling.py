"""Sampling of a trained flow: encoder, velocity network and ODE solver.

References: Ho, Salimans, "Classifier-free diffusion guidance", 2022, equation 6; Hairer, Norsett,
Wanner, "Solving ordinary differential equations I", 1993, section III.1 (Adams-Bashforth).
"""

import numpy as np
import tensorflow as tf

from colorkeras.models.architectures.flow_unet import ENCODER, VELOCITY_NETWORK
from colorkeras.models.class_head import NUM_CLASSES

CHROMA_SCALES = (0.07, 0.034)
"""Standard deviations in CIFAR-10 of the two decorrelated chroma components.

`(Cr - Cb) / sqrt(2)`, from blue to orange, and `(Cr + Cb) / sqrt(2)`, from green to magenta.
"""

CLASS_CONFIDENCE_THRESHOLD = 0.5
"""Minimum probability for conditioning on the predicted class; below it the class is unknown."""

TIME_STEP_EXPONENT = 2.2
"""Exponent of the solver's times: steps are short near the noise, where paths curve most.

`benchmarks/sampling.py` compares other values.
"""

_AXES = np.array([[-1, 1], [1, 1]], np.float32) / np.sqrt(np.float32(2))  # Its own inverse.


def normalize_chroma(chroma):
    """Convert Cb and Cr, float32 `[..., 2]`, to decorrelated components of unit variance."""
    return tf.tensordot(chroma, _AXES, 1) / CHROMA_SCALES


def denormalize_chroma(normalized):
    """Convert normalized components back to Cb and Cr: the inverse of `normalize_chroma`."""
    return tf.tensordot(normalized * CHROMA_SCALES, _AXES, 1)


def encode(network, grayscale, flip_tta):
    """Evaluate the encoder of a `flow_unet`.

    Args:
        network: From `flow_unet`.
        grayscale: float32 `[batch, height, width, 1]` in `[0, 1]`.
        flip_tta: Whether to average the class logits of the image and its mirror image.

    Returns:
        List of features at each resolution, mean chroma and class logits.
    """
    encoder = network.get_layer(ENCODER)
    *encoded, logits = encoder(grayscale, training=False)
    if flip_tta:
        # A separate call, from which graphs prune all that only leads to features.
        *_, flipped = encoder(tf.reverse(grayscale, axis=[2]), training=False)
        logits = (logits + flipped) / 2
    return [*encoded, logits]


def sample_chroma(network, encoded, noise, temperature, steps, guidance_scale):
    """Integrate the flow from noise to chroma with the two-step Adams-Bashforth method.

    The method is of second order like Heun's, but needs one function evaluation per step instead
    of two. The first step is Euler's.

    Args:
        network: From `flow_unet`.
        encoded: From `encode`.
        noise: Function of height and width that returns noise `[batch, height, width, 2]`.
        temperature: Scale of the noise, float32 `[]` or `[batch]`.
        steps: Number of solver steps.
        guidance_scale: Classifier-free guidance scale; 1 disables guidance.

    Returns:
        Cb and Cr, float32 `[batch, ceil(h / 2), ceil(w / 2), 2]`.
    """
    *features, mean, logits = encoded
    num_images, height, width, _ = tf.unstack(tf.shape(mean))
    initial = noise(height, width) * tf.reshape(temperature, [-1, 1, 1, 1])
    condition = _predicted_class(logits)
    velocity_at = _velocity_function(network, features, mean, condition, guidance_scale)
    times = tf.constant(solver_times(steps))

    def step(number, chroma, previous_velocity):
        previous, now, then = times[tf.maximum(number - 1, 0)], times[number], times[number + 1]
        velocity = velocity_at(chroma, tf.fill([num_images, 1], now))
        # Extrapolate the velocity linearly to the middle of the step; 0 in the first step.
        weight = tf.math.divide_no_nan(then - now, 2 * (now - previous))
        middle = velocity + weight * (velocity - previous_velocity)
        return number + 1, chroma + (then - now) * middle, velocity

    shape = tf.TensorShape([None, None, None, 2])
    _, chroma, _ = tf.while_loop(
        lambda number, *_: number < steps,
        step,
        [0, initial, tf.zeros_like(initial)],
        shape_invariants=[tf.TensorShape([]), shape, shape],
        parallel_iterations=1,
    )
    return denormalize_chroma(chroma)


def solver_times(steps):
    """Return the solver's times: float32 NumPy `[steps + 1]`, increasing from 0 to 1."""
    return np.linspace(0, 1, steps + 1, dtype=np.float32) ** TIME_STEP_EXPONENT


def _predicted_class(logits):
    """One-hot predicted class, float32 `[batch, NUM_CLASSES]`, all 0 below the threshold.

    Not the probabilities: the class that is right most often gives consistent samples.
    """
    probabilities = tf.nn.softmax(logits)
    is_confident = tf.reduce_max(probabilities, axis=-1, keepdims=True) > CLASS_CONFIDENCE_THRESHOLD
    return tf.one_hot(tf.argmax(logits, axis=-1), NUM_CLASSES) * tf.cast(is_confident, tf.float32)


def _velocity_function(network, features, mean, condition, guidance_scale):
    """Return a function of noisy chroma and time that evaluates the (guided) velocity."""
    velocity_network = network.get_layer(VELOCITY_NETWORK)
    if guidance_scale == 1:
        return lambda chroma, time: velocity_network(
            [chroma, time, condition, mean, *features], training=False
        )
    conditions = tf.concat([condition, tf.zeros_like(condition)], axis=0)
    mean, *features = (tf.concat([x, x], axis=0) for x in (mean, *features))

    def velocity_at(chroma, time):
        # Conditional and unconditional velocity as one batch.
        chroma, time = (tf.concat([x, x], axis=0) for x in (chroma, time))
        velocity = velocity_network([chroma, time, conditions, mean, *features], training=False)
        conditional, unconditional = tf.split(velocity, 2)
        return unconditional + guidance_scale * (conditional - unconditional)

    return velocity_at
