"""Tests of exported SavedModels, as programs without colorkeras or Keras meet them."""

import base64
import errno
import io
import json
import os
import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow.core.protobuf import saved_model_pb2

from colorkeras import objectives
from colorkeras.color.spaces import luma_chroma_to_rgb, rgb_to_chroma, to_uint8
from colorkeras.config.training_config import TrainingConfig
from colorkeras.export import saved_model as export
from colorkeras.export import signatures as signatures_module
from colorkeras.inference.predictor import Predictor
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.models.predictions import PREDICTIONS, prediction_name
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import write_next_version

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
    """A PNG and a JPEG, of different sizes where the model takes more than one."""
    generator = np.random.default_rng(0)
    sizes = [(32, 32)] * 2 if exported.model.image_size else [(33, 47), (5, 64)]
    pictures = [generator.integers(0, 256, (*size, 3), np.uint8) for size in sizes]
    return [encoded(pictures[0], "PNG"), encoded(pictures[1], "JPEG")], sizes


def luma_of(rgb):
    return rgb.astype("float64") @ [0.299, 0.587, 0.114]


def test_endpoints_have_the_documented_names_types_and_shapes(exported):
    side = exported.model.image_size
    signatures = exported.model.saved_model.signatures
    expected = {"serving_default", "colorize", "colorize_bytes"}
    objective = PREDICTIONS[prediction_name(exported.network)].objective
    expected |= {"sample"} if objective == "flow" else set()
    expected |= {"colorize_with_confidence"} if objective != "regression" else set()
    assert set(signatures) == expected
    assert exported.model.samples == (objective == "flow")
    for endpoint, dtype in (("serving_default", tf.float32), ("colorize", tf.uint8)):
        _, inputs = signatures[endpoint].structured_input_signature
        outputs = signatures[endpoint].structured_outputs
        assert {name: spec.dtype for name, spec in inputs.items()} == {"grayscale": dtype}
        assert inputs["grayscale"].shape.as_list() == [None, side, side, 1]
        assert {name: spec.dtype for name, spec in outputs.items()} == {"rgb": dtype}
        assert outputs["rgb"].shape.as_list() == [None, side, side, 3]
    _, inputs = signatures["colorize_bytes"].structured_input_signature
    outputs = signatures["colorize_bytes"].structured_outputs
    # TensorFlow Serving recognizes base64 by names that end in _bytes.
    for specs in (inputs, outputs):
        assert {name: spec.dtype for name, spec in specs.items()} == {"image_bytes": tf.string}
        assert specs["image_bytes"].shape.as_list() == [None]


def test_export_colors_as_the_keras_network_does(exported):
    grayscale = tf.constant(random_grayscale(exported.size))
    objective, seeds = exported.objective, tf.zeros([3], tf.int32)
    expected = objective.colorize(exported.network, grayscale, seeds, objective.temperature).numpy()
    # A network that colors nothing would make the comparison worthless.
    assert expected.std(axis=-1).max() > 0.1
    # Flows go on with what rounding has changed.
    tolerance = 1e-4 if exported.objective.is_stochastic else 1e-5
    np.testing.assert_allclose(exported.model.color(grayscale), expected, atol=tolerance)


def test_uint8_endpoint_is_the_rounded_float_endpoint(exported):
    grayscale = np.round(random_grayscale(exported.size) * 255).astype("uint8")
    rgb = exported.model.saved_model.signatures["colorize"](grayscale=tf.constant(grayscale))["rgb"]
    expected = to_uint8(exported.model.color(tf.constant(grayscale / np.float32(255))))
    # Two traces may round a tie differently.
    assert np.abs(rgb.numpy().astype(int) - expected.numpy().astype(int)).max() <= 1


@pytest.mark.parametrize(("name", "output"), [pair for pair in PAIRS if pair[1] != "rgb"])
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


def test_sample_takes_one_number_for_all_pictures_or_one_for_each(flow):
    grayscale = np.repeat(random_grayscale(16, count=1), 3, axis=0)
    each = sampled(flow, grayscale, [1, 2, 1], [0.5, 0.5, 1.0])
    assert np.abs(each[0] - each[1]).max() > 0.01, "another seed, the same version"
    assert np.abs(each[0] - each[2]).max() > 0.01, "another temperature, the same version"
    for number, (seed, temperature) in enumerate([(1, 0.5), (2, 0.5), (1, 1.0)]):
        all_alike = sampled(flow, grayscale, seed, temperature)
        for one in all_alike:
            np.testing.assert_allclose(one, each[number], atol=1e-5)
    cold = sampled(flow, grayscale, [1, 2, 3], 0.0)
    np.testing.assert_allclose(cold[1:], cold[:-1], atol=1e-5)


