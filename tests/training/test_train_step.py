"""Tests of the compiled train and validation steps."""

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
from colorkeras.training.train_step import Colorizer


def small_network(output, num_classes):
    if output in ARCHITECTURES["skip_cnn"].predictions and not num_classes:
        return ARCHITECTURES["skip_cnn"].constructor(prediction=output, filters=4, num_blocks=1)
    name = "flow_unet" if output == "velocity" else "residual_unet"
    return build_network(name, output, num_classes=num_classes)


def make_colorizer(
    ema_decay=0.9, augment="none", seed=0, output="chroma", aux_class_loss_weight=0.0
):
    metrics = {name: METRICS[name] for name in VALIDATION_METRICS}
    networks = [small_network(output, 10 if aux_class_loss_weight else 0) for _ in range(2)]
    objective = objectives.create(output, TrainingConfig(sampling_steps=2))
    colorizer = Colorizer(
        *networks,
        objective,
        metrics,
        ema_decay,
        AUGMENTATIONS[augment],
        seed,
        aux_class_loss_weight,
    )
    colorizer.compile(optimizer=keras.optimizers.Adam(0.01))
    return colorizer


PLACEMENT_PROGRAM = """
import numpy as np
from tensorflow.python.eager import context
from colorkeras import objectives
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.data.augmentation import AUGMENTATIONS
from colorkeras.training.train_step import Colorizer
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data import ArraySource, training_batches

# The augmentation of most operations: flips, shifts and degradation.
batches = training_batches(ArraySource(np.zeros([8, 16, 16, 3], "uint8")), 4, seed=0)
print("element", batches.element_spec.dtype.name)
with tf.device("CPU:1"):
    build = ARCHITECTURES["skip_cnn"].constructor
    networks = [build(filters=4, num_blocks=1) for _ in range(2)]
    objective = objectives.create("chroma", TrainingConfig())
    colorizer = Colorizer(*networks, objective, {}, 0.9, AUGMENTATIONS["scan"], seed=0)
    colorizer.compile(optimizer="adam")
    context.enable_run_metadata()
    colorizer.fit(batches, steps_per_epoch=2, shuffle=False, verbose=0)
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


def test_grayscale_is_made_on_the_models_device_inside_the_train_function(run_on_devices):
    process = run_on_devices(2, PLACEMENT_PROGRAM)
    assert process.returncode == 0, process.stderr
    lines = process.stdout.splitlines()
    # The weighting of the three channels and their sum, not just constants.
    assert {"luma Mul CPU:1", "luma Sum CPU:1"} <= set(lines)
    assert not [line for line in lines if line.startswith("luma") and not line.endswith("CPU:1")]
    # What crosses from the data set into the function with the luma op is uint8 and nothing else.
    assert [line for line in lines if line.startswith("input")] == ["input uint8"]
    assert "element uint8" in lines
    # Augmentation gathers pixels there as well, and not as uint8, which no GPU kernel gathers.
    assert {line for line in lines if line.startswith("gather")} == {"gather float32 CPU:1"}


def test_average_starts_as_a_copy_of_the_network():
    colorizer = make_colorizer()
    for mean, value in zip(colorizer.average.weights, colorizer.network.weights, strict=True):
        np.testing.assert_array_equal(mean, value)


def test_decay_of_zero_copies_the_weights_and_the_batch_statistics(crops):
    colorizer = make_colorizer(ema_decay=0)
    before = colorizer.network.get_weights()
    colorizer.train_step(tf.constant(crops))
    # Else the copy would be compared with a network that has not moved.
    moved = [
        weight.name
        for weight, old in zip(colorizer.network.weights, before, strict=True)
        if not np.array_equal(weight, old)
    ]
    assert {"kernel", "moving_mean", "moving_variance"} <= set(moved)
    for mean, value in zip(colorizer.average.weights, colorizer.network.weights, strict=True):
        np.testing.assert_allclose(mean, value, rtol=1e-5, atol=1e-7, err_msg=value.path)


def test_average_follows_its_definition(crops):
    # A decay below the 1/10 at which the warm-up of the average starts is used as it is.
    colorizer = make_colorizer(ema_decay=0.05)
    expected = colorizer.average.get_weights()
    for _ in range(3):
        colorizer.train_step(tf.constant(crops))
        values = colorizer.network.get_weights()
        expected = [0.05 * m + 0.95 * v for m, v in zip(expected, values, strict=True)]
    for mean, value in zip(colorizer.average.get_weights(), expected, strict=True):
        np.testing.assert_allclose(mean, value, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("step", "decay"), [(0, 0.1), (90, 0.91), (10**6, 0.999)])
def test_memory_of_the_average_grows_to_its_decay(step, decay):
    colorizer = make_colorizer(ema_decay=0.999)
    for mean, value in zip(colorizer.average.weights, colorizer.network.weights, strict=True):
        mean.assign(np.ones(mean.shape))
        value.assign(np.zeros(value.shape))
    colorizer._update_average(tf.constant(step, tf.float32))
    np.testing.assert_allclose(colorizer.average.get_weights()[0], decay, rtol=1e-5)


def test_optimizer_does_not_touch_the_average(crops, monkeypatch):
    colorizer = make_colorizer()
    monkeypatch.setattr(colorizer, "_update_average", lambda step: None)
    before = colorizer.average.get_weights()
    colorizer.train_step(tf.constant(crops))
    for mean, old in zip(colorizer.average.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mean, old)
    trained = {id(variable) for variable in colorizer.trainable_variables}
    assert trained == {id(variable) for variable in colorizer.network.trainable_variables}


# A last batch of another size: means must be over pictures, not over batches. Where colors follow
# from a seed, which is the picture's place in its batch, evaluation has the same batch.
@pytest.mark.parametrize(
    ("output", "batch_size"), [("rgb", 7), ("chroma", 7), ("bins", 7), ("velocity", 16)]
)
def test_validation_measures_the_average_network_as_evaluation_does(
    output, batch_size, crops, randomize
):
    colorizer = make_colorizer(output=output)
    randomize(colorizer.average)
    source = ArraySource(crops)
    batches = evaluation_batches(source, batch_size)
    logs = colorizer.evaluate(batches, return_dict=True, verbose=0)
    figures = evaluation.evaluate(lambda grayscale, seeds: colorizer(grayscale), source)
    for name in VALIDATION_METRICS:
        assert logs[name] == pytest.approx(figures[name], rel=1e-4), name
    rgb = crops / np.float32(255)
    grayscale = rgb @ np.float32([[0.299], [0.587], [0.114]])
    rgb, grayscale = tf.constant(rgb), tf.constant(grayscale)
    inputs, target = colorizer.objective.target(rgb, grayscale, Randomness(0, 0))
    loss = colorizer.objective.loss(target, colorizer.average(inputs, training=False))
    assert logs["loss"] == pytest.approx(float(loss), rel=1e-4)


def test_validation_of_flows_has_the_same_noise_in_every_epoch(crops, randomize):
    colorizer = make_colorizer(output="velocity")
    randomize(colorizer.average)
    logs = []
    for step in (0, 1000):
        colorizer.optimizer.iterations.assign(step)
        colorizer.reset_metrics()
        logs.append({name: float(v) for name, v in colorizer.test_step(crops[:4]).items()})
    assert logs[0] == logs[1]


def test_noise_of_training_follows_from_seed_and_step(crops):
    def loss_of(seed, step):
        keras.utils.set_random_seed(0)
        colorizer = make_colorizer(output="velocity", seed=seed)
        colorizer.optimizer.iterations.assign(step)
        return float(colorizer.train_step(tf.constant(crops[:4]))["loss"])

    first = loss_of(seed=3, step=5)
    assert loss_of(seed=3, step=5) == first
    assert loss_of(seed=3, step=6) != first
    assert loss_of(seed=4, step=5) != first


@pytest.mark.parametrize("output", ["chroma", "velocity"])
def test_class_head_adds_its_weighted_cross_entropy_in_training_only(output, crops, randomize):
    colorizer = make_colorizer(output=output, aux_class_loss_weight=0.25)
    randomize(colorizer.network)
    images, labels = tf.constant(crops[:4]), tf.constant([3, 0, 9, 3], tf.int64)
    rgb = from_uint8(images)
    objective = colorizer.objective
    inputs, target = objective.target(rgb, luma(rgb), Randomness(0, 0), labels)
    prediction, logits = colorizer.network(inputs)
    probabilities = tf.nn.softmax(logits).numpy()
    entropy = -np.log(probabilities[range(4), labels.numpy()]).mean()
    colors = float(objective.loss(target, prediction))
    is_flow = output == "velocity"
    part = colorizer.network.get_layer("encoder") if is_flow else colorizer.network
    head = part.get_layer("classes").kernel.numpy()
    logs = colorizer.train_step((images, labels))
    assert float(logs["loss"]) == pytest.approx(colors + 0.25 * entropy, rel=1e-4)
    assert np.abs(part.get_layer("classes").kernel.numpy() - head).max() > 0
    # Validation measures colors alone.
    colorizer.reset_metrics()
    prediction, _ = colorizer.average(inputs)
    logs = colorizer.test_step((images, labels))
    expected = float(objective.loss(target, prediction))
    assert float(logs["loss"]) == pytest.approx(expected, rel=1e-4)


def test_validation_changes_no_weight(crops):
    colorizer = make_colorizer()
    networks = colorizer.network, colorizer.average
    before = [weight for network in networks for weight in network.get_weights()]
    colorizer.test_step(tf.constant(crops))
    after = [weight for network in networks for weight in network.get_weights()]
    for weight, old in zip(after, before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_augmentation_follows_from_seed_and_step(crops, monkeypatch):
    seen = []

    def luma(rgb):
        seen.append(np.round(rgb * 255).astype("uint8"))
        return tf.reduce_mean(rgb, axis=-1, keepdims=True)

    monkeypatch.setattr(augmentation, "luma", luma)

    def trained_on(seed, step, augment="flip"):
        colorizer = make_colorizer(augment=augment, seed=seed)
        colorizer.optimizer.iterations.assign(step)
        colorizer.train_step(tf.constant(crops))
        return seen.pop()

    first = trained_on(seed=3, step=5)
    np.testing.assert_array_equal(trained_on(seed=3, step=5), first)
    assert not np.array_equal(trained_on(seed=3, step=6), first)
    assert not np.array_equal(trained_on(seed=4, step=5), first)
    np.testing.assert_array_equal(trained_on(seed=3, step=5, augment="none"), crops)


@pytest.mark.parametrize(
    ("augment", "output"),
    [*((name, "chroma") for name in AUGMENTATIONS), ("scan", "bins"), ("scan", "velocity")],
)
def test_a_compiled_step_learns_from_every_augmentation(augment, output, crops):
    colorizer = make_colorizer(augment=augment, output=output)
    before = colorizer.network.get_weights()
    logs = tf.function(colorizer.train_step)(tf.constant(crops))
    # Of 179 bins all alike the cross entropy is 5.2.
    assert 0 < logs["loss"] < (1 if output == "chroma" else 6)
    assert 0 < logs["gradient_norm"] < np.inf
    after = colorizer.network.get_weights()
    assert all(np.isfinite(weight).all() for weight in after)
    assert any((weight != old).any() for weight, old in zip(after, before, strict=True))
