"""Tests of what every augmentation promises."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.data.augmentation import AUGMENTATIONS
from colorkeras.data.stateless_random import Randomness

# Replicas of one batch; logical devices are made before TensorFlow starts.
REPLICAS_PROGRAM = """
import numpy as np
from colorkeras.data.augmentation import AUGMENTATIONS
from colorkeras.data.stateless_random import Randomness

rgb = np.random.default_rng(0).random((12, 9, 7, 3), np.float32)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1", "CPU:2"])
take = lambda context: rgb[4 * context.replica_id_in_sync_group :][:4]
shares = strategy.experimental_distribute_values_from_function(take)
for augment in AUGMENTATIONS.values():
    results = strategy.run(lambda rgb: augment(rgb, Randomness(1, 2)), args=(shares,))
    for whole, values in zip(augment(rgb, Randomness(1, 2)), results, strict=True):
        parts = strategy.experimental_local_results(values)
        assert len(parts) == 3
        np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)
"""


@pytest.fixture(params=AUGMENTATIONS)
def augment(request):
    return AUGMENTATIONS[request.param]


def random_pictures(height=9, width=7):
    """Eight random pictures; the first two are black and white, where rounding may leave 0..1."""
    pictures = np.random.default_rng(0).random((8, height, width, 3), np.float32)
    pictures[:2] = [[[[0]]], [[[1]]]]
    return pictures


# The smallest that may be shifted, odd ones, and one that is larger than all reach.
@pytest.mark.parametrize(("height", "width"), [(5, 5), (5, 7), (33, 9)])
def test_any_number_and_size_of_pictures_in_a_graph(augment, height, width):
    spec = tf.TensorSpec([None, None, None, 3])
    compiled = tf.function(lambda rgb: augment(rgb, Randomness(1, 2)), input_signature=[spec])
    rgb, grayscale = compiled(random_pictures(height, width))
    assert rgb.shape == (8, height, width, 3) and grayscale.shape == (8, height, width, 1)
    for images in (rgb, grayscale):
        assert images.dtype == tf.float32
        assert np.isfinite(images).all()
        assert images.numpy().min() >= 0 and images.numpy().max() <= 1


def test_seed_and_step_make_the_result(augment):
    def results(seed, step):
        return augment(random_pictures(), Randomness(seed, step))

    tf.random.uniform([5])
    compiled = tf.function(results)(3, tf.constant(5))
    for image, again in zip(results(3, 5), compiled, strict=True):
        np.testing.assert_allclose(image, again, atol=1e-6)
    changed = [(results(3, 5)[1] != results(*other)[1]).numpy().any() for other in [(3, 6), (4, 5)]]
    assert changed == [augment is not AUGMENTATIONS["none"]] * 2


def test_replicas_make_the_pictures_of_their_share(run_on_devices):
    process = run_on_devices(3, REPLICAS_PROGRAM)
    assert process.returncode == 0, process.stderr
