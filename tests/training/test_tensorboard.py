"""Tests for TensorBoard summaries, as read from the event files."""

import csv
from dataclasses import dataclass, field

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.plugins.hparams import api_pb2, metadata
from whole_runs import fitted, weights_of

from colorkeras.color.spaces import from_uint8, luma, to_uint8
from colorkeras.config.training_config import TrainingConfig
from colorkeras.objectives.regression import COLOR_ENCODINGS
from colorkeras.training import trainer
from colorkeras.training.tensorboard import EpochSummaries, Profile, tags, write_comparison
from colorkeras.utils import plots
from colorkeras.utils.errors import InterruptedRunError

EPOCHS = 2
WARMUP = 0.5


@dataclass
class Events:
    """Content of the event files in a folder."""

    graphs: list = field(default_factory=list)
    tensors: dict = field(default_factory=dict)  # Dict from step to array, by tag.
    plugins: dict = field(default_factory=dict)  # Plugin name and content, by tag.

    def tags(self, plugin):
        return {tag for tag, (name, _) in self.plugins.items() if name == plugin}

    def values(self, tag):
        return [self.tensors[tag][step] for step in sorted(self.tensors[tag])]


def read(folder):
    events = Events()
    files = [str(file) for file in folder.glob("events.out.tfevents.*")]
    assert files
    for record in tf.data.TFRecordDataset(files):
        event = tf.compat.v1.Event.FromString(record.numpy())
        if event.graph_def:
            events.graphs.append(tf.compat.v1.GraphDef.FromString(event.graph_def))
        for value in event.summary.value:
            if value.metadata.plugin_data.plugin_name:
                plugin = value.metadata.plugin_data
                events.plugins[value.tag] = plugin.plugin_name, plugin.content
            tensor = tf.make_ndarray(value.tensor)
            assert events.tensors.setdefault(value.tag, {}).setdefault(event.step, tensor) is tensor
    return events


@dataclass
class Finished:
    run: trainer.Run
    rows: list  # Argument passed to `plots.save_rows` in each epoch.

    def events(self, part):
        return read(self.run.folder / "tensorboard" / part)


@pytest.fixture(scope="module")
def finished(config_for, tmp_path_factory):
    """Finished training run of two epochs with two steps each."""
    folder = tmp_path_factory.mktemp("finished")
    config = config_for(folder, epochs=EPOCHS, warmup_fraction=WARMUP, profile=True)
    rows = []

    def save_rows(path, *arguments):
        if path.parent.name == "epochs":
            rows.append(arguments[0])
        return ordinary(path, *arguments)

    ordinary = plots.save_rows
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(plots, "save_rows", save_rows)
        return Finished(trainer.train(config), rows)


@pytest.fixture(scope="module")
def train_events(finished):
    return finished.events("train")


@pytest.fixture(scope="module")
def validation_events(finished):
    return finished.events("validation")


def test_curves_match_the_history(finished, train_events, validation_events):
    with (finished.run.folder / "history.csv").open(encoding="utf-8") as stream:
        history = list(csv.DictReader(stream))
    columns = {
        "loss": (train_events, "loss"),
        "learning_rate": (train_events, "steps/learning rate"),
        "images_per_second": (train_events, "steps/images per second"),
        "minutes": (train_events, "steps/minutes since the start"),
        "gradient_norm": (train_events, "steps/gradient norm, last step"),
        # This tag is also used in training, so that both curves share a chart.
        "val_loss": (validation_events, "loss"),
        "val_psnr_pooled": (validation_events, "quality/PSNR, pooled (dB)"),
        "val_ciede2000": (validation_events, "quality/CIEDE2000"),
        "val_colorfulness": (validation_events, "quality/Colorfulness"),
    }
    assert set(history[0]) == {"epoch", *columns}
    for column, (events, tag) in columns.items():
        assert sorted(events.tensors[tag]) == [1, 2]
        expected = [float(row[column]) for row in history]
        np.testing.assert_allclose(events.values(tag), expected, rtol=1e-6, err_msg=column)
    for events in (train_events, validation_events):
        assert events.tags("scalars") == {tag for each, tag in columns.values() if each is events}


