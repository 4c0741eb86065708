"""Tests for the endpoints of exported SavedModels."""

import base64
import io
import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from colorkeras.color.spaces import luma_chroma_to_rgb, rgb_to_chroma, to_uint8
from colorkeras.inference.predictor import Predictor
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.models.predictions import PREDICTIONS, prediction_name

PAIRS = [(name, output) for name, kind in ARCHITECTURES.items() for output in kind.predictions]


def random_grayscale(size, count=3):
    return np.random.default_rng(0).random((count, size, size, 1), np.float32)


def encoded(pixels, file_format):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, file_format)
    return buffer.getvalue()


def decoded(contents):
    assert contents.startswith(b"\x89PNG")
    return np.asarray(Image.open(io.BytesIO(contents)))


def files_of(exported):
    """Return a PNG and a JPEG file, of different sizes if the model accepts any size."""
    generator = np.random.default_rng(0)
    sizes = [(32, 32)] * 2 if exported.model.image_size else [(33, 47), (5, 64)]
    images = [generator.integers(0, 256, (*size, 3), np.uint8) for size in sizes]
    return [encoded(images[0], "PNG"), encoded(images[1], "JPEG")], sizes


def luma_of(rgb):
    return rgb.astype("float64") @ [0.299, 0.587, 0.114]


def test_endpoints_have_the_documented_names_types_and_shapes(exported):
    side = exported.model.image_size
    signatures = exported.model.saved_model.signatures
    expected = {"serving_default", "colorize", "colorize_bytes"}
    objective = PREDICTIONS[prediction_name(exported.network)].objective
    expected |= {"sample"} if objective == "flow" else set()
    expected |= {"colorize_with_confidence"} if objective != "regression" else set()
    if objective == "hinted":
        expected |= {"sample", "colorize_with_hints", "colorize_with_reference"}
        expected |= {"color_distribution"}
    assert set(signatures) == expected
    assert exported.model.samples == (objective in ("flow", "hinted"))
    assert exported.model.takes_hints == (objective == "hinted")
    for endpoint, dtype in (("serving_default", tf.float32), ("colorize", tf.uint8)):
        _, inputs = signatures[endpoint].structured_input_signature
        outputs = signatures[endpoint].structured_outputs
        assert {name: spec.dtype for name, spec in inputs.items()} == {"grayscale": dtype}
        assert inputs["grayscale"].shape.as_list() == [None, side, side, 1]
        assert {name: spec.dtype for name, spec in outputs.items()} == {"rgb": dtype}
        assert outputs["rgb"].shape.as_list() == [None, side, side, 3]
    _, inputs = signatures["colorize_bytes"].structured_input_signature
    outputs = signatures["colorize_bytes"].structured_outputs
    # TensorFlow Serving decodes base64 if the name ends in _bytes.
    for specs in (inputs, outputs):
        assert {name: spec.dtype for name, spec in specs.items()} == {"image_bytes": tf.string}
        assert specs["image_bytes"].shape.as_list() == [None]


def test_export_colors_as_the_keras_network_does(exported):
    grayscale = tf.constant(random_grayscale(exported.size))
    objective, seeds = exported.objective, tf.zeros([3], tf.int32)
    expected = objective.colorize(exported.network, grayscale, seeds, objective.temperature).numpy()
    # If the network predicted gray, the comparison would be meaningless.
    assert expected.std(axis=-1).max() > 0.1
    # The sampling steps of a flow model amplify rounding errors.
    amplifies = objective.is_stochastic or objective.hint_functions is not None
    tolerance = 1e-4 if amplifies else 1e-5
    np.testing.assert_allclose(exported.model.color(grayscale), expected, atol=tolerance)


def test_uint8_endpoint_is_the_rounded_float_endpoint(exported):
    grayscale = np.round(random_grayscale(exported.size) * 255).astype("uint8")
    rgb = exported.model.saved_model.signatures["colorize"](grayscale=tf.constant(grayscale))["rgb"]
    expected = to_uint8(exported.model.color(tf.constant(grayscale / np.float32(255))))
    # Separately traced graphs may round ties differently.
    assert np.abs(rgb.numpy().astype(int) - expected.numpy().astype(int)).max() <= 1


