"""Tests of the schedule, of weight decay, and of Muon for convolutions."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from colorkeras.config.training_config import TrainingConfig
from colorkeras.models.build import build_network
from colorkeras.training import optimizers
from colorkeras.training.optimizers import OPTIMIZERS, ConvolutionalMuon


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
    # Without warm-up it starts at the peak.
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


GENERATOR = np.random.default_rng(0)

GRADIENTS = [GENERATOR.normal(size=(3, 3, 4, 24)).astype(np.float32) for _ in range(2)]
for gradient in GRADIENTS:
    # One direction dominates all others.
    gradient[..., 0] *= 30


def changes(shape=(3, 3, 4, 24), name="kernel", **settings):
    """Return the changes of a variable in two steps, with `GRADIENTS` cut to its shape."""
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
    """Return whether the singular values of an update are similar, unlike those of AdamW."""
    values = singular_values(change)
    return values.min() > 0.5 and values.max() < 1.3


def test_muon_updates_kernels_with_equal_singular_values():
    change, _ = changes()
    assert is_muon(change)
    # The update descends.
    assert (change * GRADIENTS[0]).sum() < 0


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((3, 3, 4, 24), True), ((36, 24), True), ((3, 3, 48, 2), False), ((24,), False)],
)
def test_adamw_updates_last_layers_and_vectors(shape, expected):
    change, _ = changes(shape)
    # The first step of AdamW has the size of the learning rate.
    is_adamw = np.allclose(np.abs(change), 0.01, rtol=0.05)
    assert is_adamw is not expected


def test_excluded_layers_are_updated_by_adamw():
    assert is_muon(changes(name="kernel", exclude_layers=["head"])[0])
    assert not is_muon(changes(name="head", exclude_layers=["head"])[0])
    assert is_muon(changes(name="embedding", exclude_embeddings=False)[0])
    assert not is_muon(changes(name="embedding")[0])


@pytest.mark.parametrize("nesterov", [False, True])
def test_nesterov_momentum(nesterov):
    # The momentum of Keras is the sum of the gradients, each decayed with 0.95.
    first, second = GRADIENTS
    momentum = 0.95 * first + second
    lookahead = second + 0.95 * momentum
    expected = changes_of(lookahead if nesterov else momentum)
    np.testing.assert_allclose(changes(nesterov=nesterov)[1], expected, rtol=1e-3, atol=1e-6)
    assert not np.allclose(changes_of(lookahead), changes_of(momentum), rtol=1e-2)


def changes_of(update):
    """Return the change of a kernel that Muon computes from an update without momentum."""
    kernel = keras.Variable(np.zeros_like(update))
    optimizer = ConvolutionalMuon(0.01, momentum=0.0)
    optimizer.build([kernel])
    optimizer.apply([tf.constant(update)])
    return kernel.numpy()


def test_muon_is_restored_from_its_config():
    optimizer = ConvolutionalMuon(nesterov=False, exclude_layers=["head"])
    restored = ConvolutionalMuon.from_config(optimizer.get_config())
    assert not restored.nesterov and restored.exclude_layers == ["head"]
