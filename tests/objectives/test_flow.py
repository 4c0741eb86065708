"""Tests for flow matching, with fake networks whose velocity is known."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras import objectives
from colorkeras.color.resampling import downsample_2x, upsample_2x
from colorkeras.color.spaces import luma, luma_chroma_to_rgb, rgb_to_chroma
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data.stateless_random import Randomness
from colorkeras.models.architectures.flow_unet import ENCODER, VELOCITY_NETWORK
from colorkeras.models.class_head import NUM_CLASSES
from colorkeras.objectives.flow import (
    CONDITIONING_DROPOUT,
    DETAIL_WEIGHT,
    MEAN_WEIGHT,
    NOISE_SAMPLES_PER_IMAGE,
)
from colorkeras.objectives.flow_noise import noise_from_seeds
from colorkeras.objectives.flow_sampling import (
    CLASS_CONFIDENCE_THRESHOLD,
    NUM_SPREAD_SAMPLES,
    TIME_STEP_EXPONENT,
    denormalize_chroma,
    normalize_chroma,
)


class Straight:
    """Fake network that transports noise along straight paths to luma-dependent chroma.

    Args:
        pull: Factor for the velocity. With 1, noise reaches the chroma; with 0, it does not move.
    """

    def __init__(self, pull=1.0):
        self._pull = pull

    def get_layer(self, name):
        return {ENCODER: self._encode, VELOCITY_NETWORK: self._velocity}[name]

    def _encode(self, grayscale, training):
        assert training is False
        features = downsample_2x(grayscale)
        return (
            features,
            normalize_chroma(self.chroma(grayscale)),
            tf.zeros([len(grayscale), NUM_CLASSES]),
        )

    def _velocity(self, inputs, training):
        assert training is False
        x, time, _, end, _ = inputs
        return self._pull * (end - x) / (1 - time[:, tf.newaxis, tf.newaxis])

    @staticmethod
    def chroma(grayscale):
        """Return chroma that is small enough for all colors to be in gamut."""
        features = downsample_2x(grayscale) - 0.5
        return tf.concat([0.3 * features, -0.2 * features + 0.02], axis=-1)


def create(**settings):
    return objectives.create("velocity", TrainingConfig(**settings))


def grayscale_of(*size, count=3):
    values = np.random.default_rng(0).uniform(0.4, 0.6, (count, *size, 1))
    return tf.constant(values, tf.float32)


@pytest.fixture(scope="module")
def rgb():
    return tf.constant(np.random.default_rng(0).random((5, 33, 24, 3), np.float32))


def target_of(rgb, step=0):
    (grayscale, noisy, time, _), target = create().target(rgb, luma(rgb), Randomness(7, step))
    np.testing.assert_array_equal(grayscale, luma(rgb))
    return noisy.numpy(), time.numpy(), target.numpy()


def test_target_is_velocity_and_chroma_and_input_interpolates(rgb):
    noisy, time, target = target_of(rgb)
    chroma = np.repeat(
        normalize_chroma(downsample_2x(rgb_to_chroma(rgb))), NOISE_SAMPLES_PER_IMAGE, axis=0
    )
    assert noisy.shape == chroma.shape == (5 * NOISE_SAMPLES_PER_IMAGE, 17, 12, 2)
    assert time.shape == (5 * NOISE_SAMPLES_PER_IMAGE, 1)
    assert target.shape == (*chroma.shape[:-1], 4)
    velocity, expected = target[..., :2], target[..., 2:]
    np.testing.assert_allclose(expected, chroma, atol=1e-5)
    share = time[:, :, np.newaxis, np.newaxis]
    # The velocity leads from the input forward to the chroma, and backward to the noise.
    np.testing.assert_allclose(noisy + (1 - share) * velocity, chroma, atol=2e-4)
    noise = noisy - share * velocity
    np.testing.assert_allclose(noise + velocity, chroma, atol=2e-4)
    assert abs(noise.mean()) < 0.5 and 0.7 < noise.std() < 1.3


def test_times_are_uniform():
    image = tf.zeros([500, 2, 2, 3])
    _, time, _ = target_of(image)
    assert time.min() >= 0 and time.max() < 1
    counts, _ = np.histogram(time, bins=5, range=(0, 1))
    expected = 500 * NOISE_SAMPLES_PER_IMAGE / 5
    assert np.abs(counts - expected).max() < 5 * np.sqrt(expected)


def test_noise_and_time_depend_on_the_step_and_differ_within_it(rgb):
    one, again, later = (target_of(rgb, step) for step in (3, 3, 4))
    for first, second, third in zip(one[:2], again[:2], later[:2], strict=True):
        np.testing.assert_array_equal(first, second)
        assert np.abs(first - third).max() > 0.1
    noisy, time, target = one
    noise = noisy - time[:, :, np.newaxis, np.newaxis] * target[..., :2]
    for number in range(1, len(noise)):
        assert np.abs(noise[number] - noise[0]).max() > 0.5
    assert len(np.unique(time)) == len(time)


def test_normalized_chroma_by_hand_and_round_trip():
    # Blue and orange have opposite Cb and Cr.
    np.testing.assert_allclose(normalize_chroma(tf.constant([-0.07, 0.07])), [2**0.5, 0], atol=1e-6)
    np.testing.assert_allclose(
        normalize_chroma(tf.constant([0.034, 0.034])), [0, 2**0.5], atol=1e-6
    )
    chroma = tf.constant(np.random.default_rng(0).normal(size=(2, 3, 4, 2)), tf.float32)
    np.testing.assert_allclose(denormalize_chroma(normalize_chroma(chroma)), chroma, atol=1e-6)


def test_loss_of_constant_errors_by_hand():
    predicted = tf.broadcast_to(tf.constant([1.0, 2.0, 3.0, 4.0]), [2, 3, 5, 4])
    expected = (1 + 4) / 2 + MEAN_WEIGHT * (9 + 16) / 2
    assert float(create().loss(tf.zeros([2, 3, 5, 4]), predicted)) == pytest.approx(expected)


def test_velocity_detail_has_more_weight():
    error = np.zeros((1, 2, 2, 4), np.float32)
    error[0, 1, 1, 0] = 3.0
    # One of eight values is wrong, as is one of four differences along each axis.
    expected = 9 / 8 + DETAIL_WEIGHT * (9 / 4 + 9 / 4)
    assert float(create().loss(tf.zeros([1, 2, 2, 4]), error)) == pytest.approx(expected)


def test_loss_of_a_single_pixel_has_no_detail_term():
    loss = create().loss(tf.zeros([1, 1, 1, 4]), tf.constant([[[[1.0, 1.0, 0.0, 0.0]]]]))
    assert float(loss) == pytest.approx(1.0)


@pytest.mark.parametrize("steps", [1, 2, 8, 30])
def test_straight_paths_are_exact_for_any_number_of_steps(steps):
    grayscale = grayscale_of(9, 16)
    received = create(sampling_steps=steps).colorize(Straight(), grayscale, tf.range(3), 1.0)
    chroma = upsample_2x(Straight.chroma(grayscale), grayscale)
    np.testing.assert_allclose(received, luma_chroma_to_rgb(grayscale, chroma), atol=1e-5)
    np.testing.assert_allclose(rgb_to_chroma(received), chroma, atol=1e-5)


def test_class_condition_is_label_in_training_and_confident_prediction_at_inference():
    labels = tf.constant([3, 0, 9, 3] * 500, tf.int64)
    grayscale = tf.zeros([2000, 2, 2, 1])
    for known, share in ((labels, 1 - CONDITIONING_DROPOUT), (None, 0)):
        inputs, _ = create().target(tf.zeros([2000, 2, 2, 3]), grayscale, Randomness(0, 0), known)
        condition = inputs[3].numpy()
        is_conditioned = condition.any(axis=-1)
        assert is_conditioned.mean() == pytest.approx(share, abs=0.03)
        expected = np.eye(NUM_CLASSES)[labels] * is_conditioned[:, np.newaxis]
        np.testing.assert_array_equal(condition, expected)

    class Confident(Straight):
        def _encode(self, grayscale, training):
            probabilities = np.full((3, NUM_CLASSES), 0.05, np.float32)
            probabilities[:, 4] = [0.55, 0.45, 0.55]
            probabilities[1, 7] = 0.15
            return *super()._encode(grayscale, training)[:2], tf.constant(np.log(probabilities))

        def _velocity(self, inputs, training):
            expected = np.eye(NUM_CLASSES)[4] * [[1], [0], [1]]
            np.testing.assert_array_equal(inputs[2], expected)
            return super()._velocity(inputs, training)

    create(sampling_steps=2).colorize(Confident(), grayscale_of(8, 8), tf.range(3), 1.0)


class ClassDependent(Straight):
    """Fake network with class-dependent velocity; it predicts class 4 if the left half is dark."""

    def _encode(self, grayscale, training):
        features, _, _ = super()._encode(grayscale, training)
        is_dark = tf.reduce_mean(grayscale[:, :, :2], axis=[1, 2, 3]) < 0.5
        logits = tf.one_hot(tf.where(is_dark, 4, -1), NUM_CLASSES, on_value=4.0)
        return features, tf.repeat(features, 2, axis=-1), logits

    def _velocity(self, inputs, training):
        x, time, condition, mean, features = inputs
        assert len(x) == len(time) == len(condition) == len(mean) == len(features)
        velocity = 0.1 * condition[:, 4] + 0.01
        return tf.zeros_like(x) + velocity[:, tf.newaxis, tf.newaxis, tf.newaxis] + 0.1 * features


@pytest.mark.parametrize("guidance", [1, 1.5, 4])
def test_guidance_amplifies_the_effect_of_the_class(guidance):
    grayscale = tf.constant([0.45, 0.55, 0.45])[:, tf.newaxis, tf.newaxis, tf.newaxis]
    grayscale += tf.zeros([3, 8, 8, 1])
    received = create(sampling_steps=3, guidance_scale=guidance).colorize(
        ClassDependent(), grayscale, tf.range(3), 0.0
    )
    # Guidance scales only the effect of the class. The velocity is constant over time.
    condition = np.reshape([0.1, 0, 0.1], [3, 1, 1, 1])
    velocity = guidance * condition + 0.01 + 0.1 * downsample_2x(grayscale) + np.zeros([3, 4, 4, 2])
    chroma = upsample_2x(denormalize_chroma(tf.constant(velocity, tf.float32)), grayscale)
    np.testing.assert_allclose(received, luma_chroma_to_rgb(grayscale, chroma), atol=1e-5)


def test_flip_tta_averages_class_logits():
    # The first image is dark on both sides.
    grayscale = np.full((2, 8, 8, 1), 0.55, np.float32)
    grayscale[:, :, :2] = 0.4
    grayscale[0, :, -2:] = 0.45
    received = []

    class Watched(ClassDependent):
        def _velocity(self, inputs, training):
            received.append(inputs[2][:, 4].numpy())
            # Features and mean chroma are from the image, not from its mirror image.
            np.testing.assert_array_equal(inputs[4], downsample_2x(grayscale))
            np.testing.assert_array_equal(
                inputs[3], np.repeat(downsample_2x(grayscale), 2, axis=-1)
            )
            return super()._velocity(inputs, training)

    for mirror in (False, True):
        color = create(sampling_steps=1, flip_tta=mirror).colorize
        color(Watched(), tf.constant(grayscale), tf.range(2), 0.0)
    np.testing.assert_array_equal(received[0], [1, 1])
    # Only one side of the second image indicates the class, so averaging halves the logit.
    assert np.exp(4) / (np.exp(4) + 9) > CLASS_CONFIDENCE_THRESHOLD > np.exp(2) / (np.exp(2) + 9)
    np.testing.assert_array_equal(received[1], [1, 0])


def test_velocity_network_receives_the_solver_times():
    received = []

    class Watched(Straight):
        def _velocity(self, inputs, training):
            received.append(inputs[1].numpy())
            return super()._velocity(inputs, training)

    create(sampling_steps=4).colorize(Watched(), grayscale_of(8, 8), tf.range(3), 1.0)
    times = (0, 0.25**TIME_STEP_EXPONENT, 0.5**TIME_STEP_EXPONENT, 0.75**TIME_STEP_EXPONENT)
    np.testing.assert_allclose(received, [np.full((3, 1), time) for time in times], rtol=1e-5)


@pytest.mark.parametrize("steps", [1, 2, 3, 6])
def test_curved_path_matches_adams_bashforth(steps):
    class Decaying(Straight):
        def _velocity(self, inputs, training):
            return -inputs[0]

    grayscale, seeds = grayscale_of(8, 8), tf.range(3)
    received = create(sampling_steps=steps).colorize(Decaying(), grayscale, seeds, 1.0)
    times = [(number / steps) ** TIME_STEP_EXPONENT for number in range(steps + 1)]
    left, velocities = 1.0, []
    for number in range(steps):
        velocities.append(-left)
        width, velocity = times[number + 1] - times[number], velocities[-1]
        if number:
            change = (velocity - velocities[-2]) / (times[number] - times[number - 1])
            velocity += change * width / 2
        left += width * velocity
    chroma = upsample_2x(denormalize_chroma(left * noise_from_seeds(seeds, 4, 4)), grayscale)
    np.testing.assert_allclose(received, luma_chroma_to_rgb(grayscale, chroma), atol=1e-5)


@pytest.mark.parametrize("temperature", [0.5, [0.1, 0.4, 0.0]])
def test_initial_state_is_noise_of_the_seed_times_temperature(temperature):
    grayscale, seeds = grayscale_of(9, 16), tf.constant([4, 0, 4])
    received = create(sampling_steps=3).colorize(Straight(pull=0), grayscale, seeds, temperature)
    noise = noise_from_seeds(seeds, 5, 8) * np.reshape(np.float32(temperature), [-1, 1, 1, 1])
    expected = luma_chroma_to_rgb(grayscale, upsample_2x(denormalize_chroma(noise), grayscale))
    np.testing.assert_allclose(received, expected, atol=1e-5)
    assert np.ptp(received, axis=-1)[0].max() > 0.01


def test_temperature_zero_is_deterministic():
    grayscale = tf.repeat(grayscale_of(8, 8, count=1), 3, axis=0)
    first, *others = create().colorize(Straight(pull=0.3), grayscale, tf.constant([1, 2, 3]), 0.0)
    for other in others:
        np.testing.assert_array_equal(other, first)


@pytest.mark.parametrize(("asked", "taken"), [(None, 1), (0.7, 0.7), (1, 1), (0, 0)])
def test_settings_select_steps_and_temperature(asked, taken):
    objective = create(sampling_steps=3, temperature=asked)
    assert objective.temperature == taken
    expected = {"sampling_steps": 3, "temperature": taken, "guidance_scale": 1, "flip_tta": False}
    assert objective.metadata == expected
    assert "3 steps" in objective.description
    grayscale, seeds = grayscale_of(8, 8), tf.range(3)
    left_open = objective.colorize(Straight(pull=0), grayscale, seeds)
    expected = objective.colorize(Straight(pull=0), grayscale, seeds, float(taken))
    np.testing.assert_array_equal(left_open, expected)


def test_standard_deviation_is_zero_if_all_samples_are_equal():
    spread = create().standard_deviation(Straight(), grayscale_of(9, 16)).numpy()
    assert spread.shape == (3, 9, 16, 1)
    np.testing.assert_allclose(spread, 0, atol=1e-6)


def test_standard_deviation_is_that_of_samples():
    grayscale, temperature = grayscale_of(9, 16, count=1), 0.5
    # One step with a third of the velocity leaves two thirds of the noise.
    objective = create(sampling_steps=1, temperature=temperature)
    spread = objective.standard_deviation(Straight(pull=1 / 3), grayscale)
    draws = denormalize_chroma(noise_from_seeds(tf.range(NUM_SPREAD_SAMPLES), 5, 8)).numpy()
    deviation = np.sqrt(draws.var(axis=0, ddof=1).sum(axis=-1, keepdims=True))
    expected = upsample_2x(tf.constant(deviation[np.newaxis] * temperature * 2 / 3), grayscale)
    np.testing.assert_allclose(spread, expected, rtol=1e-4)
