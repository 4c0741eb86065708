"""Tests for the learning-rate schedule, weight decay, and Muon for convolutions."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from colorkeras.config.training_config import TrainingConfig
from colorkeras.models.build import build_network
from colorkeras.training import optimizers
from colorkeras.training.optimizers import OPTIMIZERS, ConvolutionalMuon, FusedAdamW


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weight_decay_skips_biases_and_normalization(name):
    config = TrainingConfig(optimizer=name, warmup_fraction=0)
    optimizer = optimizers.create(config, total_steps=100)
    variables = build_network("skip_cnn").trainable_variables
    for variable in variables:
        variable.assign(np.ones(variable.shape))
    optimizer.build(variables)
    optimizer.apply([tf.zeros(variable.shape) for variable in variables])
    decayed = {variable.name for variable in variables if np.max(variable) < 1}
    assert decayed == {"kernel"}


def test_learning_rate_rises_then_falls_to_zero():
    def rates_of(**settings):
        optimizer = optimizers.create(TrainingConfig(**settings), total_steps=100)
        optimizer.build([])
        rates = []
        for step in range(101):
            optimizer.iterations.assign(step)
            rates.append(float(optimizer.learning_rate))
        return rates

    rates = rates_of(learning_rate=0.01, warmup_fraction=0.1)
    assert rates[0] == 0 and rates[100] == pytest.approx(0, abs=1e-9)
    assert np.argmax(rates) == 10 and max(rates) == pytest.approx(0.01)
    assert all(np.diff(rates[:10]) > 0) and all(np.diff(rates[10:]) < 0)
    # Without warmup, the rate starts at its peak.
    assert rates_of(learning_rate=0.01, warmup_fraction=0)[0] == pytest.approx(0.01)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_descend(name):
    optimizer = OPTIMIZERS[name](0.01, 0.0)
    start = np.random.default_rng(0).normal(size=(3, 3, 2, 32)).astype(np.float32)
    kernel, bias = keras.Variable(start), keras.Variable(tf.ones(32))
    optimizer.build([kernel, bias])
    for _ in range(20):
        optimizer.apply([2 * kernel.value, 2 * bias.value])
    assert float(tf.reduce_sum(kernel**2)) < 0.97 * (start**2).sum()
    assert 0 < float(tf.reduce_mean(bias)) < 0.95


def test_adamw_equals_that_of_keras():
    generator = np.random.default_rng(0)
    start, *gradients = generator.normal(size=(6, 4, 8)).astype(np.float32)
    results = []
    for optimizer in (FusedAdamW(0.1, 0.3), keras.optimizers.AdamW(0.1, 0.3)):
        variable = keras.Variable(start)
        optimizer.build([variable])
        for gradient in gradients:
            optimizer.apply([tf.constant(gradient)])
        results.append(variable.numpy())
    np.testing.assert_allclose(*results, atol=1e-5)
    assert np.abs(results[0] - start).max() > 0.3


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_backbone_is_frozen_then_warms_up_to_a_lower_rate(name):
    config = TrainingConfig(
        optimizer=name,
        warmup_fraction=0,
        learning_rate=0.01,
        backbone_rate_factor=0.5,
        backbone_frozen_steps=4,
    )
    variables = [keras.Variable(np.ones((4, 24), np.float32), name="kernel") for _ in range(2)]
    optimizer = optimizers.create(config, 10**9, variables[:1])
    optimizer.build(variables)
    optimizer.weight_decay = 0.0
    gradient = tf.constant(np.random.default_rng(0).normal(size=(4, 24)).astype(np.float32))
    ratios = []
    for _ in range(8):
        before = [variable.numpy() for variable in variables]
        optimizer.apply([gradient, gradient])
        slow, fast = (np.abs(v - old).mean() for v, old in zip(variables, before, strict=True))
        ratios.append(slow / fast)
    np.testing.assert_allclose(ratios, [0, 0, 0, 0, 0, 0.25, 0.5, 0.5], atol=1e-3)


def test_weight_decay_skips_the_backbone():
    variables = [keras.Variable(np.ones((4, 24), np.float32), name="kernel") for _ in range(2)]
    optimizer = optimizers.create(TrainingConfig(warmup_fraction=0), 100, variables[:1])
    optimizer.build(variables)
    optimizer.apply([tf.zeros((4, 24))] * 2)
    assert np.min(variables[0]) == 1 and np.max(variables[1]) < 1


def test_large_gradients_are_clipped():
    variable = keras.Variable(np.zeros(2, np.float32))
    optimizer = optimizers.create(TrainingConfig(clip_norm=2.0), total_steps=100)
    optimizer.build([variable])
    # After one step, Adam's second moment is a thousandth of the squared gradient.
    optimizer.apply([tf.constant([30.0, 40.0])])
    velocity = optimizer.variables[-1].numpy()
    np.testing.assert_allclose(velocity, 0.001 * np.square([1.2, 1.6]), rtol=1e-3)


GENERATOR = np.random.default_rng(0)

GRADIENTS = [GENERATOR.normal(size=(3, 3, 4, 24)).astype(np.float32) for _ in range(2)]
for gradient in GRADIENTS:
    # Make one direction dominate all others.
    gradient[..., 0] *= 30


def changes(shape=(3, 3, 4, 24), name="kernel", **settings):
    """Return a variable's changes in two steps with `GRADIENTS`, cropped to its shape."""
    variable = keras.Variable(np.zeros(shape, np.float32), name=name)
    optimizer = ConvolutionalMuon(0.01, **settings)
    optimizer.build([variable])
    values = [variable.numpy()]
    for gradient in GRADIENTS:
        part = gradient.ravel()[: np.prod(shape)].reshape(shape)
        optimizer.apply([tf.constant(part)])
        values.append(variable.numpy())
    return np.diff(values, axis=0)