def test_endpoints_without_a_seed_take_seed_zero_and_the_default_temperature(flow):
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
    with pytest.raises(tf.errors.InvalidArgumentError, match="Expected a temperature"):
        sampled(flow, random_grayscale(8), 0, temperature)


@pytest.mark.parametrize("temperature", [-0.1, 1.6])
def test_temperatures_out_of_range_are_explained(temperature, flow):
    with pytest.raises(UserError, match=f"(?s)temperature {temperature:g}.*0..1.5.*Fix: "):
        flow.model.color(random_grayscale(8), temperature=temperature)


@pytest.mark.parametrize(("name", "output"), [("unet", "chroma"), ("residual_unet", "bins")])
def test_a_temperature_for_a_model_that_does_not_sample_is_explained(name, output, exports):
    model = exports(name, output).model
    with pytest.raises(UserError) as error:
        model.color(random_grayscale(8), temperature=0.5)
    received, expected, fix = str(error.value).splitlines()
    assert "temperature 0.5" in received and str(model.path) in received
    assert "`sample`" in received and "flow" in expected and fix.startswith("Fix: ")
    # It ignores seeds, which evaluation gives every model.
    grayscale = random_grayscale(8)
    np.testing.assert_array_equal(model.color(grayscale, seeds=[1, 2, 3]), model.color(grayscale))


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


def test_a_default_temperature_of_the_settings_is_that_of_the_endpoints(exports, tmp_path):
    made = exports("flow_unet")
    objective = objectives.create("velocity", TrainingConfig(sampling_steps=3, temperature=0))
    metadata = {"name": "calm", "dataset": "none"}
    model = export.load(export.export(made.network, objective, tmp_path, metadata))
    assert model.metadata["temperature"] == 0 and model.metadata["sampling_steps"] == 3
    grayscale = random_grayscale(16)
    chroma = rgb_to_chroma(model.color(grayscale))
    np.testing.assert_allclose(
        chroma, rgb_to_chroma(made.model.color(grayscale, temperature=0.0)), atol=1e-5
    )
    np.testing.assert_allclose(
        model.color(grayscale, seeds=[0, 1, 2]), model.color(grayscale), atol=1e-5
    )
    assert "temperature 0" in (model.path / "README.md").read_text(encoding="utf-8")


def test_the_card_tells_settings_that_are_set(exports, tmp_path):
    made = exports("skip_cnn")
    metadata = {
        "name": "plain",
        "dataset": "none",
        "seed": 0,
        "aux_class_loss_weight": 0.0,
        "flip_tta": False,
    }
    folder = export.export(made.network, made.objective, tmp_path, metadata)
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "- seed: 0\n" in card and "weight of labels" not in card and "flip_tta" not in card


def test_bytes_endpoint_returns_pngs_of_the_sizes_that_came(exported):
    contents, sizes = files_of(exported)
    endpoint = exported.model.saved_model.signatures["colorize_bytes"]
    results = endpoint(image_bytes=tf.constant(contents))["image_bytes"].numpy()
    assert [decoded(result).shape for result in results] == [(*size, 3) for size in sizes]
    for content, result in zip(contents, results, strict=True):
        rgb = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
        grayscale = tf.constant((luma_of(rgb) / 255).astype("float32")[np.newaxis, ..., np.newaxis])
        # Luma is the file's, also where the network's is another.
        chroma = rgb_to_chroma(exported.model.color(grayscale))
        expected = to_uint8(luma_chroma_to_rgb(grayscale, chroma))[0].numpy()
        assert np.abs(decoded(result).astype(int) - expected.astype(int)).max() <= 1


