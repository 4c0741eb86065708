"""Tests that finished epochs are kept and runs can be resumed after data faults."""

import shutil

import pytest
from faults.short_run import (
    MAIN,
    assert_whole,
    end,
    finish,
    result_in,
    run_in,
    start_training,
)

pytestmark = pytest.mark.faults

VANISHING = """
import functools, sys
from pathlib import Path

import keras

from colorkeras.training import trainer

def vanish(epoch, logs=None):
    if epoch == 1:
        Path("images").rename("elsewhere")

vanishing = keras.callbacks.LambdaCallback(on_epoch_begin=vanish)
trainer.train = functools.partial(trainer.train, callbacks=[vanishing])
"""

NAN_LOSS = """
import tensorflow as tf

from colorkeras.training.train_step import TrainingModel

loss = TrainingModel._loss

def nan_loss(self, *arguments):
    bad = tf.cast(self.optimizer.iterations, tf.int32) == 7
    return tf.where(bad, float("nan"), loss(self, *arguments))

TrainingModel._loss = nan_loss
"""


@pytest.fixture
def images(image_folder, tmp_path):
    return shutil.copytree(image_folder, tmp_path / "images")


def test_images_that_vanish_between_epochs(images, undisturbed, tmp_path):
    status, output = end(start_training(tmp_path, "images", program=VANISHING + MAIN))
    assert status == 1, output
    assert "can no longer be read: 'images/" in output and "Traceback" not in output
    assert f"--resume {run_in(tmp_path).relative_to(tmp_path)}" in output
    assert "Exported the model from the best epoch (1)" in output
    assert_whole(tmp_path)
    (tmp_path / "elsewhere").rename(images)
    assert "Resuming after" in finish(tmp_path, "images")
    assert result_in(tmp_path) == undisturbed


def test_batch_with_a_nan_loss(images, undisturbed, tmp_path):
    status, output = end(start_training(tmp_path, "images", program=NAN_LOSS + MAIN))
    assert status == 1, output
    assert "Training diverged: loss is nan" in output and "Traceback" not in output
    assert_whole(tmp_path)
    # Resuming from the checkpoint before the fault gives the same result as a run without it.
    assert "Resuming after" in finish(tmp_path, "images")
    assert result_in(tmp_path) == undisturbed
