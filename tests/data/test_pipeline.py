"""Tests that batches have the right content and order and unchanged pixels."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from colorkeras.data import ArraySource, evaluation_batches, folder, training_batches

NUM_EXAMPLES = 23
BATCH_SIZE = 5
STEPS = NUM_EXAMPLES // BATCH_SIZE


@pytest.fixture(scope="module")
def source():
    """Uniform images whose gray level is their index, labeled with ten times the index."""
    numbers = np.arange(NUM_EXAMPLES)
    images = np.zeros((NUM_EXAMPLES, 8, 8, 3), np.uint8) + numbers.reshape(-1, 1, 1, 1)
    return ArraySource(images.astype(np.uint8), numbers * 10)


@pytest.fixture(scope="module")
def folder_source(tmp_path_factory):
    path = tmp_path_factory.mktemp("images")
    for number in range(NUM_EXAMPLES):
        Image.new("RGB", (12, 10), (number, 0, 0)).save(path / f"{number:02}.png")
    return folder.FolderSource(sorted(path.iterdir()), 8, seed=0)


def _numbers(batches, epochs=1):
    """Return the image indices, as one list per epoch."""
    order = [images.numpy()[:, 0, 0, 0] for images in batches.take(epochs * STEPS)]
    return np.reshape(order, [epochs, STEPS * BATCH_SIZE]).tolist()


@pytest.mark.parametrize("kind", ["source", "folder_source"])
def test_batches_are_uint8_and_nothing_else(kind, request):
    source = request.getfixturevalue(kind)
    for batches, size in (
        (training_batches(source, BATCH_SIZE, seed=0), BATCH_SIZE),
        (evaluation_batches(source, BATCH_SIZE), None),
    ):
        assert batches.element_spec == tf.TensorSpec([size, 8, 8, 3], tf.uint8)
        (images,) = batches.take(1)
        assert images.shape == [BATCH_SIZE, 8, 8, 3]


@pytest.mark.parametrize(("epoch", "step"), [(0, 1), (1, 0), (2, STEPS - 1)])
def test_batches_can_start_within_an_epoch(source, epoch, step):
    whole = np.reshape(
        _numbers(training_batches(source, BATCH_SIZE, 0), epochs=4), [-1, BATCH_SIZE]
    )
    rest = training_batches(source, BATCH_SIZE, 0, epoch, step)
    first = epoch * STEPS + step
    numbers = [batch.numpy()[:, 0, 0, 0] for batch in rest.take(len(whole) - first)]
    np.testing.assert_array_equal(numbers, whole[first:])


@pytest.mark.parametrize("kind", ["source", "folder_source"])
def test_every_epoch_is_another_permutation(kind, request):
    batches = training_batches(request.getfixturevalue(kind), BATCH_SIZE, seed=0)
    epochs = _numbers(batches, epochs=4)
    for numbers in epochs:
        assert len(set(numbers)) == len(numbers) == STEPS * BATCH_SIZE
        assert set(numbers) <= set(range(NUM_EXAMPLES))
    assert len({tuple(numbers) for numbers in epochs}) == 4
    # The three images that are left over differ between epochs.
    assert len({frozenset(numbers) for numbers in epochs}) > 1


def test_order_depends_on_seed_and_epoch(source):
    first, second = _numbers(training_batches(source, BATCH_SIZE, seed=7), epochs=2)
    tf.random.set_seed(99)
    assert _numbers(training_batches(source, BATCH_SIZE, seed=7))[0] == first
    assert _numbers(training_batches(source, BATCH_SIZE, seed=7, initial_epoch=1))[0] == second
    assert _numbers(training_batches(source, BATCH_SIZE, seed=8))[0] != first


def test_source_receives_the_epoch():
    class Epochs:
        num_examples, image_size = 4, 1

        def load(self, indices, epoch):
            return tf.fill([tf.size(indices), 1, 1, 3], tf.cast(epoch, tf.uint8))

    batches = training_batches(Epochs(), 2, seed=0, initial_epoch=3)
    assert [int(images[0, 0, 0, 0]) for images in batches.take(5)] == [3, 3, 4, 4, 5]


def test_evaluation_is_in_order_and_complete(source):
    batches = [images.numpy()[:, 0, 0, 0] for images in evaluation_batches(source, BATCH_SIZE)]
    assert [len(batch) for batch in batches] == [5, 5, 5, 5, 3]
    np.testing.assert_array_equal(np.concatenate(batches), np.arange(NUM_EXAMPLES))


@pytest.mark.parametrize(
    "open_batches",
    [
        lambda source: training_batches(source, BATCH_SIZE, seed=0, labels=True).take(6),
        lambda source: evaluation_batches(source, BATCH_SIZE, labels=True),
    ],
    ids=["training", "evaluation"],
)
def test_labels_on_request(open_batches, source):
    for images, labels in open_batches(source):
        assert labels.dtype == tf.int64
        np.testing.assert_array_equal(labels, images.numpy()[:, 0, 0, 0].astype(int) * 10)


def test_labels_of_an_unlabeled_source_are_rejected(folder_source):
    unlabeled = ArraySource(np.zeros((9, 8, 8, 3), np.uint8))
    for source in (unlabeled, folder_source):
        with pytest.raises(ValueError, match="labels=True"):
            evaluation_batches(source, BATCH_SIZE, labels=True)


def _dtypes(dataset):
    """Return the names of all dtypes in a dataset's graph, including its functions."""
    graph = tf.compat.v1.GraphDef.FromString(dataset._as_serialized_graph().numpy())
    nodes = [*graph.node, *(node for f in graph.library.function for node in f.node_def)]
    types = set()
    for node in nodes:
        for attribute in node.attr.values():
            types.update([attribute.type, attribute.tensor.dtype, *attribute.list.type])
    return {tf.dtypes.as_dtype(number) for number in types if number}


@pytest.mark.parametrize("kind", ["source", "folder_source"])
def test_graph_has_no_floating_point_operations(kind, request):
    source = request.getfixturevalue(kind)
    for batches in (
        training_batches(source, BATCH_SIZE, seed=0),
        evaluation_batches(source, BATCH_SIZE),
    ):
        assert tf.uint8 in _dtypes(batches)
        assert not [dtype for dtype in _dtypes(batches) if dtype.is_floating or dtype.is_complex]
        # Verify that the search also finds dtypes inside functions.
        scaled = batches.map(lambda images: tf.cast(tf.cast(images, tf.float32) / 2, tf.uint8))
        assert tf.float32 in _dtypes(scaled)
