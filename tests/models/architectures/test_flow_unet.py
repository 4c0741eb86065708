"""Tests for the layers and submodels of the flow U-Net."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from colorkeras.models.architectures.flow_unet import (
    ENCODER,
    VELOCITY_NETWORK,
    RepeatLike,
    Velocity,
)
from colorkeras.models.build import build_network
from colorkeras.models.class_head import NUM_CLASSES, reset_class_head


def random(*shape):
    return np.random.default_rng(sum(shape)).random(shape, np.float32)


def in_a_graph(layer, *inputs):
    """Call a layer in a graph where only the number of channels is static."""
    specs = [tf.TensorSpec([None] * (x.ndim - 1) + [x.shape[-1]]) for x in inputs]
    return tf.function(lambda *x: layer(list(x)), input_signature=specs)(*inputs).numpy()


@pytest.mark.parametrize("times", [1, 2, 5])
@pytest.mark.parametrize("size", [(1, 1), (33, 47)])
def test_repeated_entries_are_consecutive(size, times):
    x, like = random(3, *size, 4), random(3 * times, 1, 1, 2)
    expected = np.repeat(x, times, axis=0)
    layer = RepeatLike()
    np.testing.assert_array_equal(layer([x, like]), expected)
    np.testing.assert_array_equal(in_a_graph(layer, x, like), expected)
    assert layer.compute_output_shape([x.shape, like.shape]) == (None, *size, 4)


@pytest.mark.parametrize("time", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("size", [(1, 1), (33, 47)])
def test_velocity_is_the_linear_estimate_plus_the_scaled_residual(size, time):
    answer, x = random(2, *size, 2), random(3, *size, 2)[:2]
    times = np.float32([[time], [0.5]])
    layer = Velocity()
    velocity = layer([answer, x, times]).numpy()
    variance = time**2 + (1 - time) ** 2
    expected = (2 * time - 1) / variance * x[0] + answer[0] / np.sqrt(variance)
    np.testing.assert_allclose(velocity[0], expected, rtol=1e-5, atol=1e-5)
    # At t = 1/2, the linear estimate is zero.
    np.testing.assert_allclose(velocity[1], answer[1] * np.sqrt(2), rtol=1e-5)
    np.testing.assert_allclose(in_a_graph(layer, answer, x, times), velocity, atol=1e-5)
    assert layer.compute_output_shape([answer.shape, x.shape, times.shape]) == answer.shape


@pytest.mark.parametrize("time", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_residual_has_unit_variance_and_no_correlation_with_the_input(time):
    noise, chroma = np.random.default_rng(0).standard_normal((2, 1, 100, 100, 2), np.float32)
    x, velocity = (1 - time) * noise + time * chroma, chroma - noise
    times = np.float32([[time]])
    guess = Velocity()([np.zeros_like(x), x, times]).numpy()
    scale = Velocity()([np.ones_like(x), np.zeros_like(x), times]).numpy()
    answer = (velocity - guess) / scale
    assert answer.std() == pytest.approx(1, abs=0.02)
    assert np.corrcoef(answer.ravel(), x.ravel())[0, 1] == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("layer", [RepeatLike(), Velocity()], ids=lambda x: type(x).__name__)
def test_layer_is_restored_from_its_configuration(layer):
    restored = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert type(restored) is type(layer) and restored.get_config() == layer.get_config()


@pytest.fixture(scope="module")
def network(randomize):
    return randomize(build_network("flow_unet"))


@pytest.mark.parametrize("size", [(1, 1), (33, 47)])
def test_submodels_compose_to_the_network(network, size):
    # Keras does not accept arrays and tensors in the same call.
    grayscale = tf.constant(random(2, *size, 1))
    noisy = tf.constant(random(2, -(-size[0] // 2), -(-size[1] // 2), 2))
    time, known = tf.constant([[0.2], [0.7]]), tf.one_hot([3, 9], NUM_CLASSES)
    *features, mean, logits = network.get_layer(ENCODER)(grayscale)
    assert logits.shape == (2, NUM_CLASSES)
    velocity = network.get_layer(VELOCITY_NETWORK)([noisy, time, known, mean, *features])
    expected = np.concatenate([velocity, mean], axis=-1)
    np.testing.assert_allclose(
        network([grayscale, noisy, time, known]), expected, rtol=1e-5, atol=1e-5
    )


def test_consecutive_noise_samples_share_an_image(network):
    grayscale, noisy, time = random(2, 16, 16, 1), random(6, 8, 8, 2), random(6, 1)
    known = np.eye(NUM_CLASSES, dtype=np.float32)[[3, 9]]
    expected = network([grayscale.repeat(3, axis=0), noisy, time, known.repeat(3, axis=0)])
    received = network([grayscale, noisy, time, known])
    # The summation order may depend on the batch size, which causes small differences.
    atol = 1e-5 * np.abs(expected).max()
    np.testing.assert_allclose(received, expected, rtol=1e-5, atol=atol)
    in_turn = [np.tile(grayscale, (3, 1, 1, 1)), noisy, time, np.tile(known, (3, 1))]
    assert np.abs(network(in_turn) - expected).max() > 100 * atol


def test_velocity_depends_on_noise_time_class_and_image(network):
    classes = np.eye(NUM_CLASSES, dtype=np.float32)
    inputs = [random(1, 16, 16, 1), random(1, 8, 8, 2), np.float32([[0.2]]), classes[:1]]
    before = network(inputs).numpy()
    changes = [inputs[0] * 0.5, inputs[1] + 0.5, np.float32([[0.6]]), classes[1:2]]
    for number, changed in enumerate(changes):
        others = [*inputs[:number], changed, *inputs[number + 1 :]]
        difference = np.abs(network(others).numpy() - before)
        assert difference[..., :2].max() > 1e-3
        # The mean chroma depends only on the image.
        assert (difference[..., 2:].max() > 1e-3) == (number == 0)


def test_initial_velocity_is_the_linear_estimate():
    known = np.eye(NUM_CLASSES, dtype=np.float32)[:1]
    inputs = [random(1, 16, 16, 1), random(1, 8, 8, 2), np.float32([[0.0]]), known]
    velocity = build_network("flow_unet")(inputs).numpy()
    # At t = 0, the input is pure noise, which the velocity removes.
    np.testing.assert_allclose(velocity[..., :2], -inputs[1], rtol=1e-5)
    np.testing.assert_array_equal(velocity[..., 2:], 0)


def test_reset_class_head_predicts_no_class(randomize):
    network = randomize(build_network("flow_unet", num_classes=NUM_CLASSES))
    grayscale = random(2, 16, 16, 1)
    *before, logits = network.get_layer(ENCODER)(grayscale)
    assert np.ptp(logits) > 0
    reset_class_head(network)
    *after, logits = network.get_layer(ENCODER)(grayscale)
    np.testing.assert_array_equal(logits, 0)
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
