"""Sample colors from a trained flow with an encoder, a velocity network and an ODE solver.

References: Ho, Salimans, "Classifier-free diffusion guidance", 2022, equation 6; Hairer, Norsett,
Wanner, "Solving ordinary differential equations I", 1993, section III.1 (Adams-Bashforth).
"""

import functools
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from colorkeras.color.resampling import ceil_divide, upsample_2x
from colorkeras.color.spaces import luma_chroma_to_rgb
from colorkeras.models.architectures.flow_unet import ENCODER, VELOCITY_NETWORK
from colorkeras.models.class_head import NUM_CLASSES
from colorkeras.models.residual_blocks import STEM_STRIDE
from colorkeras.objectives.flow_noise import (
    AMPLITUDES,
    GRID_DISTANCES,
    MARGIN,
    interpolate,
    noise_from_seeds,
    precomputed_noise,
)

CHROMA_SCALES = (0.07, 0.034)
"""Standard deviations of the two decorrelated chroma components in CIFAR-10.

The components are `(Cr - Cb) / sqrt(2)`, from blue to orange, and `(Cr + Cb) / sqrt(2)`, from green
to magenta.
"""

CLASS_CONFIDENCE_THRESHOLD = 0.5
"""Minimum probability of the predicted class; otherwise, the class is treated as unknown."""

NOISE_GRIDS = {"stride": STEM_STRIDE, "distances": list(GRID_DISTANCES), "margin": MARGIN}
"""Value of `Objective.noise_grids` for the flow objective."""

NUM_SPREAD_SAMPLES = 8
"""Number of samples used to estimate the standard deviation of the distribution."""

TIME_STEP_EXPONENT = 2.2
"""Exponent of the solver's time grid. Steps are shorter near the noise, where paths curve most.

`benchmarks/sampling.py` compares other values.
"""

_AXES = np.array([[-1, 1], [1, 1]], np.float32) / np.sqrt(np.float32(2))  # Its own inverse.


def normalize_chroma(chroma):
    """Convert Cb and Cr, float32 `[..., 2]`, to decorrelated components with unit variance."""
    return tf.tensordot(chroma, _AXES, 1) / CHROMA_SCALES


def denormalize_chroma(normalized):
    """Convert normalized components back to Cb and Cr; inverse of `normalize_chroma`."""
    return tf.tensordot(normalized * CHROMA_SCALES, _AXES, 1)


def solver_times(steps, exponent=TIME_STEP_EXPONENT):
    """Return the solver's time grid from 0 to 1, float32 NumPy `[steps + 1]`."""
    return np.linspace(0, 1, steps + 1, dtype=np.float32) ** exponent