def test_bytes_endpoint_takes_gray_transparent_and_16_bit_pngs(exports):
    pictures = [
        Image.new("L", (20, 10), 100),
        Image.new("LA", (20, 10), (100, 128)),
        Image.new("RGBA", (20, 10), (100, 100, 100, 128)),
        Image.fromarray(np.full((10, 20), 100 * 257, np.uint16)),
    ]
    buffers = [io.BytesIO() for _ in pictures]
    for picture, buffer in zip(pictures, buffers, strict=True):
        picture.save(buffer, "PNG")
    endpoint = exports("unet").model.saved_model.signatures["colorize_bytes"]
    results = endpoint(image_bytes=tf.constant([b.getvalue() for b in buffers]))["image_bytes"]
    first, *others = (decoded(result) for result in results.numpy())
    assert first.shape == (10, 20, 3)
    for other in others:
        np.testing.assert_array_equal(other, first)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("name", ["baseline", "unet", "flow_unet"])
def test_bytes_endpoint_does_what_people_get_in_python(exports, name, kind):
    """Of any size, as many strips as it takes, gray or not."""
    model = exports(name).model
    generator = np.random.default_rng(1)
    coarse = Image.fromarray(generator.integers(0, 256, (30, 40, 3), np.uint8))
    for picture in (coarse.resize((900, 700)), coarse.resize((900, 700)).convert("L")):
        content = encoded(np.asarray(picture), kind)
        endpoint = model.saved_model.signatures["colorize_bytes"]
        (result,) = endpoint(image_bytes=tf.constant([content]))["image_bytes"].numpy()
        expected = Predictor(model).colorize(Image.open(io.BytesIO(content)))
        difference = decoded(result).astype(int) - np.asarray(expected)
        assert np.abs(difference).max() <= 1


def test_graph_holds_no_bfloat16(exported):
    saved_model = saved_model_pb2.SavedModel()
    saved_model.ParseFromString((exported.folder / "saved_model.pb").read_bytes())
    types = set()
    for meta_graph in saved_model.meta_graphs:
        graph = meta_graph.graph_def
        nodes = [
            *graph.node,
            *(n for function in graph.library.function for n in function.node_def),
        ]
        for attribute in (value for node in nodes for value in node.attr.values()):
            types.update([attribute.type, attribute.tensor.dtype, *attribute.list.type])
    assert tf.float32.as_datatype_enum in types
    assert tf.bfloat16.as_datatype_enum not in types
    variables = tf.train.list_variables(str(exported.folder / "variables" / "variables"))
    reader = tf.train.load_checkpoint(str(exported.folder / "variables" / "variables"))
    dtypes = reader.get_variable_to_dtype_map()
    assert tf.bfloat16 not in {dtypes[name] for name, _ in variables}


PLAIN_PROGRAM = """
import sys

# Importing these now raises ImportError, which TensorFlow's own attempt to load Keras catches.
BLOCKED = ("colorkeras", "keras", "tf_keras")
sys.modules.update(dict.fromkeys(BLOCKED))
import tensorflow as tf

for size, folder in zip(sys.argv[1::2], sys.argv[2::2]):
    model = tf.saved_model.load(folder)
    color = tf.function(lambda x: model.signatures["serving_default"](grayscale=x)["rgb"])
    pictures = tf.data.Dataset.from_tensors(tf.ones([2, int(size), int(size), 1])).map(color)
    assert next(iter(pictures)).shape == (2, int(size), int(size), 3)
    assert color(tf.zeros([1, 32, 32, 1])).dtype == tf.float32
    png = tf.io.encode_png(tf.zeros([32, 32, 3], tf.uint8))
    out = model.signatures["colorize_bytes"](image_bytes=png[tf.newaxis])["image_bytes"]
    assert tf.io.decode_png(out[0]).shape == (32, 32, 3)
assert not [sys.modules[name] for name in BLOCKED if sys.modules[name] is not None]
print("colored")
"""


@pytest.mark.slow
def test_models_color_where_neither_colorkeras_nor_keras_can_be_imported(exports, run_python):
    models = [exports(*pair) for pair in PAIRS]
    sizes_and_folders = [
        word for exported in models for word in (exported.model.image_size or 35, exported.folder)
    ]
    process = run_python("-c", PLAIN_PROGRAM, *sizes_and_folders)
    assert process.returncode == 0, process.stderr
    assert process.stdout == "colored\n"


