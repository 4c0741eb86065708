"""Tests of flow matching, with networks whose velocity is known."""

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
    """Stands in for a network: leads all noise straight to a chroma that luma tells.

    Args:
        pull: 1 leads to the end, 0 leaves the noise where it is.
    """

    def __init__(self, pull=1.0):
        self._pull = pull

    def get_layer(self, name):
        return {ENCODER: self._encode, VELOCITY_NETWORK: self._guide}[name]

    def _encode(self, grayscale, training):
        assert training is False
        seen = downsample_2x(grayscale)
        return (
            seen,
            normalize_chroma(self.chroma(grayscale)),
            tf.zeros([len(grayscale), NUM_CLASSES]),
        )

    def _guide(self, inputs, training):
        assert training is False
        x, time, _, end, _ = inputs
        return self._pull * (end - x) / (1 - time[:, tf.newaxis, tf.newaxis])

    @staticmethod
    def chroma(grayscale):
        """Small, so that no color leaves the gamut."""
        seen = downsample_2x(grayscale) - 0.5
        return tf.concat([0.3 * seen, -0.2 * seen + 0.02], axis=-1)


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


def test_target_is_velocity_and_chroma_and_the_input_lies_between(rgb):
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
    # On from the input for the time that is left, and back for the time that is gone.
    np.testing.assert_allclose(noisy + (1 - share) * velocity, chroma, atol=2e-4)
    noise = noisy - share * velocity
    np.testing.assert_allclose(noise + velocity, chroma, atol=2e-4)
    assert abs(noise.mean()) < 0.5 and 0.7 < noise.std() < 1.3


def test_times_are_spread_evenly():
    picture = tf.zeros([500, 2, 2, 3])
    _, time, _ = target_of(picture)
    assert time.min() >= 0 and time.max() < 1
    counts, _ = np.histogram(time, bins=5, range=(0, 1))
    expected = 500 * NOISE_SAMPLES_PER_IMAGE / 5
    assert np.abs(counts - expected).max() < 5 * np.sqrt(expected)


def test_noise_and_time_follow_from_the_step_and_differ_within_it(rgb):
    one, again, later = (target_of(rgb, step) for step in (3, 3, 4))
    for first, second, third in zip(one[:2], again[:2], later[:2], strict=True):
        np.testing.assert_array_equal(first, second)
        assert np.abs(first - third).max() > 0.1
    noisy, time, target = one
    noise = noisy - time[:, :, np.newaxis, np.newaxis] * target[..., :2]
    for number in range(1, len(noise)):
        assert np.abs(noise[number] - noise[0]).max() > 0.5
    assert len(np.unique(time)) == len(time)


def test_scaled_chroma_and_back():
    # Pure orange against blue: Cr as much above gray as Cb below it.
    np.testing.assert_allclose(normalize_chroma(tf.constant([-0.07, 0.07])), [2**0.5, 0], atol=1e-6)
    np.testing.assert_allclose(
        normalize_chroma(tf.constant([0.034, 0.034])), [0, 2**0.5], atol=1e-6
    )
    chroma = tf.constant(np.random.default_rng(0).normal(size=(2, 3, 4, 2)), tf.float32)
    np.testing.assert_allclose(denormalize_chroma(normalize_chroma(chroma)), chroma, atol=1e-6)


def test_loss_of_errors_without_detail_by_hand():
    prediction = tf.broadcast_to(tf.constant([1.0, 2.0, 3.0, 4.0]), [2, 3, 5, 4])
    expected = (1 + 4) / 2 + MEAN_WEIGHT * (9 + 16) / 2
    assert float(create().loss(tf.zeros([2, 3, 5, 4]), prediction)) == pytest.approx(expected)


def test_detail_of_the_velocity_weighs_more():
    error = np.zeros((1, 2, 2, 4), np.float32)
    error[0, 1, 1, 0] = 3.0
    # Of eight numbers one is off; of four differences down, and of four to the right, one each.
    expected = 9 / 8 + DETAIL_WEIGHT * (9 / 4 + 9 / 4)
    assert float(create().loss(tf.zeros([1, 2, 2, 4]), error)) == pytest.approx(expected)


def test_loss_of_a_single_pixel_has_no_detail():
    loss = create().loss(tf.zeros([1, 1, 1, 4]), tf.constant([[[[1.0, 1.0, 0.0, 0.0]]]]))
    assert float(loss) == pytest.approx(1.0)