def test_images_are_the_predictions_of_the_ema_network_for_the_same_examples(finished):
    first, last = finished.rows
    assert list(first) == ["grayscale", "prediction", "ground truth"]
    for row in ("grayscale", "ground truth"):
        np.testing.assert_array_equal(first[row], last[row])
    assert not np.array_equal(first["prediction"], last["prediction"])
    # A run saves the EMA network from its best epoch.
    network = keras.saving.load_model(finished.run.folder / "model.keras")
    grayscale = luma(from_uint8(first["ground truth"]))
    expected = COLOR_ENCODINGS["chroma"].decode(grayscale, network(grayscale, training=False))
    best = finished.rows[finished.run.metrics["model"]["best_epoch"] - 1]["prediction"]
    np.testing.assert_array_equal(best, to_uint8(expected))
    assert np.ptp(best, axis=-1).max() > 2, "gray, like an untrained network"


def test_images_in_tensorboard_match_the_files(finished, validation_events):
    assert validation_events.tags("images") == {"images"}
    files = sorted((finished.run.folder / "epochs").iterdir())
    assert [file.name for file in files] == ["001.png", "002.png"]
    for step, file in enumerate(files, start=1):
        with Image.open(file) as image:
            expected = np.asarray(image.convert("RGB"))
        # 16-pixel images are enlarged to about 100 pixels, with a label next to each row.
        assert expected.shape[0] > 250
        width, height, encoded, *others = validation_events.tensors["images"][step]
        assert (int(height), int(width)) == expected.shape[:2] and not others
        np.testing.assert_array_equal(tf.io.decode_png(encoded, channels=3), expected)


def test_graph_is_the_train_step(train_events, validation_events):
    (graph,) = train_events.graphs
    assert not validation_events.graphs
    operations = {node.name: node.op for node in graph.node}
    # Grayscale is computed within the step, from the augmented images.
    assert operations["augment/luma/Sum"] == "Sum"
    groups = {name.split("/")[0] for name in operations}
    assert {"step", "augment", "loss", "gradient_tape", "ema", "metrics"} <= groups
    # The name contains a number if the process has created other optimizers.
    assert [name for name in groups if name.startswith("fused_adam_w")]
    assert [name for name, op in operations.items() if op == "Conv2D" and "skip_cnn" in name]
    assert [name for name, op in operations.items() if op == "Conv2DBackpropFilter"]
    (data,) = (node for node in graph.node if node.name == "data")
    shape = data.attr["_output_shapes"].list.shape[0]
    assert [size.size for size in shape.dim] == [8, 16, 16, 3]
    assert data.attr["dtype"].type == tf.uint8.as_datatype_enum
    assert not graph.library.function


def test_histograms_of_gradient_norms_and_weights(finished, train_events, validation_events):
    assert train_events.tags("histograms") == {"steps/gradient norm"}
    for buckets in train_events.values("steps/gradient norm"):
        # Only the first of the two steps is read. Buckets are (left edge, right edge, count).
        assert buckets[:, 2].sum() == 1 and buckets[0, 0] > 0
    network = keras.saving.load_model(finished.run.folder / "model.keras")
    kernels = [v for v in network.variables if v.name == "kernel"]
    shapes = ["5x5x1x8", "3x3x8x8", "1x1x9x2"]
    layers = [*["conv2d"] * 2, "chroma"]
    expected = [
        f"weights/{number:02} {layer} {shape}"
        for number, (layer, shape) in enumerate(zip(layers, shapes, strict=True), start=1)
    ]
    assert sorted(validation_events.tags("histograms")) == expected
    best = finished.run.metrics["model"]["best_epoch"]
    for tag, kernel in zip(expected, kernels, strict=True):
        assert sorted(validation_events.tensors[tag]) == [1, 2]
        buckets = validation_events.tensors[tag][best]
        assert buckets[:, 2].sum() == np.size(kernel)
        ends = [np.min(kernel), np.max(kernel)]
        np.testing.assert_allclose([buckets[0, 0], buckets[-1, 1]], ends, rtol=1e-6)