@dataclass(frozen=True)
class FlowSampler:
    """Color sampler for `flow_unet` networks, with methods that implement `Objective` functions.

    Args:
        sampling_steps: Number of ODE solver steps. Each step evaluates the velocity network once.
        temperature: Default scale of the initial noise.
        guidance_scale: Classifier-free guidance scale; 1 disables guidance.
        flip_tta: Whether to average the class logits for the image and its mirror image.
        time_step_exponent: See `solver_times`.
        noise_amplitudes: See `noise_from_seeds`; ignored by `make_deterministic_colorize`.
    """

    sampling_steps: int
    temperature: float
    guidance_scale: float
    flip_tta: bool
    time_step_exponent: float = TIME_STEP_EXPONENT
    noise_amplitudes: tuple = AMPLITUDES

    def colorize(self, network, grayscale, seeds, temperature=None):
        """See `Objective.colorize`."""
        temperature = self.temperature if temperature is None else temperature
        noise = functools.partial(noise_from_seeds, seeds, amplitudes=self.noise_amplitudes)
        return self._colorize(network, grayscale, noise, temperature)

    def make_deterministic_colorize(self, seed, max_height, max_width):
        """See `Objective.make_deterministic_colorize`."""
        stored = precomputed_noise(seed, ceil_divide(max_height, 2), ceil_divide(max_width, 2))

        def colorize(network, grayscale):
            def noise(height, width):
                # Broadcast by adding; with tf.repeat, the LiteRT converter loses the channel axis.
                return tf.zeros([tf.shape(grayscale)[0], 1, 1, 1]) + stored(height, width)

            return self._colorize(network, grayscale, noise, self.temperature)

        return colorize

    def colorize_from_normals(self, network, grayscale, normals):
        """See `Objective.colorize_from_normals`."""

        def noise(height, width):
            return interpolate(normals, height, width, self.noise_amplitudes)

        return self._colorize(network, grayscale, noise, temperature=1.0)

    def standard_deviation(self, network, grayscale):
        """Estimate `Objective.standard_deviation` from `NUM_SPREAD_SAMPLES` samples."""
        encoded = self._encode(network, grayscale)
        first = tf.zeros(tf.shape(grayscale)[:1], tf.int32)

        def sample(number):
            seeds = first + number
            noise = functools.partial(noise_from_seeds, seeds, amplitudes=self.noise_amplitudes)
            return self._integrate(network, encoded, noise, self.temperature)

        samples = tf.map_fn(
            sample,
            tf.range(NUM_SPREAD_SAMPLES),
            fn_output_signature=tf.TensorSpec([None, None, None, 2], tf.float32),
            parallel_iterations=1,  # One sample already uses all cores.
        )
        _, variance = tf.nn.moments(samples, axes=[0])
        variance = variance * NUM_SPREAD_SAMPLES / (NUM_SPREAD_SAMPLES - 1)  # Bessel's correction.
        return upsample_2x(tf.sqrt(tf.reduce_sum(variance, axis=-1, keepdims=True)), grayscale)

    def _colorize(self, network, grayscale, noise, temperature):
        chroma = self._integrate(network, self._encode(network, grayscale), noise, temperature)
        return luma_chroma_to_rgb(grayscale, upsample_2x(chroma, grayscale))

    def _encode(self, network, grayscale):
        """Return a list: the features at each resolution, the mean chroma and the class logits."""
        encoder = network.get_layer(ENCODER)
        *encoded, logits = encoder(grayscale, training=False)
        if self.flip_tta:
            # In graphs, TensorFlow prunes the operations of this call that only compute features.
            *_, flipped = encoder(tf.reverse(grayscale, axis=[2]), training=False)
            logits = (logits + flipped) / 2
        return [*encoded, logits]

    def _integrate(self, network, encoded, noise, temperature):
        """Integrate the ODE from noise to chroma with the two-step Adams-Bashforth method.

        Like Heun's method, it is second-order, but it needs only one function evaluation per step.
        The first step is an Euler step. `noise` is a function of height and width that returns
        noise `[batch, height, width, 2]`, to be multiplied by `temperature`, float32 `[]` or
        `[batch]`.

        Returns Cb and Cr, float32 `[batch, ceil(h / 2), ceil(w / 2), 2]`.
        """
        *features, mean, logits = encoded
        num_images, height, width, _ = tf.unstack(tf.shape(mean))
        initial = noise(height, width) * tf.reshape(temperature, [-1, 1, 1, 1])
        velocity_at = self._velocity_function(network, features, mean, _predicted_class(logits))
        times = tf.constant(solver_times(self.sampling_steps, self.time_step_exponent))

        def step(number, chroma, previous_velocity):
            previous, now, then = times[tf.maximum(number - 1, 0)], times[number], times[number + 1]
            velocity = velocity_at(chroma, tf.fill([num_images, 1], now))
            # After the first step, extrapolate the velocity to the middle of the current step.
            weight = tf.math.divide_no_nan(then - now, 2 * (now - previous))
            middle = velocity + weight * (velocity - previous_velocity)
            return number + 1, chroma + (then - now) * middle, velocity

        shape = tf.TensorShape([None, None, None, 2])
        _, chroma, _ = tf.while_loop(
            lambda number, *_: number < self.sampling_steps,
            step,
            [0, initial, tf.zeros_like(initial)],
            shape_invariants=[tf.TensorShape([]), shape, shape],
            parallel_iterations=1,
        )
        return denormalize_chroma(chroma)

    def _velocity_function(self, network, features, mean, condition):
        """Return a function that computes the guided velocity from noisy chroma and time."""
        velocity_network = network.get_layer(VELOCITY_NETWORK)
        if self.guidance_scale == 1:
            return lambda chroma, time: velocity_network(
                [chroma, time, condition, mean, *features], training=False
            )
        # Compute the conditional and the unconditional velocity in one batch.
        conditions = tf.concat([condition, tf.zeros_like(condition)], axis=0)
        mean, *features = (tf.concat([x, x], axis=0) for x in (mean, *features))

        def velocity_at(chroma, time):
            chroma, time = (tf.concat([x, x], axis=0) for x in (chroma, time))
            velocity = velocity_network([chroma, time, conditions, mean, *features], training=False)
            conditional, unconditional = tf.split(velocity, 2)
            return unconditional + self.guidance_scale * (conditional - unconditional)

        return velocity_at


def _predicted_class(logits):
    """Return the one-hot predicted class, float32 `[batch, NUM_CLASSES]`, or zeros if uncertain.

    Conditioning on a single class rather than on probabilities gives more consistent samples.
    """
    highest = tf.reduce_max(tf.nn.softmax(logits), axis=-1, keepdims=True)
    is_confident = tf.cast(highest > CLASS_CONFIDENCE_THRESHOLD, tf.float32)
    return tf.one_hot(tf.argmax(logits, axis=-1), NUM_CLASSES) * is_confident
