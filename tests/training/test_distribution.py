"""Tests for training on several devices, simulated by logical CPU devices."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from colorkeras.training.distribution import STRATEGIES, choose_strategy, even_batch_size
from colorkeras.utils.errors import UserError

STEPS_PROGRAM = """
import json
import sys

import keras
import numpy as np

from colorkeras import objectives
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.training.train_step import TrainingModel
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data import ArraySource, evaluation_batches, sample, training_batches
from colorkeras.evaluation.metrics import METRICS
from colorkeras.training.distribution import choose_strategy, even_batch_size

class Steps(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.sums = [0.0]

    def on_train_batch_end(self, batch, logs):
        self.sums.append(float(logs["loss"]) * (batch + 1))

def skip_cnn():
    return ARCHITECTURES["skip_cnn"].constructor(filters=8, num_blocks=2)

def flow_unet():
    return ARCHITECTURES["flow_unet"].constructor(
        widths=(8, 8), depths=(1, 1), velocity_widths=(8, 8)
    )

def run(name, build, output, num_steps, num_validation):
    source = ArraySource(sample.load_images("validation"))
    validation = num_validation and ArraySource(sample.load_images("test")[:num_validation])
    strategy = choose_strategy(name, batch_size=16)
    with strategy.scope():
        keras.utils.set_random_seed(0)
        networks = [build() for _ in range(2)]
        config = TrainingConfig(sampling_steps=2, ema_decay=0.99)
        objective = objectives.create(output, config)
        metrics = {name: METRICS[name] for name in ("psnr_pooled", "chroma_variation")}
        model = TrainingModel(*networks, objective, config, metrics)
        model.compile(optimizer=keras.optimizers.AdamW(1e-3))
    steps = Steps()
    history = model.fit(
        training_batches(source, 16, seed=0),
        steps_per_epoch=num_steps,
        shuffle=False,
        validation_data=validation
        and evaluation_batches(
            validation, even_batch_size(num_validation, 16, strategy.num_replicas_in_sync)
        ),
        callbacks=[steps],
        verbose=0,
    ).history
    return {
        "replicas": strategy.num_replicas_in_sync,
        "losses": np.diff(steps.sums).tolist(),
        "history": {name: float(values[0]) for name, values in history.items()},
        "ema": [weight.ravel().tolist() for weight in model.ema_network.get_weights()],
    }

settings = {
    # The last batch is smaller and cannot be divided evenly among the devices.
    "skip_cnn": (skip_cnn, "chroma", 20, 33),
    # Validation is slow to compile and does not depend on the number of devices.
    "flow_unet": (flow_unet, "velocity", 3, None),
}
print(json.dumps({name: run(name, *settings[sys.argv[1]]) for name in ("one", "mirrored")}))
"""

WHOLE_RUNS_PROGRAM = """
import sys
from pathlib import Path

import logging

from colorkeras.config.training_config import TrainingConfig
from colorkeras.training.trainer import resume, train

logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)

def run(**settings):
    return train(
        TrainingConfig(
            dataset=sys.argv[1],
            image_size=16,
            epochs=1,
            batch_size=8,
            precision="float32",
            strategy="mirrored",
            runs_dir=f"{sys.argv[2]}/runs",
            export_dir=f"{sys.argv[2]}/saved_models",
            **settings,
        )
    )

first = run(arch="skip_cnn")
# Resume the run, then start another one from its export.
resume(first.folder, {"epochs": 2, "export_dir": f"{sys.argv[2]}/saved_models"})
run(init=str(first.export_folder))
"""


def first_steps(run_on_devices, arch):
    """Return the results of the first steps on one and two devices, at the same batch size."""
    # Use one process per architecture, because TensorFlow numbers its reductions.
    process = run_on_devices(2, STEPS_PROGRAM, arch)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def runs(run_on_devices):
    return first_steps(run_on_devices, "skip_cnn")


def test_two_devices_take_the_steps_of_one(runs):
    one, two = runs["one"], runs["mirrored"]
    assert (one["replicas"], two["replicas"]) == (1, 2)
    assert len(one["losses"]) == 20
    np.testing.assert_allclose(two["losses"], one["losses"], rtol=1e-4)
    # The improvement is larger than the tolerance.
    assert one["losses"][0] - one["losses"][-1] > 1e-3
    # This includes all weights and the batch normalization statistics.
    for weight, expected in zip(two["ema"], one["ema"], strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_two_devices_use_the_noise_of_one(run_on_devices):
    one, two = first_steps(run_on_devices, "flow_unet").values()
    assert (one["replicas"], two["replicas"], len(two["losses"])) == (1, 2, 3)
    # Different noise would change the losses by several percent.
    np.testing.assert_allclose(two["losses"], one["losses"], rtol=1e-4)


def test_two_devices_validate_like_one(runs):
    one, two = runs["one"]["history"], runs["mirrored"]["history"]
    for name in one:
        if name.startswith("val_"):
            assert two[name] == pytest.approx(one[name], rel=1e-3), name


@pytest.mark.slow
def test_runs_on_two_devices(run_on_devices, image_folder, tmp_path):
    process = run_on_devices(2, WHOLE_RUNS_PROGRAM, image_folder, tmp_path)
    assert process.returncode == 0, process.stderr
    assert process.stdout.count("in 2 logical devices") == 3
    assert "Resuming after epoch 1 of 2." in process.stdout
    assert len(list((tmp_path / "saved_models" / "skip_cnn").iterdir())) == 3
    # The export from several devices works on one, in TensorFlow and for further training.
    model = tf.saved_model.load(str(tmp_path / "saved_models" / "skip_cnn" / "1"))
    rgb = model.signatures["serving_default"](grayscale=tf.zeros([1, 9, 9, 1]))["rgb"]
    assert rgb.shape == (1, 9, 9, 3)
    trained, *_ = (tmp_path / "runs" / "skip_cnn").glob("*/model.keras")
    assert keras.saving.load_model(trained)(tf.zeros([1, 9, 9, 1])).shape == (1, 9, 9, 2)


def test_batch_that_cannot_be_split_evenly_is_refused(run_on_devices):
    program = (
        "from colorkeras.training.distribution import choose_strategy\n"
        "choose_strategy('mirrored', 7)"
    )
    process = run_on_devices(2, program)
    assert "--batch-size 7 for 2 devices" in process.stderr
    assert "Pass --batch-size 8" in process.stderr


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name != "multi_worker"])
def test_one_device_is_used_without_a_second(name):
    assert choose_strategy(name, batch_size=7).num_replicas_in_sync == 1


def test_unknown_strategy_is_refused():
    with pytest.raises(UserError, match="strategy 'several'"):
        choose_strategy("several", batch_size=8)


@pytest.mark.parametrize("num_replicas", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("num_examples", [5, 13, 17, 33, 250])
def test_every_replica_gets_an_image(num_examples, num_replicas):
    batch_size = 8 * num_replicas
    try:
        size = even_batch_size(num_examples, batch_size, num_replicas)
    except UserError:
        assert num_examples <= (num_replicas - 1) ** 2
        return
    for count in {min(size, num_examples), num_examples % size} - {0}:
        # This is how TensorFlow splits a batch of unknown size.
        share = -(-count // num_replicas)
        assert [min(share, max(0, count - share * replica)) for replica in range(num_replicas)][-1]
