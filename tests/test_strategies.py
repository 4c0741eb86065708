"""Tests of training on several devices, for which logical CPU devices stand in."""

import json

import numpy as np
import pytest
import tensorflow as tf

from colorkeras.strategies import STRATEGIES, choose_strategy

# Logical devices are made before TensorFlow starts, hence in a process of its own.
TWO_DEVICES = """
import sys
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
"""

STEPS_PROGRAM = (
    TWO_DEVICES
    + """
import json
import keras
import numpy as np

from colorkeras.architectures import ARCHITECTURES
from colorkeras.augmentation import AUGMENTATIONS
from colorkeras.colorizer import Colorizer
from colorkeras.data import ArraySource, evaluation_batches, sample, training_batches
from colorkeras.losses import LOSSES
from colorkeras.metrics import METRICS
from colorkeras.strategies import choose_strategy, even_batch_size

class Steps(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.sums = [0.0]

    def on_train_batch_end(self, batch, logs):
        self.sums.append(float(logs["loss"]) * (batch + 1))

def run(name):
    source = ArraySource(sample.load("validation"))
    # Neither a multiple of the batch nor, in its last batch, of the number of devices.
    validation = ArraySource(sample.load("test")[:33])
    strategy = choose_strategy(name, batch_size=16)
    with strategy.scope():
        keras.utils.set_random_seed(0)
        networks = [ARCHITECTURES["skip_cnn"](filters=8, num_blocks=2) for _ in range(2)]
        metrics = {name: METRICS[name] for name in ("psnr_pooled", "chroma_variation")}
        colorizer = Colorizer(
            *networks, LOSSES["mse"], metrics, 0.99, AUGMENTATIONS["flip"], seed=0
        )
        colorizer.compile(optimizer=keras.optimizers.AdamW(1e-3))
    steps = Steps()
    history = colorizer.fit(
        training_batches(source, 16, seed=0),
        steps_per_epoch=20,
        shuffle=False,
        validation_data=evaluation_batches(
            validation, even_batch_size(33, 16, strategy.num_replicas_in_sync)
        ),
        callbacks=[steps],
        verbose=0,
    ).history
    return {
        "replicas": strategy.num_replicas_in_sync,
        "losses": np.diff(steps.sums).tolist(),
        "history": {name: float(values[0]) for name, values in history.items()},
        "average": colorizer.average.get_weights()[-2].ravel().tolist(),
    }

print(json.dumps({name: run(name) for name in ("one", "mirrored")}))
"""
)

WHOLE_RUN_PROGRAM = (
    TWO_DEVICES
    + """
from colorkeras.cli import main

sys.exit(main(sys.argv[1:], "train"))
"""
)


@pytest.fixture(scope="module")
def runs(run_python):
    """The first 20 steps on one device and on two, at the same batch size."""
    process = run_python("-c", STEPS_PROGRAM)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])


def test_two_devices_make_the_steps_of_one(runs):
    one, two = runs["one"], runs["mirrored"]
    assert (one["replicas"], two["replicas"]) == (1, 2)
    assert len(one["losses"]) == 20
    np.testing.assert_allclose(two["losses"], one["losses"], rtol=1e-4, atol=1e-5)
    # What was learned is more than the difference.
    assert one["losses"][0] - one["losses"][-1] > 1e-3
    np.testing.assert_allclose(two["average"], one["average"], rtol=1e-3, atol=1e-5)


def test_two_devices_validate_as_one(runs):
    one, two = runs["one"]["history"], runs["mirrored"]["history"]
    for name in one:
        if name.startswith("val_"):
            assert two[name] == pytest.approx(one[name], rel=1e-3), name


def test_a_run_on_two_devices_leaves_an_export_for_any(run_python, picture_folder, tmp_path):
    words = f"--arch unet --dataset {picture_folder} --image-size 16 --epochs 1 --batch-size 8"
    folders = f"--runs-dir {tmp_path}/runs --export-dir {tmp_path}/saved_models"
    command = f"{words} {folders} --precision float32 --strategy mirrored".split()
    process = run_python("-c", WHOLE_RUN_PROGRAM, *command)
    assert process.returncode == 0, process.stderr
    assert "in 2 logical devices" in process.stdout
    model = tf.saved_model.load(str(tmp_path / "saved_models" / "unet" / "1"))
    assert model.signatures["serving_default"](grayscale=tf.zeros([1, 9, 9, 1]))["rgb"].shape[1:]
    # Synchronized batches are for training on several devices; one of them takes it up again.
    (run_folder,) = (tmp_path / "runs" / "unet").iterdir()
    process = run_python("pipelines/train.py", "--init", run_folder / "model.keras", *command[2:-2])
    assert process.returncode == 0, process.stderr


def test_a_batch_that_cannot_be_shared_evenly_is_refused(run_python):
    program = TWO_DEVICES + (
        "from colorkeras.strategies import choose_strategy\nchoose_strategy('mirrored', 7)"
    )
    process = run_python("-c", program)
    assert "--batch-size 7 for 2 devices" in process.stderr
    assert "Pass --batch-size 8" in process.stderr


@pytest.mark.parametrize("name", STRATEGIES)
def test_one_device_is_used_without_a_second(name):
    assert choose_strategy(name, batch_size=7).num_replicas_in_sync == 1
