"""Shared fixtures; slow ones are created once per session."""

import functools
import gc
import os
import runpy
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

# Set before TensorFlow starts, whose log messages would fill the output of every failing test.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import pytest
import tensorflow as tf
from filelock import FileLock
from PIL import Image
from whole_runs import log_lines

from colorkeras import objectives
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data import sample
from colorkeras.export import saved_model
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.models.build import build_network
from colorkeras.models.class_head import NUM_CLASSES
from colorkeras.models.predictions import PREDICTIONS
from colorkeras.models.selection import choose_architecture
from colorkeras.training import trainer

REPOSITORY = Path(__file__).resolve().parent.parent

SMALL = {
    "skip_cnn": {"filters": 8, "num_blocks": 1},
    "encoder_decoder": {"widths": (8, 8)},
    "unet": {"widths": (8, 8)},
    "residual_unet": {"widths": (8, 8), "depths": (1, 1)},
    "flow_unet": {"widths": (8, 8), "depths": (1, 1), "velocity_widths": (8, 8)},
}
"""Arguments for small networks in tests, which are faster to build, trace and save."""


def pytest_addoption(parser):
    parser.addoption(
        "--kills", type=int, default=3, help="number of moments at which fault tests kill a run"
    )
    parser.addoption(
        "--fuzz-cases", type=int, default=300, help="number of damaged files of each kind to read"
    )


def pytest_collection_finish():
    # Rescanning the many objects of Keras and TensorFlow takes 6 % of the time of the tests.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(scope="session", autouse=True)
