"""Tests for SavedModels, also in programs without colorkeras and Keras."""

import errno
import os

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from colorkeras import objectives
from colorkeras.color.spaces import rgb_to_chroma
from colorkeras.config.training_config import TrainingConfig
from colorkeras.export import saved_model as export
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import write_next_version

PAIRS = [(name, output) for name, kind in ARCHITECTURES.items() for output in kind.predictions]


def random_grayscale(size, count=3):
    return np.random.default_rng(0).random((count, size, size, 1), np.float32)


@pytest.mark.parametrize("temperature", [-0.1, 1.6])
def test_temperatures_out_of_range_are_explained(temperature, exports):
    with pytest.raises(UserError, match=f"(?s)temperature {temperature:g}.*at most 1.5.*Fix: "):
        exports("flow_unet").model.color(random_grayscale(8), temperature=temperature)


@pytest.mark.parametrize(("name", "output"), [("unet", "chroma"), ("residual_unet", "bins")])
def test_a_temperature_for_a_model_that_does_not_sample_is_explained(name, output, exports):
    model = exports(name, output).model
    with pytest.raises(UserError) as error:
        model.color(random_grayscale(8), temperature=0.5)
    received, expected, fix = str(error.value).splitlines()
    assert "temperature 0.5" in received and str(model.path) in received
    assert "`sample`" in received and "flow" in expected and fix.startswith("Fix: ")
    # The model must ignore seeds, because evaluation passes them to every model.
    grayscale = random_grayscale(8)
    np.testing.assert_array_equal(model.color(grayscale, seeds=[1, 2, 3]), model.color(grayscale))


@pytest.mark.slow
def test_the_default_temperature_of_the_settings_is_that_of_the_endpoints(exports, tmp_path):
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
    card = (model.path / "README.md").read_text(encoding="utf-8")
    assert "temperature 0." in " ".join(card.split())


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

# Importing these now raises ImportError, which TensorFlow handles when it tries to load Keras.
BLOCKED = ("colorkeras", "keras", "tf_keras")
sys.modules.update(dict.fromkeys(BLOCKED))
import tensorflow as tf

for size, folder in zip(sys.argv[1::2], sys.argv[2::2]):
    model = tf.saved_model.load(folder)
    color = tf.function(lambda x: model.signatures["serving_default"](grayscale=x)["rgb"])
    images = tf.data.Dataset.from_tensors(tf.ones([2, int(size), int(size), 1])).map(color)
    assert next(iter(images)).shape == (2, int(size), int(size), 3)
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


@pytest.mark.slow
def test_saved_model_cli_lists_the_endpoints(exports, run_python):
    folder = exports("flow_unet").folder
    command = ("-m", "tensorflow.python.tools.saved_model_cli", "show", "--dir", folder, "--all")
    process = run_python(*command)
    assert process.returncode == 0, process.stderr
    for endpoint in exports("flow_unet").model.saved_model.signatures:
        assert f"signature_def['{endpoint}']" in process.stdout
    assert "shape: (-1, -1, -1, 3)" in process.stdout


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")
def test_the_litert_converter_of_tensorflow_takes_the_folder(exports):
    made = exports("residual_unet", "chroma")  # The architecture of the bundled model.
    content = tf.lite.TFLiteConverter.from_saved_model(str(made.folder)).convert()
    interpreter = tf.lite.Interpreter(model_content=content)
    assert list(interpreter.get_signature_list()) == ["serving_default"]
    grayscale = random_grayscale(24, count=2)
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], grayscale.shape)
    rgb = interpreter.get_signature_runner("serving_default")(grayscale=grayscale)["rgb"]
    np.testing.assert_allclose(rgb, made.model.color(grayscale), atol=1e-3)


def test_load_refuses_folders_without_an_export(exports, tmp_path):
    (tmp_path / "empty").mkdir()
    foreign = tf.Module()
    foreign.f = tf.function(lambda x: x, input_signature=[tf.TensorSpec([])])
    tf.saved_model.save(foreign, str(tmp_path / "foreign"))
    # Copy the export using links, and replace one file with random bytes.
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


def test_a_full_disk_leaves_earlier_versions_whole_and_nothing_else(exports, tmp_path, monkeypatch):
    def write_first(folder):
        (folder / "saved_model.pb").write_bytes(b"whole")

    assert write_next_version(tmp_path, write_first) == tmp_path / "1"

    def write_readme(path, text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    made = exports("skip_cnn")
    # This file is written last, after the model is already in the temporary folder.
    monkeypatch.setattr(export, "write_text", write_readme)
    with pytest.raises(OSError, match="No space left"):
        metadata = {"name": "skip_cnn", "dataset": "-"}
        export.export(made.network, made.objective, tmp_path, metadata)
    assert [path.name for path in tmp_path.iterdir()] == ["1"]
    assert (tmp_path / "1" / "saved_model.pb").read_bytes() == b"whole"