def session(events):
    """Return the start, settings and end records of the single run in the HParams table."""
    assert events.tags("hparams") == {"_hparams_/session_start_info", "_hparams_/session_end_info"}
    start, end = (events.plugins[f"_hparams_/session_{part}_info"][1] for part in ("start", "end"))
    start = metadata.parse_session_start_info_plugin_data(start)
    settings = {
        name: value.string_value or value.number_value for name, value in start.hparams.items()
    }
    return start, settings, metadata.parse_session_end_info_plugin_data(end)


def test_table_of_runs_has_settings_and_final_metrics(finished, image_folder):
    events = finished.events("test")
    start, settings, end = session(events)
    assert settings == {
        "architecture": "skip_cnn",
        "prediction": "chroma",
        "parameters (thousands)": 0.86,
        "objective": "regression",
        "loss": "mse",
        "dataset": image_folder.name,
        "batch size": 8,
        "precision": "float32",
        "epochs": EPOCHS,
        "optimizer": "adamw",
        "learning rate": 2e-3,
        "warmup fraction": WARMUP,
        "weight decay": 0.01,
        "ema decay": 0.999,
        "augment": "flip",
        "aux class loss weight": 0.0,
        "flip tta": 0,
        "export epoch": "best",
        "image size": 16,
        "seed": 0,
    }
    assert finished.run.folder.name in start.group_name
    assert end.status == api_pb2.STATUS_SUCCESS and start.start_time_secs <= end.end_time_secs
    metrics_by_tag = {
        tags.quality(name): value for name, value in finished.run.metrics["metrics"].items()
    }
    assert events.tags("scalars") == set(metrics_by_tag)
    for tag, value in metrics_by_tag.items():
        best = finished.run.metrics["model"]["best_epoch"]
        assert events.tensors[tag] == {best: pytest.approx(value, rel=1e-6)}, tag


def test_table_of_runs_has_the_weights_of_the_structure_loss(tmp_path):
    run_metadata = {
        "architecture": "unet",
        "objective": "regression",
        "prediction": "chroma",
        "num_parameters": 1,
        "loss": "structure",
        "batch_size": 8,
        "precision": "float32",
        "best_epoch": 3,
        "minutes": 1.5,
    }
    config = TrainingConfig(loss="structure", smoothness_weight=0.25, gradient_weight=0.75)
    write_comparison(tmp_path, config, "sample", run_metadata, {"ssim": 0.5})
    start, settings, end = session(read(tmp_path / "tensorboard" / "test"))
    assert (settings["smoothness weight"], settings["gradient weight"]) == (0.25, 0.75)
    assert end.end_time_secs - start.start_time_secs == pytest.approx(90, abs=5)


def test_profile_has_steps_of_the_first_epoch(finished):
    (file,) = (finished.run.folder / "tensorboard" / "train").rglob("*.xplane.pb")
    content = file.read_bytes()
    # The first of the two steps includes compilation.
    assert b"train" in content and b"step_num" in content


@pytest.fixture
def profiler(monkeypatch):
    """List of calls to TensorFlow's profiler, which is replaced by a fake."""
    calls = []
    monkeypatch.setattr(tf.profiler.experimental, "start", lambda folder: calls.append("start"))
    monkeypatch.setattr(tf.profiler.experimental, "stop", lambda: calls.append("stop"))
    return calls


