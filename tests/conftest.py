"""Shared fixtures; slow ones are created once per session."""

import functools
import gc
import os
import runpy
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

# Set before TensorFlow starts; its log messages would clutter the output of every failing test.
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
from colorkeras.models.backbones import BACKBONES, Backbone
from colorkeras.models.build import build_network, choose_architecture
from colorkeras.models.class_head import NUM_CLASSES
from colorkeras.models.predictions import PREDICTIONS
from colorkeras.training import trainer

REPOSITORY = Path(__file__).resolve().parent.parent

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

SMALL = {
    "skip_cnn": {"filters": 8, "num_blocks": 1},
    "encoder_decoder": {"widths": (8, 8)},
    "unet": {"widths": (8, 8)},
    "residual_unet": {"widths": (8, 8), "depths": (1, 1)},
    "flow_unet": {"widths": (8, 8), "depths": (1, 1), "velocity_widths": (8, 8)},
    "hint_unet": {"backbone": "tiny", "widths": dict.fromkeys((4, 8, 16, 32), 8)},
}
"""Arguments for small networks that tests can build, trace and save quickly."""


def _tiny_encoder(name):
    """Return an encoder of five convolutions with the inputs and outputs of a backbone."""
    x = rgb = keras.Input([None, None, 3])
    features = {}
    for stride in (2, 4, 8, 16, 32):
        x = keras.layers.Conv2D(4, 3, 2, "same", activation="relu")(x)
        features[str(stride)] = x
    return keras.Model(rgb, features, name=name)


TINY_BACKBONE = Backbone(
    "tiny", _tiny_encoder, None, "Five convolutions.", dict.fromkeys((2, 4, 8, 16, 32), 4)
)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """Fail if a test module cannot be imported, because the doctest plugin would skip it."""
    report = yield
    if report.skipped and "unable to import module" in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"{collector.path} cannot be imported"
    return report


def pytest_addoption(parser):
    parser.addoption(
        "--kills", type=int, default=3, help="number of random times at which fault tests kill runs"
    )
    parser.addoption(
        "--fuzz-cases", type=int, default=300, help="number of damaged files of each kind to read"
    )


def pytest_collection_finish():
    # Garbage collection of the many Keras and TensorFlow objects takes 6% of the test time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(scope="session", autouse=True)
def small_networks():
    """Replace all architectures with small networks for the tests in this process."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setitem(BACKBONES, TINY_BACKBONE.name, TINY_BACKBONE)
        for name, widths in SMALL.items():
            kind = ARCHITECTURES[name]
            own = {key: widths[key] for key in widths if key == "backbone"}
            builder = functools.partial(kind.constructor, **widths)
            monkeypatch.setitem(ARCHITECTURES, name, replace(kind, constructor=builder, **own))
        yield


def _randomize(network):
    generator = np.random.default_rng(0)

    def draw(weight):
        if len(weight.shape) > 1:
            fan_in = np.prod(weight.shape[:-1])
            # Small logits give broad color distributions, so that samples differ.
            gain = 0.1 if "logits" in weight.path else 1.0
            return generator.standard_normal(weight.shape, np.float32) * gain * np.sqrt(2 / fan_in)
        # Gains and variances must be positive; this range also keeps activations moderate.
        return generator.uniform(0.2, 0.8, weight.shape)

    # Round to float16, because some exports store weights in this format.
    network.set_weights([draw(weight).astype(np.float16) for weight in network.weights])
    return network


@pytest.fixture(scope="session")
def randomize():
    """Function that randomizes all weights of a network, including zero-initialized ones."""
    return _randomize


@pytest.fixture(scope="session")
def inputs_for():
    """Function that returns network inputs for a prediction type and grayscale images."""

    def inputs(output, grayscale):
        count, height, width, _ = grayscale.shape
        generator = np.random.default_rng(0)
        if PREDICTIONS[output].objective == "hinted":
            chroma = generator.uniform(-0.2, 0.2, [count, height, width, 2])
            mask = generator.random([count, height, width, 1]) < 0.01
            return [grayscale, tf.constant(np.concatenate([chroma * mask, mask], -1), tf.float32)]
        if PREDICTIONS[output].objective != "flow":
            return grayscale
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
    """Folder with 24 generated images of 40x36 pixels (3 steps at batch size 8)."""
    folder = tmp_path_factory.mktemp("images")
    generator = np.random.default_rng(0)
    for number in range(24):
        # Enlarging a few random pixels creates smooth images that a network can learn.
        pixels = generator.integers(0, 256, (4, 4, 3), np.uint8)
        Image.fromarray(pixels).resize((40, 36)).save(folder / f"{number:02}.png")
    return folder


@pytest.fixture(scope="session")
def gray_folder(tmp_path_factory):
    """Folder with four grayscale images."""
    folder = tmp_path_factory.mktemp("gray")
    for number in range(4):
        Image.new("RGB", (20, 20), (50 * number,) * 3).save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="session")
def config_for(image_folder):
    """Function that returns a short run's `TrainingConfig` for a given output folder."""

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
    """Parent folder, log lines and `Run` of a finished two-epoch run in mixed precision."""
    folder = tmp_path_factory.mktemp("finished")
    with log_lines() as lines:
        run = trainer.train(config_for(folder, precision="mixed_bfloat16"))
    return folder, lines, run


