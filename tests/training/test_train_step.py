"""Tests for the compiled train and validation steps."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from colorkeras import evaluation, objectives
from colorkeras.color.spaces import from_uint8, luma
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data import ArraySource, augmentation, evaluation_batches
from colorkeras.data.augmentation import AUGMENTATIONS
from colorkeras.data.stateless_random import Randomness
from colorkeras.evaluation.metrics import METRICS, VALIDATION_METRICS
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.models.build import build_network
from colorkeras.training.train_step import TrainingModel


def small_network(output, num_classes):
    if output in ARCHITECTURES["skip_cnn"].predictions and not num_classes:
        return ARCHITECTURES["skip_cnn"].constructor(prediction=output, filters=4, num_blocks=1)
    name = "flow_unet" if output == "velocity" else "residual_unet"
    return build_network(name, output, num_classes=num_classes)


def make_model(ema_decay=0.9, augment="none", seed=0, output="chroma", aux_class_loss_weight=0.0):
    metrics = {name: METRICS[name] for name in VALIDATION_METRICS}
    networks = [small_network(output, 10 if aux_class_loss_weight else 0) for _ in range(2)]
    config = TrainingConfig(
        sampling_steps=2,
        ema_decay=ema_decay,
        augment=augment,
        seed=seed,
        aux_class_loss_weight=aux_class_loss_weight,
    )
    model = TrainingModel(*networks, objectives.create(output, config), config, metrics)
    model.compile(optimizer=keras.optimizers.Adam(0.01))
    return model


PLACEMENT_PROGRAM = """
import numpy as np
from tensorflow.python.eager import context
from colorkeras import objectives
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.training.train_step import TrainingModel
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data import ArraySource, training_batches

# The augmentation with the most operations: flips, shifts and degradation.
batches = training_batches(ArraySource(np.zeros([8, 16, 16, 3], "uint8")), 4, seed=0)
print("element", batches.element_spec.dtype.name)
with tf.device("CPU:1"):
    build = ARCHITECTURES["skip_cnn"].constructor
    networks = [build(filters=4, num_blocks=1) for _ in range(2)]
    config = TrainingConfig(augment="scan")
    model = TrainingModel(*networks, objectives.create("chroma", config), config)
    model.compile(optimizer="adam")
    context.enable_run_metadata()
    model.fit(batches, steps_per_epoch=2, shuffle=False, verbose=0)
    executed = context.export_run_metadata()
for function in executed.function_graphs:
    for graph in function.partition_graphs:
        for node in graph.node:
            if node.op == "GatherV2":
                print("gather", tf.as_dtype(node.attr["Tparams"].type).name, node.device[-5:])
        nodes = [node for node in graph.node if "luma" in node.name]
        for node in nodes:
            print("luma", node.op, node.device.split("device:")[-1])
        for node in graph.node if nodes else ():
            if node.op in ("_Recv", "_HostRecv"):
                print("input", tf.as_dtype(node.attr["tensor_type"].type).name)