def small_networks():
    """Replace architectures by small networks in all tests of this process."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, widths in SMALL.items():
            kind = ARCHITECTURES[name]
            builder = functools.partial(kind.constructor, **widths)
            monkeypatch.setitem(ARCHITECTURES, name, replace(kind, constructor=builder))
        yield


def _randomize(network):
    generator = np.random.default_rng(0)

    def draw(weight):
        if len(weight.shape) > 1:
            fan_in = np.prod(weight.shape[:-1])
            return generator.standard_normal(weight.shape, np.float32) * np.sqrt(2 / fan_in)
        # Gains and variances must be positive; this range also keeps activations moderate.
        return generator.uniform(0.2, 0.8, weight.shape)

    network.set_weights([draw(weight) for weight in network.weights])
    return network


@pytest.fixture(scope="session")
def randomize():
    """Function that sets all weights of a network, also those initialized with zeros, at random."""
    return _randomize


@pytest.fixture(scope="session")
def inputs_for():
    """Function from a prediction type and grayscale images to the inputs of its networks."""

    def inputs(output, grayscale):
        if PREDICTIONS[output].objective != "flow":
            return grayscale
        count, height, width, _ = grayscale.shape
        generator = np.random.default_rng(0)
        half = (count, -(-height // 2), -(-width // 2), 2)
        noisy = tf.constant(generator.standard_normal(half, np.float32))
        time = tf.constant(generator.random((count, 1), np.float32))
        return [grayscale, noisy, time, tf.one_hot(tf.range(count), NUM_CLASSES)]

    return inputs


@pytest.fixture(scope="session")
def crops():
    """Sixteen color images, uint8 `[16, 32, 32, 3]`."""
    images = sample.load_images("validation")
    return images[:: len(images) // 16][:16]


@pytest.fixture(scope="session")
def image_folder(tmp_path_factory):
    """A folder of 24 generated images of 40x36 pixels, enough for 3 steps of batch size 8."""
    folder = tmp_path_factory.mktemp("pictures")
    generator = np.random.default_rng(0)
    for number in range(24):
        # Few random pixels, enlarged: smooth images that a network can learn.
        pixels = generator.integers(0, 256, (4, 4, 3), np.uint8)
        Image.fromarray(pixels).resize((40, 36)).save(folder / f"{number:02}.png")
    return folder


@pytest.fixture(scope="session")
def gray_folder(tmp_path_factory):
    """A folder of four gray images."""
    folder = tmp_path_factory.mktemp("gray")
    for number in range(4):
        Image.new("RGB", (20, 20), (50 * number,) * 3).save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="session")
def config_for(image_folder):
    """Function from an output folder to the `TrainingConfig` of a short run."""

    def config(folder, **changes):
        settings = {
            "arch": "skip_cnn",
            "dataset": str(image_folder),
            "image_size": 16,
            "epochs": 2,
            "batch_size": 8,
            "precision": "float32",
            "runs_dir": str(Path(folder, "runs")),
            "export_dir": str(Path(folder, "saved_models")),
        }
        return TrainingConfig(**{**settings, **changes})

    return config


@pytest.fixture(scope="session")
def finished(config_for, tmp_path_factory):
    """A run of two epochs in mixed precision: its parent folder, its log lines, its `Run`."""
    folder = tmp_path_factory.mktemp("finished")
    with log_lines() as lines:
        run = trainer.train(config_for(folder, precision="mixed_bfloat16"))
    return folder, lines, run


@dataclass(frozen=True)
class Exported:
    """A float32 network with random weights, and its loaded SavedModel."""

    network: keras.Model
    objective: objectives.Objective
    folder: Path
    model: saved_model.ExportedModel

    @property
    def size(self):
        """Height and width of suitable images."""
        return self.model.image_size or 32


@pytest.fixture(scope="session")
def exports(tmp_path_factory, worker_id):
    """Function from an architecture and a prediction type to its `Exported`, created on first use.

    The default prediction type is the architecture's. Workers share the files.
    """
    made = {}
    folder_of_all = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        folder_of_all = folder_of_all.parent

    def get(name, output=None):
        name, output = pair = choose_architecture(name, output)
        if pair not in made:
            # Like training: mixed precision, copied to float32 for the export.
            trained = _randomize(build_network(name, output, "mixed_bfloat16"))
            network = build_network(name, output)
            network.set_weights(trained.get_weights())
            objective = objectives.create(output, TrainingConfig(sampling_steps=3))
            parent = folder_of_all / f"exports_{output}" / name
            parent.parent.mkdir(exist_ok=True)
            with FileLock(f"{parent}.lock"):
                folder = parent / "1"
                if not folder.exists():
                    saved_model.export(
                        network, objective, parent, {"name": name, "dataset": "none"}
                    )
            made[pair] = Exported(network, objective, folder, saved_model.load(folder))
        return made[pair]

    return get


PAIRS = [(name, output) for name, kind in ARCHITECTURES.items() for output in kind.predictions]


@pytest.fixture(scope="session", params=PAIRS, ids="-".join)
def exported(request, exports):
    """The `Exported` of each architecture with each prediction type."""
    return exports(*request.param)


LOGICAL_DEVICES = """
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * {})
"""


@pytest.fixture(scope="session")
def run_on_devices(run_python):
    """Function that runs a program on several logical CPU devices and returns the process.

    The devices stand in for accelerators. They must be created before TensorFlow starts, hence the
    separate process.
    """

    def run(num_devices, program, *arguments):
        return run_python("-c", LOGICAL_DEVICES.format(num_devices) + program, *arguments)

    return run


@pytest.fixture(scope="session")
def run_python():
    """Function that runs Python in the repository and returns the finished process."""

    def run(*arguments):
        return subprocess.run(
            [sys.executable, *map(str, arguments)], cwd=REPOSITORY, capture_output=True, text=True
        )

    return run


@pytest.fixture
def run_script(monkeypatch, capsys):
    """Function that runs a script of the repository; returns exit status, stdout and stderr."""

    def run(script, *arguments):
        path = REPOSITORY / script
        monkeypatch.setattr(sys, "argv", [str(path), *map(str, arguments)])
        # Python does this for scripts.
        monkeypatch.syspath_prepend(path.parent)
        with pytest.raises(SystemExit) as stop:
            runpy.run_path(str(path), run_name="__main__")
        return stop.value.code, *capsys.readouterr()

    return run
