"""Tests for the stateless random numbers used in training steps."""

import numpy as np
import tensorflow as tf

from colorkeras.data.stateless_random import Randomness

# Each replica processes part of a batch. Logical devices must be created before TensorFlow starts.
REPLICAS_PROGRAM = """
from colorkeras.data.stateless_random import Randomness

def draw(num_images):
    randomness = Randomness(seed=1, step=2)
    return randomness.integers(num_images, [2], 9), randomness.normal(num_images, [])

alone = draw(6)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1", "CPU:2"])
for whole, shares in zip(alone, strategy.run(draw, args=(2,))):
    parts = strategy.experimental_local_results(shares)
    assert len(parts) == 3
    assert (tf.concat(parts, axis=0) == whole).numpy().all(), (parts, whole)
"""


def test_replicas_draw_their_share(run_on_devices):
    process = run_on_devices(3, REPLICAS_PROGRAM)
    assert process.returncode == 0, process.stderr


def test_distributions():
    randomness = Randomness(seed=0, step=0)
    uniform = randomness.uniform(20_000, [2], 3.0, 5.0).numpy()
    assert uniform.shape == (20_000, 2) and uniform.dtype == np.float32
    assert uniform.min() >= 3 and uniform.max() < 5
    np.testing.assert_allclose([uniform.mean(), uniform.std()], [4, 2 / 12**0.5], atol=0.02)
    normal = randomness.normal(20_000, [2]).numpy()
    np.testing.assert_allclose([normal.mean(), normal.std()], [0, 1], atol=0.03)
    integers = randomness.integers(200, [2], 5).numpy()
    assert set(integers.ravel()) == {0, 1, 2, 3, 4}


def test_numbers_depend_on_seed_step_and_order():
    def numbers(seed, step):
        randomness = Randomness(seed, step)
        return [randomness.uniform(4, []).numpy().tolist() for _ in range(2)]

    first, second = numbers(3, 5)
    tf.random.uniform([5])
    assert numbers(3, 5) == [first, second]
    different = [first, second, *numbers(3, 6), *numbers(4, 5)]
    assert len({tuple(draw) for draw in different}) == 6
