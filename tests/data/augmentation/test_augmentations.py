"""Tests for every registered augmentation."""

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.data.augmentation import AUGMENTATIONS
from colorkeras.data.stateless_random import Randomness

# Each replica processes part of a batch. Logical devices must be created before TensorFlow starts.
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


def random_images(height=9, width=7):
    """Return eight random images, including black and white ones to detect range errors."""
    images = np.random.default_rng(0).random((8, height, width, 3), np.float32)
    images[:2] = [[[[0]]], [[[1]]]]
    return images


# The smallest size that can be shifted, odd sizes, and a size larger than all kernels.
@pytest.mark.parametrize(("height", "width"), [(5, 5), (5, 7), (33, 9)])
def test_any_batch_and_image_size_in_a_graph(augment, height, width):
    spec = tf.TensorSpec([None, None, None, 3])
    compiled = tf.function(
        lambda rgb: augment(rgb, Randomness(1, 2)), input_signature=[spec], autograph=False
    )
    rgb, grayscale = compiled(random_images(height, width))
    assert rgb.shape == (8, height, width, 3) and grayscale.shape == (8, height, width, 1)
    for images in (rgb, grayscale):
        assert images.dtype == tf.float32
        assert np.isfinite(images).all()
        assert images.numpy().min() >= 0 and images.numpy().max() <= 1


def test_result_depends_on_seed_and_step(augment):
    def results(seed, step):
        return augment(random_images(), Randomness(seed, step))

    tf.random.uniform([5])
    compiled = tf.function(results)(3, tf.constant(5))
    for image, again in zip(results(3, 5), compiled, strict=True):
        np.testing.assert_allclose(image, again, atol=1e-6)
    changed = [(results(3, 5)[1] != results(*other)[1]).numpy().any() for other in [(3, 6), (4, 5)]]
    assert changed == [augment is not AUGMENTATIONS["none"]] * 2


def test_replicas_compute_their_share(run_on_devices):
    process = run_on_devices(3, REPLICAS_PROGRAM)
    assert process.returncode == 0, process.stderr