"""


def test_grayscale_is_computed_on_the_device_of_the_model_inside_the_train_function(run_on_devices):
    process = run_on_devices(2, PLACEMENT_PROGRAM)
    assert process.returncode == 0, process.stderr
    lines = process.stdout.splitlines()
    # These operations weight and sum the three channels; constants are ignored.
    assert {"luma Mul CPU:1", "luma Sum CPU:1"} <= set(lines)
    assert not [line for line in lines if line.startswith("luma") and not line.endswith("CPU:1")]
    # Only uint8 data is passed from the dataset to the function that computes luma.
    assert [line for line in lines if line.startswith("input")] == ["input uint8"]
    assert "element uint8" in lines
    # Augmentation gathers pixels there, too, but not as uint8, because GPUs have no kernel for it.
    assert {line for line in lines if line.startswith("gather")} == {"gather float32 CPU:1"}


def test_ema_network_starts_as_a_copy_of_the_network():
    model = make_model()
    for mean, value in zip(model.ema_network.weights, model.network.weights, strict=True):
        np.testing.assert_array_equal(mean, value)


def test_decay_of_zero_copies_the_weights_and_the_batch_statistics(crops):
    model = make_model(ema_decay=0)
    before = model.network.get_weights()
    model.train_step(tf.constant(crops))
    # Otherwise, the copy would be compared with an unchanged network.
    moved = [
        weight.name
        for weight, old in zip(model.network.weights, before, strict=True)
        if not np.array_equal(weight, old)
    ]
    assert {"kernel", "moving_mean", "moving_variance"} <= set(moved)
    for mean, value in zip(model.ema_network.weights, model.network.weights, strict=True):
        np.testing.assert_allclose(mean, value, rtol=1e-5, atol=1e-7, err_msg=value.path)


def test_ema_follows_its_definition(crops):
    # The decay warmup starts at 1/10, so it has no effect on a smaller decay.
    model = make_model(ema_decay=0.05)
    expected = model.ema_network.get_weights()
    for _ in range(3):
        model.train_step(tf.constant(crops))
        values = model.network.get_weights()
        expected = [0.05 * m + 0.95 * v for m, v in zip(expected, values, strict=True)]
    for mean, value in zip(model.ema_network.get_weights(), expected, strict=True):
        np.testing.assert_allclose(mean, value, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("step", "decay"), [(0, 0.1), (90, 0.91), (10**6, 0.999)])
def test_decay_of_the_ema_grows_in_the_first_steps(step, decay):
    model = make_model(ema_decay=0.999)
    for mean, value in zip(model.ema_network.weights, model.network.weights, strict=True):
        mean.assign(np.ones(mean.shape))
        value.assign(np.zeros(value.shape))
    model._update_ema(tf.constant(step, tf.float32))
    np.testing.assert_allclose(model.ema_network.get_weights()[0], decay, rtol=1e-5)


def test_optimizer_does_not_change_the_ema_network(crops, monkeypatch):
    model = make_model()
    monkeypatch.setattr(model, "_update_ema", lambda step: None)
    before = model.ema_network.get_weights()
    model.train_step(tf.constant(crops))
    for mean, old in zip(model.ema_network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mean, old)
    trained = {id(variable) for variable in model.trainable_variables}
    assert trained == {id(variable) for variable in model.network.trainable_variables}


# If the last batch is smaller, means must be taken over images, not batches. An image's seed is its
# position in the batch, so colors that depend on the seed require equal batches in evaluation.
@pytest.mark.parametrize(
    ("output", "batch_size"), [("rgb", 7), ("chroma", 7), ("bins", 7), ("velocity", 16)]
)
def test_validation_measures_the_ema_network_like_evaluation(output, batch_size, crops, randomize):
    model = make_model(output=output)
    randomize(model.ema_network)
    source = ArraySource(crops)
    batches = evaluation_batches(source, batch_size)
    logs = model.evaluate(batches, return_dict=True, verbose=0)
    expected = evaluation.evaluate(lambda grayscale, seeds: model(grayscale), source)
    for name in VALIDATION_METRICS:
        assert logs[name] == pytest.approx(expected[name], rel=1e-4), name
    rgb = crops / np.float32(255)
    grayscale = rgb @ np.float32([[0.299], [0.587], [0.114]])
    rgb, grayscale = tf.constant(rgb), tf.constant(grayscale)
    inputs, target = model.objective.target(rgb, grayscale, Randomness(0, 0))
    loss = model.objective.loss(target, model.ema_network(inputs, training=False))
    assert logs["loss"] == pytest.approx(float(loss), rel=1e-4)


def test_validation_of_flow_uses_the_same_noise_in_every_epoch(crops, randomize):
    model = make_model(output="velocity")
    randomize(model.ema_network)
    logs = []
    for step in (0, 1000):
        model.optimizer.iterations.assign(step)
        model.reset_metrics()
        logs.append({name: float(v) for name, v in model.test_step(crops[:4]).items()})
    assert logs[0] == logs[1]


def test_noise_in_training_depends_on_seed_and_step(crops):
    def loss_of(seed, step):
        keras.utils.set_random_seed(0)
        model = make_model(output="velocity", seed=seed)
        model.optimizer.iterations.assign(step)
        return float(model.train_step(tf.constant(crops[:4]))["loss"])

    first = loss_of(seed=3, step=5)
    assert loss_of(seed=3, step=5) == first
    assert loss_of(seed=3, step=6) != first
    assert loss_of(seed=4, step=5) != first


@pytest.mark.parametrize("output", ["chroma", "velocity"])
def test_class_head_adds_its_weighted_cross_entropy_in_training_only(output, crops, randomize):
    model = make_model(output=output, aux_class_loss_weight=0.25)
    randomize(model.network)
    images, labels = tf.constant(crops[:4]), tf.constant([3, 0, 9, 3], tf.int64)
    rgb = from_uint8(images)
    objective = model.objective
    inputs, target = objective.target(rgb, luma(rgb), Randomness(0, 0), labels)
    prediction, logits = model.network(inputs)
    probabilities = tf.nn.softmax(logits).numpy()
    entropy = -np.log(probabilities[range(4), labels.numpy()]).mean()
    colors = float(objective.loss(target, prediction))
    is_flow = output == "velocity"
    part = model.network.get_layer("encoder") if is_flow else model.network
    head = part.get_layer("classes").kernel.numpy()
    logs = model.train_step((images, labels))
    assert float(logs["loss"]) == pytest.approx(colors + 0.25 * entropy, rel=1e-4)
    assert np.abs(part.get_layer("classes").kernel.numpy() - head).max() > 0
    # Validation measures only colors.
    model.reset_metrics()
    prediction, _ = model.ema_network(inputs)
    logs = model.test_step((images, labels))
    expected = float(objective.loss(target, prediction))
    assert float(logs["loss"]) == pytest.approx(expected, rel=1e-4)


def test_validation_changes_no_weight(crops):
    model = make_model()
    networks = model.network, model.ema_network
    before = [weight for network in networks for weight in network.get_weights()]
    model.test_step(tf.constant(crops))
    after = [weight for network in networks for weight in network.get_weights()]
    for weight, old in zip(after, before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_augmentation_depends_on_seed_and_step(crops, monkeypatch):
    seen = []

    def luma(rgb):
        seen.append(np.round(rgb * 255).astype("uint8"))
        return tf.reduce_mean(rgb, axis=-1, keepdims=True)

    monkeypatch.setattr(augmentation, "luma", luma)

    def trained_on(seed, step, augment="flip"):
        model = make_model(augment=augment, seed=seed)
        model.optimizer.iterations.assign(step)
        model.train_step(tf.constant(crops))
        return seen.pop()

    first = trained_on(seed=3, step=5)
    np.testing.assert_array_equal(trained_on(seed=3, step=5), first)
    assert not np.array_equal(trained_on(seed=3, step=6), first)
    assert not np.array_equal(trained_on(seed=4, step=5), first)
    np.testing.assert_array_equal(trained_on(seed=3, step=5, augment="none"), crops)


@pytest.mark.parametrize(
    ("augment", "output"),
    [
        *((name, "chroma") for name in AUGMENTATIONS),
        ("scan", "bins"),
        pytest.param("scan", "velocity", marks=pytest.mark.slow),
    ],
)
def test_compiled_step_learns_from_every_augmentation(augment, output, crops):
    model = make_model(augment=augment, output=output)
    before = model.network.get_weights()
    logs = tf.function(model.train_step)(tf.constant(crops))
    # The cross entropy of a uniform distribution over 179 bins is 5.2.
    assert 0 < logs["loss"] < (1 if output == "chroma" else 6)
    assert 0 < logs["gradient_norm"] < np.inf
    after = model.network.get_weights()
    assert all(np.isfinite(weight).all() for weight in after)
    assert any((weight != old).any() for weight, old in zip(after, before, strict=True))
