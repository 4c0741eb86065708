"""Tests of the schedule, of what decays, and of Muon for convolutions."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from colorkeras.config.training_config import TrainingConfig
from colorkeras.models.build import build_network
from colorkeras.training import optimizers
from colorkeras.training.optimizers import OPTIMIZERS, ConvolutionalMuon


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weight_decay_leaves_biases_and_normalization_alone(name):
    optimizer = optimizers.create(TrainingConfig(optimizer=name), total_steps=100)
    network = build_network("skip_cnn")
    optimizer.build(network.trainable_variables)
    decayed = {v.name for v in network.trainable_variables if optimizer._use_weight_decay(v)}
    assert decayed == {"kernel"}


def test_learning_rate_rises_then_falls_to_zero():
    optimizer = optimizers.create(TrainingConfig(learning_rate=0.01, warmup_fraction=0.1), 100)
    rates = [float(optimizer._learning_rate(step)) for step in range(101)]
    assert rates[0] == 0 and rates[100] == pytest.approx(0, abs=1e-9)
    assert np.argmax(rates) == 10 and max(rates) == pytest.approx(0.01)
    assert all(np.diff(rates[:10]) > 0) and all(np.diff(rates[10:]) < 0)
    # Without warm-up it starts at the peak.
    assert float(optimizers.create(TrainingConfig(warmup_fraction=0), 100)._learning_rate(0)) > 1e-3


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_go_downhill(name):
    optimizer = OPTIMIZERS[name](0.01, 0.0)
    start = np.random.default_rng(0).normal(size=(3, 3, 2, 32)).astype(np.float32)
    kernel, bias = keras.Variable(start), keras.Variable(tf.ones(32))
    optimizer.build([kernel, bias])
    for _ in range(20):
        optimizer.apply([2 * kernel.value, 2 * bias.value])
    assert float(tf.reduce_sum(kernel**2)) < 0.97 * (start**2).sum()
    assert 0 < float(tf.reduce_mean(bias)) < 0.95


def test_muon_takes_kernels_as_matrices_with_equal_singular_values():
    gradient = np.random.default_rng(0).normal(size=(3, 3, 4, 24)).astype(np.float32)
    # One direction dwarfs all others, as a common feature does.
    gradient[..., 0] *= 30
    kernel = keras.Variable(np.zeros_like(gradient))
    optimizer = ConvolutionalMuon(0.01)
    optimizer.build([kernel])
    optimizer.apply([tf.constant(gradient)])
    change = kernel.numpy().reshape(-1, 24)
    values = np.linalg.svd(change, compute_uv=False) / (0.01 * 0.2 * np.sqrt(36))
    assert values.min() > 0.5 and values.max() < 1.3
    # Downhill.
    assert (change * gradient.reshape(-1, 24)).sum() < 0


def test_muon_leaves_last_layers_and_vectors_to_adamw():
    optimizer = ConvolutionalMuon(0.01)
    shapes = {(3, 3, 8, 32): False, (8, 32): False, (3, 3, 8, 2): True, (32,): True}
    for shape, expected in shapes.items():
        assert optimizer._should_use_adamw(keras.Variable(np.zeros(shape))) is expected
