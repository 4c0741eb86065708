"""Test that gradients are deterministic for realistic batch sizes."""

import pytest

# This runs in a subprocess, because determinism cannot be disabled once it is enabled.
PROGRAM = """
import sys

import keras
import numpy as np
import tensorflow as tf

from colorkeras.models.build import build_network
from colorkeras.color.spaces import from_uint8, luma, rgb_to_chroma
from colorkeras.data import load_dataset
from colorkeras.utils.determinism import make_deterministic

make_deterministic(seed=0)
network = build_network("skip_cnn")
draw = np.random.default_rng(0).standard_normal
network.set_weights([abs(0.1 * draw(weight.shape, "float32")) for weight in network.weights])
rgb = from_uint8(load_dataset("sample").train.load(tf.range(256, dtype=tf.int64), 0))

@tf.function
def gradients():
    with tf.GradientTape() as tape:
        prediction = network(luma(rgb), training=True)
        loss = tf.reduce_mean(tf.math.squared_difference(rgb_to_chroma(rgb), prediction))
    return tape.gradient(loss, network.trainable_variables)

first = [gradient.numpy() for gradient in gradients()]
for _ in range(20):
    for one, other in zip(first, gradients(), strict=True):
        np.testing.assert_array_equal(one, other)
"""


@pytest.mark.slow
def test_gradients_of_a_large_batch_are_reproducible(run_python):
    process = run_python("-c", PROGRAM)
    assert process.returncode == 0, process.stderr