@pytest.mark.parametrize(
    ("name", "output"),
    [
        pytest.param(name, output, marks=pytest.mark.slow if name == "baseline" else ())
        for name, output in PAIRS
        if output != "rgb"
    ],
)
def test_all_but_rgb_models_keep_luma_after_rounding(name, output, exports):
    exported = exports(name, output)
    size = (32, 32) if exported.model.image_size else (33, 47)
    grayscale = np.random.default_rng(0).integers(0, 256, (4, *size, 1), np.uint8)
    rgb = exported.model.saved_model.signatures["colorize"](grayscale=tf.constant(grayscale))["rgb"]
    assert np.ptp(rgb.numpy(), axis=-1).max() > 100
    assert np.abs(luma_of(rgb.numpy()) - grayscale[..., 0]).max() <= 1.0


@pytest.fixture(scope="module")
def flow(exports):
    return exports("flow_unet")


def sampled(exported, grayscale, seed, temperature):
    endpoint = exported.model.saved_model.signatures["sample"]
    return endpoint(
        grayscale=tf.constant(grayscale),
        seed=tf.constant(seed, tf.int32),
        temperature=tf.constant(temperature, tf.float32),
    )["rgb"].numpy()


def test_sample_has_the_documented_names_types_and_shapes(flow):
    endpoint = flow.model.saved_model.signatures["sample"]
    _, inputs = endpoint.structured_input_signature
    assert {name: spec.dtype for name, spec in inputs.items()} == {
        "grayscale": tf.float32,
        "seed": tf.int32,
        "temperature": tf.float32,
    }
    assert endpoint.structured_outputs["rgb"].shape.as_list() == [None, None, None, 3]


def test_sample_takes_one_number_for_all_images_or_one_for_each(flow):
    grayscale = np.repeat(random_grayscale(16, count=1), 3, axis=0)
    each = sampled(flow, grayscale, [1, 2, 1], [0.5, 0.5, 1.0])
    assert np.abs(each[0] - each[1]).max() > 0.01, "another seed, the same sample"
    assert np.abs(each[0] - each[2]).max() > 0.01, "another temperature, the same sample"
    for number, (seed, temperature) in enumerate([(1, 0.5), (2, 0.5), (1, 1.0)]):
        all_alike = sampled(flow, grayscale, seed, temperature)
        for one in all_alike:
            np.testing.assert_allclose(one, each[number], atol=1e-5)
    cold = sampled(flow, grayscale, [1, 2, 3], 0.0)
    np.testing.assert_allclose(cold[1:], cold[:-1], atol=1e-5)


def test_endpoints_without_a_seed_use_seed_0_and_the_default_temperature(flow):
    grayscale = random_grayscale(17)
    assert flow.model.metadata["temperature"] == 1.0
    expected = sampled(flow, grayscale, 0, 1.0)
    np.testing.assert_allclose(flow.model.color(grayscale), expected, atol=1e-5)
    np.testing.assert_allclose(flow.model.color(grayscale, seeds=[0] * 3), expected, atol=1e-5)
    np.testing.assert_allclose(flow.model.color(grayscale, temperature=1.0), expected, atol=1e-5)
    other = flow.model.color(grayscale, seeds=[0, 0, 9], temperature=0.5)
    np.testing.assert_allclose(other, sampled(flow, grayscale, [0, 0, 9], 0.5), atol=1e-5)
    assert np.abs(other - expected).max() > 0.01


@pytest.mark.parametrize("temperature", [-0.1, 1.6, [0.5, 0.5, 1.6], float("nan")])
def test_graph_refuses_temperatures_out_of_range(temperature, flow):
    with pytest.raises(tf.errors.InvalidArgumentError, match="Expected `temperature` in"):
        sampled(flow, random_grayscale(8), 0, temperature)