@pytest.mark.parametrize(
    ("num_steps", "profiled"),
    [
        (1, [0]),
        (3, [1, 2]),
        (15, range(7, 15)),
        (20, range(10, 20)),
        (1000, range(10, 20)),
    ],
)
def test_profile_covers_a_few_steps_once(num_steps, profiled, profiler, tmp_path):
    profile = Profile(tmp_path)
    profile.set_params({"steps": num_steps})
    profile.on_train_begin()
    seen = []
    for epoch in range(2):
        for step in range(num_steps):
            profile.on_train_batch_begin(step)
            if len(profiler) == 1:
                seen.append((epoch, step))
            profile.on_train_batch_end(step, {"loss": 1.0})
    profile.close()
    assert seen == [(0, step) for step in profiled]
    assert profiler == ["start", "stop"]


def test_interrupted_run_closes_files_and_profiler(config_for, tmp_path, monkeypatch):
    def interrupt(batch, logs=None):
        # The second of the two steps is being profiled.
        if batch == 1:
            raise KeyboardInterrupt

    interrupting = keras.callbacks.LambdaCallback(on_train_batch_end=interrupt)
    created = []

    class Recorded(EpochSummaries):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            created.append(self)

    monkeypatch.setattr(trainer.tensorboard, "EpochSummaries", Recorded)
    with pytest.raises(InterruptedRunError):
        trainer.train(config_for(tmp_path, profile=True), [interrupting])
    assert list(tmp_path.rglob("*.xplane.pb"))
    with pytest.raises(tf.errors.UnavailableError):
        tf.profiler.experimental.stop()
    (summaries,) = created
    for writer in (summaries._train, summaries._validation):
        with pytest.raises(RuntimeError, match="already closed"):
            writer.as_default()


@pytest.mark.slow
def test_summaries_do_not_change_the_weights(finished, config_for, tmp_path, monkeypatch):
    class NoSummaries(keras.callbacks.Callback):
        def __init__(self, *arguments):
            super().__init__()

        def close(self):
            pass

    monkeypatch.setattr(trainer.tensorboard, "EpochSummaries", NoSummaries)
    without = fitted(config_for(tmp_path, epochs=EPOCHS, warmup_fraction=WARMUP))
    assert not (without.folder / "epochs").exists()
    for one, other in zip(weights_of(finished.run), without.best.weights, strict=True):
        np.testing.assert_array_equal(one, other)


REPLICAS_PROGRAM = """
import sys

import numpy as np
from colorkeras import objectives
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.training.train_step import TrainingModel
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data import ArraySource, evaluation_batches, training_batches
from colorkeras.training.tensorboard import EpochSummaries, Profile

images = np.random.default_rng(0).integers(0, 256, [8, 16, 16, 3], "uint8")
source = ArraySource(images)
with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
    build = ARCHITECTURES["skip_cnn"].constructor
    networks = [build(filters=4, num_blocks=1) for _ in range(2)]
    config = TrainingConfig()
    model = TrainingModel(*networks, objectives.create("chroma", config), config)
    model.compile(optimizer="adam")
summaries = [EpochSummaries(sys.argv[1], images, "replicas"), Profile(sys.argv[1])]
model.fit(
    training_batches(source, 4, seed=0),
    steps_per_epoch=2,
    validation_data=evaluation_batches(source, 4),
    callbacks=summaries,
    shuffle=False,
    verbose=0,
)
for summary in summaries:
    summary.close()
"""


@pytest.mark.slow
def test_replicas_write_the_same_summaries(run_on_devices, tmp_path):
    process = run_on_devices(2, REPLICAS_PROGRAM, tmp_path)
    assert process.returncode == 0, process.stderr
    train, validation = (read(tmp_path / "tensorboard" / part) for part in ("train", "validation"))
    (graph,) = train.graphs
    assert "augment/luma/Sum" in {node.name for node in graph.node}
    assert train.tags("histograms") == {"steps/gradient norm"}
    assert len(validation.tags("histograms")) == 3
    assert train.tags("scalars") >= {"loss"} == validation.tags("scalars")
    assert validation.tags("images") == {"images"}
    assert (tmp_path / "epochs" / "001.png").exists()
    assert list(tmp_path.rglob("*.xplane.pb"))