@pytest.mark.parametrize("steps", [1, 2, 8, 30])
def test_a_straight_way_is_followed_to_its_end_in_any_number_of_steps(steps):
    grayscale = grayscale_of(9, 16)
    received = create(sampling_steps=steps).colorize(Straight(), grayscale, tf.range(3), 1.0)
    chroma = upsample_2x(Straight.chroma(grayscale), grayscale)
    np.testing.assert_allclose(received, luma_chroma_to_rgb(grayscale, chroma), atol=1e-5)
    np.testing.assert_allclose(rgb_to_chroma(received), chroma, atol=1e-5)


def test_training_tells_most_labels_and_coloring_what_the_encoder_is_sure_of():
    labels = tf.constant([3, 0, 9, 3] * 500, tf.int64)
    grayscale = tf.zeros([2000, 2, 2, 1])
    for known, share in ((labels, 1 - CONDITIONING_DROPOUT), (None, 0)):
        inputs, _ = create().target(tf.zeros([2000, 2, 2, 3]), grayscale, Randomness(0, 0), known)
        told = inputs[3].numpy()
        is_told = told.any(axis=-1)
        assert is_told.mean() == pytest.approx(share, abs=0.03)
        expected = np.eye(NUM_CLASSES)[labels] * is_told[:, np.newaxis]
        np.testing.assert_array_equal(told, expected)

    class Believing(Straight):
        def _encode(self, grayscale, training):
            probabilities = np.full((3, NUM_CLASSES), 0.05, np.float32)
            probabilities[:, 4] = [0.55, 0.45, 0.55]
            probabilities[1, 7] = 0.15
            return *super()._encode(grayscale, training)[:2], tf.constant(np.log(probabilities))

        def _guide(self, inputs, training):
            expected = np.eye(NUM_CLASSES)[4] * [[1], [0], [1]]
            np.testing.assert_array_equal(inputs[2], expected)
            return super()._guide(inputs, training)

    create(sampling_steps=2).colorize(Believing(), grayscale_of(8, 8), tf.range(3), 1.0)


class Telling(Straight):
    """Believes in class 4 where a picture is dark on the left; leads as far as it is told to."""

    def _encode(self, grayscale, training):
        seen, _, _ = super()._encode(grayscale, training)
        is_dark = tf.reduce_mean(grayscale[:, :, :2], axis=[1, 2, 3]) < 0.5
        logits = tf.one_hot(tf.where(is_dark, 4, -1), NUM_CLASSES, on_value=4.0)
        return seen, tf.repeat(seen, 2, axis=-1), logits

    def _guide(self, inputs, training):
        x, time, known, mean, seen = inputs
        assert len(x) == len(time) == len(known) == len(mean) == len(seen)
        towards = 0.1 * known[:, 4] + 0.01
        return tf.zeros_like(x) + towards[:, tf.newaxis, tf.newaxis, tf.newaxis] + 0.1 * seen


@pytest.mark.parametrize("guidance", [1, 1.5, 4])
def test_guidance_exaggerates_what_the_class_does_to_the_velocity(guidance):
    grayscale = tf.constant([0.45, 0.55, 0.45])[:, tf.newaxis, tf.newaxis, tf.newaxis]
    grayscale += tf.zeros([3, 8, 8, 1])
    received = create(sampling_steps=3, guidance_scale=guidance).colorize(
        Telling(), grayscale, tf.range(3), 0.0
    )
    # What is told of the class counts so many times, all else once; a constant velocity leads by
    # itself.
    told = np.reshape([0.1, 0, 0.1], [3, 1, 1, 1])
    led = guidance * told + 0.01 + 0.1 * downsample_2x(grayscale) + np.zeros([3, 4, 4, 2])
    chroma = upsample_2x(denormalize_chroma(tf.constant(led, tf.float32)), grayscale)
    np.testing.assert_allclose(received, luma_chroma_to_rgb(grayscale, chroma), atol=1e-5)