def singular_values(change):
    rows = change.size // 24
    values = np.linalg.svd(change.reshape(rows, 24), compute_uv=False)
    return values / (0.01 * 0.2 * np.sqrt(max(rows, 24)))


def is_muon(change):
    """Return whether an update has nearly equal singular values, as with Muon."""
    values = singular_values(change)
    return values.min() > 0.5 and values.max() < 1.3


def test_muon_updates_kernels_with_equal_singular_values():
    change, _ = changes()
    assert is_muon(change)
    # The update points downhill.
    assert (change * GRADIENTS[0]).sum() < 0


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((3, 3, 4, 24), True), ((36, 24), True), ((3, 3, 48, 2), False), ((24,), False)],
)
def test_adamw_updates_last_layers_and_vectors(shape, expected):
    change, _ = changes(shape)
    # AdamW's first step is as large as the learning rate.
    is_adamw = np.allclose(np.abs(change), 0.01, rtol=0.05)
    assert is_adamw is not expected


def test_excluded_layers_are_updated_by_adamw():
    assert is_muon(changes(name="kernel", exclude_layers=["head"])[0])
    assert not is_muon(changes(name="head", exclude_layers=["head"])[0])
    assert is_muon(changes(name="embedding", exclude_embeddings=False)[0])
    assert not is_muon(changes(name="embedding")[0])


@pytest.mark.parametrize("nesterov", [False, True])
def test_nesterov_momentum(nesterov):
    # In Keras, the momentum is the sum of all gradients, decayed by 0.95 per step.
    first, second = GRADIENTS
    momentum = 0.95 * first + second
    lookahead = second + 0.95 * momentum
    expected = changes_of(lookahead if nesterov else momentum)
    np.testing.assert_allclose(changes(nesterov=nesterov)[1], expected, rtol=1e-3, atol=1e-6)
    assert not np.allclose(changes_of(lookahead), changes_of(momentum), rtol=1e-2)


def changes_of(update):
    """Return a kernel's change in one Muon step without momentum."""
    kernel = keras.Variable(np.zeros_like(update))
    optimizer = ConvolutionalMuon(0.01, momentum=0.0)
    optimizer.build([kernel])
    optimizer.apply([tf.constant(update)])
    return kernel.numpy()


def test_muon_is_restored_from_its_config():
    optimizer = ConvolutionalMuon(nesterov=False, exclude_layers=["head"])
    restored = ConvolutionalMuon.from_config(optimizer.get_config())
    assert not restored.nesterov and restored.exclude_layers == ["head"]