def test_a_rest_request_as_tensorflow_serving_decodes_it(exported):
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
        # Only then does the answer carry base64.
        assert tensor.dtype != tf.string or name.endswith("_bytes")
    shapes = [decoded(content).shape for content in outputs["image_bytes"].numpy()]
    assert shapes == [(*size, 3) for size in sizes]


def test_saved_model_cli_lists_the_endpoints(exports, run_python):
    folder = exports("flow_unet").folder
    command = ("-m", "tensorflow.python.tools.saved_model_cli", "show", "--dir", folder, "--all")
    process = run_python(*command)
    assert process.returncode == 0, process.stderr
    for endpoint in exports("flow_unet").model.saved_model.signatures:
        assert f"signature_def['{endpoint}']" in process.stdout
    assert "shape: (-1, -1, -1, 3)" in process.stdout


def test_metadata_and_readme_tell_what_the_model_is(exported):
    metadata = json.loads((exported.folder / export.METADATA_FILE).read_text(encoding="utf-8"))
    assert metadata == exported.model.metadata
    assert metadata["architecture"] == exported.network.name
    assert metadata["num_parameters"] == exported.network.count_params()
    readme = (exported.folder / "README.md").read_text(encoding="utf-8")
    signatures = exported.model.saved_model.signatures
    for line in signatures_module.table(signatures).splitlines():
        assert line in readme
    assert readme.count("\n| `") == len(signatures)
    assert ("Another seed" in readme) == exported.model.samples
    for section in ("Intended use", "Data", "Figures", "Limits", "Failures", "License"):
        assert f"\n## {section}\n" in readme
    assert ("h = 32" if exported.model.image_size else "any size") in readme
    render_size = f"longer side has {exported.model.render_size} pixels"
    assert (render_size in readme) == (exported.model.image_size is None)


def test_load_refuses_what_is_no_export(exports, tmp_path):
    (tmp_path / "empty").mkdir()
    foreign = tf.Module()
    foreign.f = tf.function(lambda x: x, input_signature=[tf.TensorSpec([])])
    tf.saved_model.save(foreign, str(tmp_path / "foreign"))
    # A copy by links, of which one is replaced by noise.
    corrupted = tmp_path / "corrupted"
    for file in exports("skip_cnn").folder.rglob("*"):
        if file.is_file():
            target = corrupted / file.relative_to(exports("skip_cnn").folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(file)
    (corrupted / "saved_model.pb").unlink()
    (corrupted / "saved_model.pb").write_bytes(b"noise" * 100)
    for name in ("missing", "empty", "foreign", "corrupted"):
        with pytest.raises(UserError) as error:
            export.load(tmp_path / name)
        received, expected, fix = str(error.value).rsplit("\n", 2)
        assert received.startswith("Received: ") and f"{tmp_path / name}" in received
        assert expected.startswith("Expected: ") and fix.startswith("Fix: ")


@pytest.mark.parametrize(
    "change", [{"name": "../up"}, {"prediction": None}, {"num_parameters": None}]
)
def test_load_refuses_metadata_that_is_incomplete_or_hostile(change, exports, tmp_path):
    source = exports("skip_cnn").folder
    shutil.copytree(source, tmp_path / "copy")
    metadata = {**exports("skip_cnn").model.metadata, **change}
    kept = {key: value for key, value in metadata.items() if value is not None}
    (tmp_path / "copy" / export.METADATA_FILE).write_text(json.dumps(kept))
    with pytest.raises(UserError, match="cannot be loaded"):
        export.load(tmp_path / "copy")


def test_a_full_disk_leaves_earlier_versions_whole_and_nothing_else(exports, tmp_path, monkeypatch):
    def write_first(folder):
        (folder / "saved_model.pb").write_bytes(b"whole")

    assert write_next_version(tmp_path, write_first) == tmp_path / "1"

    def write_readme(path, text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    made = exports("skip_cnn")
    # The last thing that is written: the model itself lies in the temporary folder by then.
    monkeypatch.setattr(export, "write_text", write_readme)
    with pytest.raises(OSError, match="No space left"):
        metadata = {"name": "skip_cnn", "dataset": "-"}
        export.export(made.network, made.objective, tmp_path, metadata)
    assert [path.name for path in tmp_path.iterdir()] == ["1"]
    assert (tmp_path / "1" / "saved_model.pb").read_bytes() == b"whole"