@pytest.mark.parametrize(("name", "output"), [("residual_unet", "bins"), ("flow_unet", "velocity")])
def test_confidence_is_the_spread_beside_the_colors(name, output, exports):
    exported = exports(name, output)
    grayscale = tf.constant(random_grayscale(17, count=2))
    endpoint = exported.model.saved_model.signatures["colorize_with_confidence"]
    assert endpoint.structured_outputs["standard_deviation"].shape.as_list() == [None] * 3 + [1]
    received = endpoint(grayscale=grayscale)
    assert set(received) == {"rgb", "standard_deviation"}
    np.testing.assert_allclose(received["rgb"], exported.model.color(grayscale), atol=1e-5)
    expected = exported.objective.standard_deviation(exported.network, grayscale)
    assert expected.shape == (2, 17, 17, 1) and np.max(expected) > 0.005
    np.testing.assert_allclose(received["standard_deviation"], expected, rtol=1e-3, atol=1e-5)


def test_bytes_endpoint_keeps_sizes(exported):
    contents, sizes = files_of(exported)
    endpoint = exported.model.saved_model.signatures["colorize_bytes"]
    results = endpoint(image_bytes=tf.constant(contents))["image_bytes"].numpy()
    assert [decoded(result).shape for result in results] == [(*size, 3) for size in sizes]
    if exported.model.max_scale > 1:
        return  # The images are resized for the network.
    for content, result in zip(contents, results, strict=True):
        rgb = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
        grayscale = tf.constant((luma_of(rgb) / 255).astype("float32")[np.newaxis, ..., np.newaxis])
        # The output keeps the luma of the file, even if the network's input has a different luma.
        chroma = rgb_to_chroma(exported.model.color(grayscale))
        expected = to_uint8(luma_chroma_to_rgb(grayscale, chroma))[0].numpy()
        assert np.abs(decoded(result).astype(int) - expected.astype(int)).max() <= 1


def test_bytes_endpoint_takes_gray_transparent_and_16_bit_pngs(exports):
    images = [
        Image.new("L", (20, 10), 100),
        Image.new("LA", (20, 10), (100, 128)),
        Image.new("RGBA", (20, 10), (100, 100, 100, 128)),
        Image.fromarray(np.full((10, 20), 100 * 257, np.uint16)),
    ]
    buffers = [io.BytesIO() for _ in images]
    for image, buffer in zip(images, buffers, strict=True):
        image.save(buffer, "PNG")
    endpoint = exports("unet").model.saved_model.signatures["colorize_bytes"]
    results = endpoint(image_bytes=tf.constant([b.getvalue() for b in buffers]))["image_bytes"]
    first, *others = (decoded(result) for result in results.numpy())
    assert first.shape == (10, 20, 3)
    for other in others:
        np.testing.assert_array_equal(other, first)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("name", ["baseline", "unet", "flow_unet"])
def test_bytes_endpoint_matches_the_predictor(exports, name, kind):
    """Grayscale and color images are large enough to be processed in several strips."""
    model = exports(name).model
    generator = np.random.default_rng(1)
    coarse = Image.fromarray(generator.integers(0, 256, (30, 40, 3), np.uint8))
    for image in (coarse.resize((900, 700)), coarse.resize((900, 700)).convert("L")):
        content = encoded(np.asarray(image), kind)
        endpoint = model.saved_model.signatures["colorize_bytes"]
        (result,) = endpoint(image_bytes=tf.constant([content]))["image_bytes"].numpy()
        expected = Predictor(model).colorize(Image.open(io.BytesIO(content)))
        difference = decoded(result).astype(int) - np.asarray(expected)
        assert np.abs(difference).max() <= 1


def test_rest_requests_of_tensorflow_serving_are_answered(exported):
    contents, sizes = files_of(exported)
    body = json.dumps(
        {"instances": [{"image_bytes": {"b64": base64.b64encode(c).decode()}} for c in contents]}
    )

    def decode(value):
        return base64.b64decode(value["b64"]) if set(value) == {"b64"} else value

    instances = json.loads(body)["instances"]
    inputs = {
        name: tf.constant([decode(instance[name]) for instance in instances])
        for name in instances[0]
    }
    outputs = exported.model.saved_model.signatures["colorize_bytes"](**inputs)
    for name, tensor in outputs.items():
        # Only in this case does the response contain base64.
        assert tensor.dtype != tf.string or name.endswith("_bytes")
    shapes = [decoded(content).shape for content in outputs["image_bytes"].numpy()]
    assert shapes == [(*size, 3) for size in sizes]