@dataclass(frozen=True)
class Exported:
    """A float32 network with random weights and its SavedModel."""

    network: keras.Model
    objective: objectives.Objective
    folder: Path

    @functools.cached_property
    def model(self):
        """The loaded `ExportedModel`."""
        return saved_model.load(self.folder)

    @property
    def size(self):
        """Height and width of an image that the model accepts."""
        return self.model.image_size or 32


@pytest.fixture(scope="session")
def exports(tmp_path_factory, worker_id):
    """Function that returns the `Exported` for an architecture and prediction type.

    Exports are created on first use and shared by all workers. The prediction type defaults to the
    architecture's first one.
    """
    made = {}
    folder_of_all = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        folder_of_all = folder_of_all.parent

    def get(name, output=None):
        name, output = pair = choose_architecture(name, output)
        if pair not in made:
            network = _randomize(build_network(name, output))
            objective = objectives.create(output, TrainingConfig(sampling_steps=3))
            parent = folder_of_all / f"exports_{output}" / name
            parent.parent.mkdir(exist_ok=True)
            with FileLock(f"{parent}.lock"):
                folder = parent / "1"
                if not folder.exists():
                    saved_model.export(
                        network, objective, parent, {"name": name, "dataset": "none"}
                    )
            made[pair] = Exported(network, objective, folder)
        return made[pair]

    return get


def _pairs():
    """Yield each architecture with each of its predictions, marking redundant ones as slow.

    "chroma" and "rgb" are exported in the same way, so the second of them is redundant.
    """
    for name, kind in ARCHITECTURES.items():
        for number, output in enumerate(kind.predictions):
            is_slow = number > 0 and output in ("chroma", "rgb")
            yield pytest.param((name, output), marks=[pytest.mark.slow] if is_slow else [])


@pytest.fixture(scope="session", params=_pairs(), ids="-".join)
def exported(request, exports):
    """The `Exported` for each architecture and prediction type."""
    return exports(*request.param)


LOGICAL_DEVICES = """
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * {})
"""


@pytest.fixture(scope="session")
def run_on_devices(run_python):
    """Function that runs a program on several logical CPU devices and returns the process.

    The devices stand in for accelerators. A separate process is necessary, because they must be
    created before TensorFlow starts.
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


@pytest.fixture(scope="module")
def chromium():
    """Headless Chromium, as a Playwright browser."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if BROWSER is None:
        pytest.skip("Chromium is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=BROWSER,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def run_script(monkeypatch, capsys):
    """Function that runs a script and returns its exit status, stdout and stderr."""

    def run(script, *arguments):
        path = REPOSITORY / script
        monkeypatch.setattr(sys, "argv", [str(path), *map(str, arguments)])
        # Python also does this when it runs a script.
        monkeypatch.syspath_prepend(path.parent)
        with pytest.raises(SystemExit) as stop:
            runpy.run_path(str(path), run_name="__main__")
        return stop.value.code, *capsys.readouterr()

    return run