def test_the_mirror_image_is_asked_as_well():
    # The first is dark on both sides.
    grayscale = np.full((2, 8, 8, 1), 0.55, np.float32)
    grayscale[:, :, :2] = 0.4
    grayscale[0, :, -2:] = 0.45
    seen = []

    class Watched(Telling):
        def _guide(self, inputs, training):
            seen.append(inputs[2][:, 4].numpy())
            # All else is as the picture shows it, not its mirror image.
            np.testing.assert_array_equal(inputs[4], downsample_2x(grayscale))
            np.testing.assert_array_equal(
                inputs[3], np.repeat(downsample_2x(grayscale), 2, axis=-1)
            )
            return super()._guide(inputs, training)

    for mirror in (False, True):
        color = create(sampling_steps=1, flip_tta=mirror).colorize
        color(Watched(), tf.constant(grayscale), tf.range(2), 0.0)
    np.testing.assert_array_equal(seen[0], [1, 1])
    # Only one side of the second speaks for the class: half of the logit is left.
    assert np.exp(4) / (np.exp(4) + 9) > CLASS_CONFIDENCE_THRESHOLD > np.exp(2) / (np.exp(2) + 9)
    np.testing.assert_array_equal(seen[1], [1, 0])


def test_every_step_is_told_its_time():
    seen = []

    class Watched(Straight):
        def _guide(self, inputs, training):
            seen.append(inputs[1].numpy())
            return super()._guide(inputs, training)

    create(sampling_steps=4).colorize(Watched(), grayscale_of(8, 8), tf.range(3), 1.0)
    times = (0, 0.25**TIME_STEP_EXPONENT, 0.5**TIME_STEP_EXPONENT, 0.75**TIME_STEP_EXPONENT)
    np.testing.assert_allclose(seen, [np.full((3, 1), time) for time in times], rtol=1e-5)


@pytest.mark.parametrize("steps", [1, 2, 3, 6])
def test_a_known_bent_way_is_followed_by_the_two_step_method(steps):
    class Decaying(Straight):
        def _guide(self, inputs, training):
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
def test_the_way_starts_at_the_noise_of_the_seed_times_the_temperature(temperature):
    grayscale, seeds = grayscale_of(9, 16), tf.constant([4, 0, 4])
    received = create(sampling_steps=3).colorize(Straight(pull=0), grayscale, seeds, temperature)
    noise = noise_from_seeds(seeds, 5, 8) * np.reshape(np.float32(temperature), [-1, 1, 1, 1])
    expected = luma_chroma_to_rgb(grayscale, upsample_2x(denormalize_chroma(noise), grayscale))
    np.testing.assert_allclose(received, expected, atol=1e-5)
    assert np.ptp(received, axis=-1)[0].max() > 0.01


def test_at_temperature_zero_all_seeds_give_the_same():
    grayscale = tf.repeat(grayscale_of(8, 8, count=1), 3, axis=0)
    first, *others = create().colorize(Straight(pull=0.3), grayscale, tf.constant([1, 2, 3]), 0.0)
    for other in others:
        np.testing.assert_array_equal(other, first)


@pytest.mark.parametrize(("asked", "taken"), [(None, 1), (0.7, 0.7), (1, 1), (0, 0)])
def test_steps_and_temperature_are_those_of_the_settings(asked, taken):
    objective = create(sampling_steps=3, temperature=asked)
    assert objective.temperature == taken
    expected = {"sampling_steps": 3, "temperature": taken, "guidance_scale": 1, "flip_tta": False}
    assert objective.metadata == expected
    assert "3 steps" in objective.description
    grayscale, seeds = grayscale_of(8, 8), tf.range(3)
    left_open = objective.colorize(Straight(pull=0), grayscale, seeds)
    expected = objective.colorize(Straight(pull=0), grayscale, seeds, float(taken))
    np.testing.assert_array_equal(left_open, expected)


def test_spread_is_nothing_where_all_noise_arrives_at_the_same_chroma():
    spread = create().standard_deviation(Straight(), grayscale_of(9, 16)).numpy()
    assert spread.shape == (3, 9, 16, 1)
    np.testing.assert_allclose(spread, 0, atol=1e-6)


def test_spread_is_that_of_the_draws():
    grayscale, temperature = grayscale_of(9, 16, count=1), 0.5
    # What is pulled by a third in one step keeps two thirds of its noise.
    objective = create(sampling_steps=1, temperature=temperature)
    spread = objective.standard_deviation(Straight(pull=1 / 3), grayscale)
    draws = denormalize_chroma(noise_from_seeds(tf.range(NUM_SPREAD_SAMPLES), 5, 8)).numpy()
    deviation = np.sqrt(draws.var(axis=0, ddof=1).sum(axis=-1, keepdims=True))
    expected = upsample_2x(tf.constant(deviation[np.newaxis] * temperature * 2 / 3), grayscale)
    np.testing.assert_allclose(spread, expected, rtol=1e-4)
