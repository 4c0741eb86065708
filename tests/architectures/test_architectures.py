"""Tests that every architecture passes with every output, on the day it is registered."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from colorkeras import architectures
from colorkeras.architectures import ARCHITECTURES
from colorkeras.color import from_uint8, luma
from colorkeras.errors import UserError
from colorkeras.losses import mean_squared_error
from colorkeras.outputs import OUTPUTS

every_architecture = pytest.mark.parametrize("name", ARCHITECTURES)
every_output = pytest.mark.parametrize("output", OUTPUTS)
# The control alone is tied to one size; everything added later has to take any.
any_size = pytest.mark.parametrize("name", [name for name in ARCHITECTURES if name != "baseline"])


def grayscale_of(height, width, count=2):
    generator = np.random.default_rng(height * width)
    return tf.constant(generator.random((count, height, width, 1), np.float32))


@every_output
@every_architecture
def test_prediction_is_float32_of_the_inputs_size_and_bears_the_outputs_name(name, output):
    network = architectures.build(name, output)
    prediction = network(grayscale_of(32, 32))
    assert prediction.shape == (2, 32, 32, OUTPUTS[output].num_channels)
    assert prediction.dtype == tf.float32
    assert architectures.output_name(network) == output
    assert network.name == name


@every_architecture
def test_default_output_is_chroma_except_for_the_control(name):
    expected = "rgb" if name == "baseline" else "chroma"
    assert architectures.output_name(architectures.build(name)) == expected


def test_baseline_is_one_layer_from_3072_to_3072():
    assert architectures.build("baseline").count_params() == 9_440_256


def test_baseline_refuses_every_other_size():
    network = architectures.build("baseline")
    architectures.check_image_size(network, 32, 32)
    for height, width in ((64, 64), (32, 33), (31, 32)):
        with pytest.raises(UserError, match=f"{height}x{width}(.|\n)*Expected: 32x32(.|\n)*Fix:"):
            architectures.check_image_size(network, height, width)


@every_output
@any_size
def test_one_graph_takes_pictures_of_any_size(name, output, randomize):
    network = randomize(architectures.build(name, output))

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 1])])
    def predict(grayscale):
        return network(grayscale, training=False)

    for size in ((1, 1), (33, 47), (5, 64), (32, 32)):
        architectures.check_image_size(network, *size)
        prediction = predict(grayscale_of(*size))
        assert prediction.shape == (2, *size, OUTPUTS[output].num_channels)
        assert np.isfinite(prediction).all()
    # Sizes that are known when the graph is built take other branches; the values must agree.
    known = network(grayscale_of(33, 47), training=False)
    np.testing.assert_allclose(predict(grayscale_of(33, 47)), known, atol=1e-4)


@every_output
@every_architecture
def test_keras_file_reloads_to_equal_predictions(name, output, randomize, tmp_path):
    network = randomize(architectures.build(name, output))
    network.save(tmp_path / "model.keras")
    reloaded = keras.saving.load_model(tmp_path / "model.keras")
    grayscale = grayscale_of(32, 32)
    np.testing.assert_array_equal(reloaded(grayscale), network(grayscale))
    assert architectures.output_name(reloaded) == output


@every_architecture
def test_no_lambda_layers(name):
    # They reload only where the user allows arbitrary code.
    assert '"Lambda"' not in architectures.build(name).to_json()


@every_output
@every_architecture
def test_mixed_precision_keeps_weights_and_prediction_in_float32(name, output):
    network = architectures.build(name, output, "mixed_bfloat16")
    assert {weight.dtype for weight in network.weights} == {"float32"}
    assert network(grayscale_of(32, 32)).dtype == tf.float32
    assert keras.config.dtype_policy().name == "float32"
    # The control's only layer with weights is the last one, so nothing of it may be rounded.
    computes_in = {layer.compute_dtype for layer in network.layers if layer.weights}
    assert ("bfloat16" in computes_in) == (name != "baseline")


@every_output
@every_architecture
def test_weights_of_a_mixed_precision_build_fit_a_float32_build(name, output, randomize):
    mixed = randomize(architectures.build(name, output, "mixed_bfloat16"))
    exact = architectures.build(name, output)
    assert [(w.name, w.shape) for w in exact.weights] == [(w.name, w.shape) for w in mixed.weights]
    exact.set_weights(mixed.get_weights())
    grayscale = grayscale_of(32, 32)
    expected = exact(grayscale).numpy()
    # Weights in another order would not come near; rounding to 8 bits of mantissa does.
    assert np.abs(mixed(grayscale) - expected).mean() < 0.1 * expected.std()


@every_output
@every_architecture
def test_a_few_steps_of_adam_lower_the_loss(name, output, crops):
    # Glorot initializers draw from the global seed.
    keras.utils.set_random_seed(0)
    network = architectures.build(name, output)
    optimizer = keras.optimizers.Adam(1e-4)
    rgb = from_uint8(crops[:4])
    losses = []
    for _ in range(4):
        with tf.GradientTape() as tape:
            prediction = network(luma(rgb), training=True)
            loss = mean_squared_error(OUTPUTS[output], rgb, prediction)
        optimizer.apply(
            tape.gradient(loss, network.trainable_variables), network.trainable_variables
        )
        losses.append(float(loss))
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("arguments", "received", "expected"),
    [
        (("resnet",), "architecture 'resnet'", "unet"),
        (("unet", "hsv"), "output 'hsv'", "chroma"),
    ],
)
def test_unknown_names_are_answered_with_the_known_ones(arguments, received, expected):
    with pytest.raises(UserError) as error:
        architectures.build(*arguments)
    received_line, expected_line, _ = str(error.value).splitlines()
    assert received in received_line
    assert expected in expected_line
