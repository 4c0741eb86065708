"""Data that vanishes or breaks the loss: finished work is kept, and the next start works."""

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
import sys
from pathlib import Path

from colorkeras.training import trainer

class Vanishing(trainer.Progress):
    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch, logs)
        if epoch == 1:
            Path("pictures").rename("elsewhere")

trainer.Progress = Vanishing
"""

NO_NUMBER = """
import tensorflow as tf

from colorkeras.training.train_step import Colorizer

loss = Colorizer._loss

def no_number(self, *arguments):
    bad = tf.cast(self.optimizer.iterations, tf.int32) == 7
    return tf.where(bad, float("nan"), loss(self, *arguments))

Colorizer._loss = no_number
"""


@pytest.fixture
def pictures(picture_folder, tmp_path):
    return shutil.copytree(picture_folder, tmp_path / "pictures")


def test_pictures_that_vanish_between_epochs(pictures, undisturbed, tmp_path):
    status, said = end(start_training(tmp_path, "pictures", program=VANISHING + MAIN))
    assert status == 1, said
    assert "can no longer be read: 'pictures/" in said and "Traceback" not in said
    assert f"--resume {run_in(tmp_path).relative_to(tmp_path)}" in said
    assert "Exported the best epoch, 1" in said
    assert_whole(tmp_path)
    (tmp_path / "elsewhere").rename(pictures)
    assert "Resuming after" in finish(tmp_path, "pictures")
    assert result_in(tmp_path) == undisturbed


def test_a_batch_that_makes_the_loss_no_number(pictures, undisturbed, tmp_path):
    status, said = end(start_training(tmp_path, "pictures", program=NO_NUMBER + MAIN))
    assert status == 1, said
    assert "Training diverged: loss is nan" in said and "Traceback" not in said
    assert_whole(tmp_path)
    # The fault is gone: what was kept before it was good.
    assert "Resuming after" in finish(tmp_path, "pictures")
    assert result_in(tmp_path) == undisturbed
