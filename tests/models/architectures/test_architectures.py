"""Tests for all registered architectures with each of their predictions."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from colorkeras import objectives
from colorkeras.color.spaces import from_uint8, luma
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data.stateless_random import Randomness
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.models.build import build_network, check_image_size
from colorkeras.models.class_head import CLASSES, remove_class_head
from colorkeras.models.predictions import PREDICTIONS, prediction_name
from colorkeras.utils.errors import UserError

PAIRS = [
    (name, prediction) for name, kind in ARCHITECTURES.items() for prediction in kind.predictions
]
every_architecture = pytest.mark.parametrize("name", ARCHITECTURES)
every_pair = pytest.mark.parametrize(("name", "prediction"), PAIRS)
# "chroma" and "rgb" are trained in the same way, so the second of them is marked as slow.
every_trained_pair = pytest.mark.parametrize(
    ("name", "prediction"),
    [
        pytest.param(
            *pair,
            marks=pytest.mark.slow
            if pair[1] in {"chroma", "rgb"} - {ARCHITECTURES[pair[0]].predictions[0]}
            else (),
        )
        for pair in PAIRS
    ],
)
# Only the baseline is limited to a single image size.
any_size = pytest.mark.parametrize(
    ("name", "prediction"), [pair for pair in PAIRS if pair[0] != "baseline"]
)
with_head = pytest.mark.parametrize(
    ("name", "prediction"), [pair for pair in PAIRS if ARCHITECTURES[pair[0]].has_class_head]
)


def grayscale_of(height, width, count=2):
    generator = np.random.default_rng(height * width)
    return tf.constant(generator.random((count, height, width, 1), np.float32))


def shape_of(prediction, height, width, count=2):
    kind = PREDICTIONS[prediction]
    return (count, -(-height // kind.stride), -(-width // kind.stride), kind.num_channels)


@every_pair
def test_prediction_has_the_registered_shape_and_name(name, prediction, inputs_for):
    network = build_network(name, prediction)
    predicted = network(inputs_for(prediction, grayscale_of(32, 32)))
    assert predicted.shape == shape_of(prediction, 32, 32)
    assert predicted.dtype == tf.float32
    assert prediction_name(network) == prediction
    assert network.name == name


@every_architecture
def test_default_prediction(name):
    others = {"baseline": "rgb", "flow_unet": "velocity", "hint_unet": "hinted_bins"}
    assert prediction_name(build_network(name)) == others.get(name, "chroma")


def test_baseline_is_one_layer_of_3072_x_3072():
    assert build_network("baseline").count_params() == 9_440_256


def test_baseline_rejects_other_sizes():
    network = build_network("baseline")
    check_image_size(network, 32, 32)
    for height, width in ((64, 64), (32, 33), (31, 32)):
        with pytest.raises(UserError, match=f"{height}x{width}(.|\n)*Expected: 32x32(.|\n)*Fix:"):
            check_image_size(network, height, width)


@any_size
def test_one_graph_accepts_images_of_any_size(name, prediction, randomize, inputs_for):
    network = randomize(build_network(name, prediction))

    def inputs_of(height, width):
        return inputs_for(prediction, grayscale_of(height, width))

    def of_unknown_size(tensor):
        return tf.TensorSpec([None] * (len(tensor.shape) - 1) + [tensor.shape[-1]])

    signature = [tf.nest.map_structure(of_unknown_size, inputs_of(1, 1))]
    predict = tf.function(
        lambda inputs: network(inputs, training=False), input_signature=signature, autograph=False
    )
    for size in ((1, 1), (33, 47), (5, 64), (32, 32)):
        check_image_size(network, *size)
        predicted = predict(inputs_of(*size))
        assert predicted.shape == shape_of(prediction, *size)
        assert np.isfinite(predicted).all()
    # Static sizes use different code paths, but the values must match.
    known = network(inputs_of(33, 47), training=False)
    np.testing.assert_allclose(predict(inputs_of(33, 47)), known, rtol=1e-5, atol=1e-4)


@every_architecture
def test_real_size(name, inputs_for):
    # All other tests use smaller networks.
    builder = ARCHITECTURES[name].constructor
    network = getattr(builder, "func", builder)()
    prediction = prediction_name(network)
    predicted = network(inputs_for(prediction, grayscale_of(32, 32)))
    assert predicted.shape == shape_of(prediction, 32, 32)
    assert 2e4 < network.count_params() < 1e7


@every_pair
def test_keras_file_reloads_to_equal_predictions(name, prediction, randomize, inputs_for, tmp_path):
    network = randomize(build_network(name, prediction))
    network.save(tmp_path / "model.keras")
    reloaded = keras.saving.load_model(tmp_path / "model.keras")
    inputs = inputs_for(prediction, grayscale_of(32, 32))
    np.testing.assert_array_equal(reloaded(inputs), network(inputs))
    assert prediction_name(reloaded) == prediction


@every_architecture
def test_no_lambda_layers(name):
    # Lambda layers can be reloaded only with unsafe deserialization.
    assert '"Lambda"' not in build_network(name).to_json()


def layers_of(network):
    for layer in network.layers:
        yield from layers_of(layer) if isinstance(layer, keras.Model) else [layer]


@every_pair
def test_mixed_precision_keeps_weights_and_prediction_in_float32(name, prediction, inputs_for):
    network = build_network(name, prediction, "mixed_bfloat16")
    assert {weight.dtype for weight in network.weights} == {"float32"}
    assert network(inputs_for(prediction, grayscale_of(32, 32))).dtype == tf.float32
    assert keras.config.dtype_policy().name == "float32"
    # The baseline's only layer is its last one, which is never rounded.
    computes_in = {layer.compute_dtype for layer in layers_of(network) if layer.weights}
    assert ("bfloat16" in computes_in) == (name != "baseline")


@every_pair
def test_mixed_precision_weights_fit_a_float32_network(name, prediction, randomize, inputs_for):
    mixed = randomize(build_network(name, prediction, "mixed_bfloat16"))
    exact = build_network(name, prediction)
    assert [(w.name, w.shape) for w in exact.weights] == [(w.name, w.shape) for w in mixed.weights]
    exact.set_weights(mixed.get_weights())
    inputs = inputs_for(prediction, grayscale_of(32, 32))
    expected = exact(inputs).numpy()
    # Differences come only from rounding mantissas to 8 bits.
    assert np.abs(mixed(inputs) - expected).mean() < 0.1 * expected.std()


@every_trained_pair
def test_a_few_steps_of_adam_decrease_the_loss(name, prediction, crops):
    # Initializers depend on the global seed.
    keras.utils.set_random_seed(0)
    network = build_network(name, prediction)
    optimizer = keras.optimizers.Adam(1e-4)
    objective = objectives.create(prediction, TrainingConfig())
    rgb = from_uint8(crops[:4])
    inputs, target = objective.target(rgb, luma(rgb), Randomness(0, 0))
    losses = []
    for _ in range(4):
        with tf.GradientTape() as tape:
            loss = objective.loss(target, network(inputs, training=True))
        optimizer.apply(
            tape.gradient(loss, network.trainable_variables), network.trainable_variables
        )
        losses.append(float(loss))
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0]


@with_head
def test_class_head_is_a_second_output_in_float32(name, prediction, inputs_for):
    inputs = inputs_for(prediction, grayscale_of(32, 32))
    for dtype in ("float32", "mixed_bfloat16"):
        network = build_network(name, prediction, dtype, num_classes=10)
        assert network.output_names == [prediction, CLASSES]
        assert prediction_name(network) == prediction
        predicted, logits = network(inputs)
        assert predicted.shape == shape_of(prediction, 32, 32)
        assert logits.shape == (2, 10)
        assert predicted.dtype == logits.dtype == tf.float32


@with_head
def test_removing_the_class_head_keeps_the_network(
    name, prediction, randomize, inputs_for, tmp_path
):
    network = randomize(build_network(name, prediction, num_classes=10))
    bare = remove_class_head(network)
    assert bare.name == name and bare.output_names == [prediction]
    # The variables are the same, in the order of a network built without a class head.
    fresh = build_network(name, prediction)
    assert [(w.name, w.shape) for w in bare.weights] == [(w.name, w.shape) for w in fresh.weights]
    dropped = {id(w) for w in network.weights} - {id(w) for w in bare.weights}
    # The velocity network of a flow model still uses the predicted class.
    assert len(dropped) == (0 if prediction == "velocity" else 2)
    assert {id(w) for w in bare.weights} <= {id(w) for w in network.weights}
    inputs = inputs_for(prediction, grayscale_of(33, 47))
    expected = network(inputs)[0]
    np.testing.assert_array_equal(bare(inputs), expected)
    fresh.set_weights(bare.get_weights())
    np.testing.assert_array_equal(fresh(inputs), expected)
    bare.save(tmp_path / "model.keras")
    reloaded = keras.saving.load_model(tmp_path / "model.keras")
    assert reloaded.name == name and reloaded.output_names == [prediction]
    np.testing.assert_array_equal(reloaded(inputs), expected)


def test_removing_a_missing_class_head_returns_the_network():
    network = build_network("skip_cnn")
    assert remove_class_head(network) is network


@pytest.mark.parametrize(
    "name", [name for name, kind in ARCHITECTURES.items() if not kind.has_class_head]
)
def test_classes_without_a_class_head_are_rejected(name):
    with pytest.raises(UserError) as error:
        build_network(name, num_classes=10)
    received, expected, fix = str(error.value).splitlines()
    assert "--aux-class-loss-weight" in received and repr(name) in received
    assert "residual_unet" in expected and name not in expected.split(", ")
    assert fix.startswith("Fix: ")


@pytest.mark.parametrize(
    ("arguments", "received", "expected"),
    [
        (("resnet",), "architecture 'resnet'", "unet"),
        (("unet", "hsv"), "prediction 'hsv'", "chroma"),
    ],
)
def test_unknown_names_are_rejected_with_a_list_of_known_names(arguments, received, expected):
    with pytest.raises(UserError) as error:
        build_network(*arguments)
    received_line, expected_line, _ = str(error.value).splitlines()
    assert received in received_line
    assert expected in expected_line
